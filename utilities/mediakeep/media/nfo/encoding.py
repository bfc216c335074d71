"""The letters of an NFO: which encoding it is really in, and the way back to the same bytes.

Kodi and Jellyfin write UTF-8; older programs, and people, whatever their system used.
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
_WIDE = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))  # without a mark
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
# Encodings with ASCII as their first half; what else may be declared is not what is there.
_KNOWN = re.compile(
    r"us-ascii|iso-?8859-?\d{1,2}|latin-?1|(windows-|cp)125\d|koi8-[ru]|gb2312|gbk|gb18030|big5"
    r"|euc-(jp|kr)|shift_jis"
)
_FALLBACK = ("windows-1252", "iso-8859-1")


class Letters(msgspec.Struct, frozen=True):
    """An NFO as text, with what it takes to write it as it was."""

    text: str
    codec: str
    mark: bytes = b""  # the byte order mark

    def encoded(self, text: str) -> bytes:
        """Write a text in the same encoding; what it cannot hold becomes `&#8364;`."""
        return self.mark + text.encode(self.codec, "xmlcharrefreplace")


def decoded(data: bytes) -> Letters:
    """Read the bytes of an NFO; BrokenNfo where they are no text in any encoding known here.

    What is valid UTF-8 is taken for that, whatever is declared; else the declaration counts, and
    where that is wrong too, the encoding of Western Windows.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _read(data[len(mark) :], (codec,), mark)
    for begin, codec in _WIDE:
        if data.startswith(begin):
            return _read(data, (codec,))
    return _read(data, _likely(data))


def _likely(data: bytes) -> tuple[str, ...]:
    found = _DECLARED.search(data, 0, 1024)
    declared = found[1].decode().lower() if found else ""
    known = (_name(declared),) if _KNOWN.fullmatch(declared) else ()
    if data.isascii():  # then what is added is written as declared
        return (*known, "utf-8")
    return ("utf-8", *known, *_FALLBACK)


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
    raise BrokenNfo("its letters are in no encoding that could be told")
