"""Detect the real text encoding of an NFO file, so that it can be written back unchanged.

Kodi and Jellyfin write UTF-8; older programs and users write the encoding of their system.
"""

from __future__ import annotations

import codecs
import re

import msgspec

from mediakeep.errors import BrokenNfo

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF16_STARTS = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))  # without a byte order mark
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
# Encodings that extend ASCII; any other declaration must be wrong.
_ASCII_COMPATIBLE = re.compile(
    r"us-ascii|iso-?8859-?\d{1,2}|latin-?1|(windows-|cp)125\d|koi8-[ru]|gb2312|gbk|gb18030|big5"
    r"|euc-(jp|kr)|shift_jis"
)
_FALLBACK_CODECS = ("windows-1252", "iso-8859-1")


class DecodedText(msgspec.Struct, frozen=True):
    """The text of an NFO file, and the encoding with which to write it back."""

    text: str
    codec: str
    bom: bytes = b""  # the byte order mark

    def encode(self, text: str) -> bytes:
        """Encode a text in the encoding of the NFO file.

        Characters that it lacks become XML references (`&#8364;`).
        """
        return self.bom + text.encode(self.codec, "xmlcharrefreplace")


def decode_nfo(data: bytes) -> DecodedText:
    """Decode the bytes of an NFO file; raise BrokenNfo if no known encoding fits.

    Valid UTF-8 is read as such, whatever encoding the file declares. Otherwise the declared
    encoding is tried, then that of Western Windows.
    """
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _decode_with(data[len(mark) :], (codec,), mark)
    for start, codec in _UTF16_STARTS:
        if data.startswith(start):
            return _decode_with(data, (codec,))
    return _decode_with(data, _candidate_codecs(data))


def _candidate_codecs(data: bytes) -> tuple[str, ...]:
    match = _XML_ENCODING.search(data, 0, 1024)
    declared = match[1].decode().lower() if match else ""
    declared_codec = (_codec_name(declared),) if _ASCII_COMPATIBLE.fullmatch(declared) else ()
    if data.isascii():  # new text is written as declared
        return (*declared_codec, "utf-8")
    return ("utf-8", *declared_codec, *_FALLBACK_CODECS)


def _codec_name(declared: str) -> str:
    try:
        return codecs.lookup(declared).name
    except LookupError:
        return "utf-8"


def _decode_with(data: bytes, names: tuple[str, ...], mark: bytes = b"") -> DecodedText:
    for codec in names:
        try:
            text = data.decode(codec)
            if text.encode(codec) == data:
                return DecodedText(text, codec, mark)
        except UnicodeError:
            continue
    raise BrokenNfo("its text encoding is unknown")
