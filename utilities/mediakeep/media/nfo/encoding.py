"""Detect the real text encoding of an NFO, so that it can be written back unchanged.

Kodi and Jellyfin write UTF-8; older programs and users write the encoding of their system.
"""

from __future__ import annotations

import codecs
import re

import msgspec

from mediakeep.errors import BrokenNfo

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))  # without a byte order mark
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
# Encodings that extend ASCII; any other declaration must be wrong.
_KNOWN = re.compile(
    r"us-ascii|iso-?8859-?\d{1,2}|latin-?1|(windows-|cp)125\d|koi8-[ru]|gb2312|gbk|gb18030|big5"
    r"|euc-(jp|kr)|shift_jis"
)
_FALLBACK = ("windows-1252", "iso-8859-1")


class Letters(msgspec.Struct, frozen=True):
    """The text of an NFO, and the encoding to write it back."""

    text: str
    codec: str
    mark: bytes = b""  # the byte order mark

    def encoded(self, text: str) -> bytes:
        """Encode a text in the same encoding; other characters become references (`&#8364;`)."""
        return self.mark + text.encode(self.codec, "xmlcharrefreplace")


def decoded(data: bytes) -> Letters:
    """Decode the bytes of an NFO; raise BrokenNfo if no known encoding fits.

    Valid UTF-8 is read as such, whatever is declared; else the declared encoding is tried, then
    that of Western Windows.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _read(data[len(mark) :], (codec,), mark)
    for start, codec in _WIDE:
        if data.startswith(start):
            return _read(data, (codec,))
    return _read(data, _likely(data))


def _likely(data: bytes) -> tuple[str, ...]:
    match = _DECLARED.search(data, 0, 1024)
    declared = match[1].decode().lower() if match else ""
    declared_codec = (_name(declared),) if _KNOWN.fullmatch(declared) else ()
    if data.isascii():  # new text is written as declared
        return (*declared_codec, "utf-8")
    return ("utf-8", *declared_codec, *_FALLBACK)


def _name(declared: str) -> str:
    try:
        return codecs.lookup(declared).name
    except LookupError:
        return "utf-8"


def _read(data: bytes, names: tuple[str, ...], mark: bytes = b"") -> Letters:
    for codec in names:
        try:
            text = data.decode(codec)
            if text.encode(codec) == data:
                return Letters(text, codec, mark)
        except UnicodeError:
            continue
    raise BrokenNfo("its text encoding is unknown")
