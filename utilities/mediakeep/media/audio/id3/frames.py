"""Parse the content of ID3v2 frames: texts, identifiers, pictures (id3.org, "ID3v2.4.0-frames")."""

from __future__ import annotations

import re

from mediakeep.media import pictures
from mediakeep.media.audio.id3 import genres
from mediakeep.media.audio.parsed_file import TagBlock
from mediakeep.media.bounded_file import ReadAt

PICTURE_FRAME = "APIC"

_LINK_MIME = "-->"  # MIME type of a picture that is only a URL
_ID3V1_COMMENT = "ID3v1 Comment"
_MAX_VALUES = 256  # values read from one frame
_MAX_PICTURE_HEADER = 1024  # bytes; the image data must begin within them
_ID3V22_PICTURE_FORMATS = {"JPG": "image/jpeg", "PNG": "image/png", _LINK_MIME: _LINK_MIME}
_GENRE_NUMBERS = re.compile(r"((?:\((?:\d+|RX|CR)\))*)(.*)", re.DOTALL)
_GENRE_CODES = {"RX": "Remix", "CR": "Cover"}

# The frames of ID3v2.2 under their ID3v2.3 names (id3.org, "ID3 tag version 2", and iTunes).
_ID3V22_FRAME_NAMES = {
    "BUF": "RBUF",
    "CNT": "PCNT",
    "COM": "COMM",
    "CRA": "AENC",
    "ETC": "ETCO",
    "GEO": "GEOB",
    "GP1": "GRP1",
    "IPL": "IPLS",
    "LNK": "LINK",
    "MCI": "MCDI",
    "MLL": "MLLT",
    "MVI": "MVIN",
    "MVN": "MVNM",
    "PIC": "APIC",
    "POP": "POPM",
    "REV": "RVRB",
    "RVA": "RVAD",
    "SLT": "SYLT",
    "STC": "SYTC",
    "TAL": "TALB",
    "TBP": "TBPM",
    "TCM": "TCOM",
    "TCO": "TCON",
    "TCP": "TCMP",
    "TCR": "TCOP",
    "TDA": "TDAT",
    "TDY": "TDLY",
    "TEN": "TENC",
    "TFT": "TFLT",
    "TIM": "TIME",
    "TKE": "TKEY",
    "TLA": "TLAN",
    "TLE": "TLEN",
    "TMT": "TMED",
    "TOA": "TOPE",
    "TOF": "TOFN",
    "TOL": "TOLY",
    "TOR": "TORY",
    "TOT": "TOAL",
    "TP1": "TPE1",
    "TP2": "TPE2",
    "TP3": "TPE3",
    "TP4": "TPE4",
    "TPA": "TPOS",
    "TPB": "TPUB",
    "TRC": "TSRC",
    "TRD": "TRDA",
    "TRK": "TRCK",
    "TS2": "TSO2",
    "TSA": "TSOA",
    "TSC": "TSOC",
    "TSI": "TSIZ",
    "TSP": "TSOP",
    "TSS": "TSSE",
    "TST": "TSOT",
    "TT1": "TIT1",
    "TT2": "TIT2",
    "TT3": "TIT3",
    "TXT": "TEXT",
    "TXX": "TXXX",
    "TYE": "TYER",
    "UFI": "UFID",
    "ULT": "USLT",
    "WAF": "WOAF",
    "WAR": "WOAR",
    "WAS": "WOAS",
    "WCM": "WCOM",
    "WCP": "WCOP",
    "WPB": "WPUB",
    "WXX": "WXXX",
}


def normalize_frame_name(stored: bytes) -> str:
    """Return the ID3v2.3 name of an ID3v2 frame, or the given name if there is none."""
    text = stored.rstrip(b"\0 ").decode("ascii")
    if len(text) == 4:
        return text
    return _ID3V22_FRAME_NAMES.get(text, text)


def is_text_frame(name: str) -> bool:
    """Return True if an ID3v2 frame of this name holds text that mediakeep reads."""
    return name[0] == "T" or name in ("COMM", "UFID")


def add_text_frame(block: TagBlock, name: str, data: bytes) -> None:
    """Add the texts of an ID3v2 frame to a tag block; skip a frame with an unknown encoding."""
    if name == "UFID":
        owner, _, identifier = data.partition(b"\0")
        _add_new_texts(block, f"UFID:{owner.decode('latin-1')}", [identifier.decode("latin-1")])
    elif name == "COMM":
        # without the three-letter language
        description, *texts = _decode_texts(data[:1] + data[4:])
        if description in ("", _ID3V1_COMMENT):
            _add_new_texts(block, name, texts)
    elif name == "TXXX":
        description, *texts = _decode_texts(data)
        _add_new_texts(block, f"{name}:{description.upper()}", texts)
    elif name == "TCON":
        _add_new_texts(
            block, name, [genre for text in _decode_texts(data) for genre in expand_genres(text)]
        )
    else:
        _add_new_texts(block, name, _decode_texts(data))


def add_picture_frame(block: TagBlock, size: int, read_at: ReadAt, old: bool) -> None:
    """Add the picture of an ID3v2 frame to a tag block, but not a link to a picture.

    The type and size of the image are read from its data. `old` marks a frame of ID3v2.2, which has
    three letters in place of a MIME type.
    """
    head = read_at(0, _MAX_PICTURE_HEADER)
    mime_end = 4 if old else head.find(b"\0", 1)
    type_offset = mime_end if old else mime_end + 1
    if mime_end < 0 or len(head) <= type_offset:
        return
    mime = head[1:mime_end].decode("latin-1")
    start = _find_text_end(head, type_offset + 1)
    if mime != _LINK_MIME and start <= size:
        picture = pictures.build_embedded_picture(
            head[type_offset],
            _ID3V22_PICTURE_FORMATS.get(mime, mime) if old else mime,
            size - start,
            lambda offset, count: read_at(start + offset, count),
        )
        block.add_picture(picture)


def _find_text_end(head: bytes, start: int) -> int:
    """Return the offset at which the text that starts at `start` ends.

    The first byte of `head` gives the text encoding.
    """
    if head[0] in (0, 3):
        end = head.find(b"\0", start)
        return end + 1 if end >= 0 else len(head)
    for end in range(start, len(head) - 1, 2):
        if head[end : end + 2] == b"\0\0":
            return end + 2
    return len(head)


def _add_new_texts(block: TagBlock, name: str, texts: list[str]) -> None:
    present = block.texts.get(name, ())
    block.add_texts(name, [text for text in texts if text not in present])


def _decode_texts(data: bytes) -> list[str]:
    """Decode the texts of an ID3v2 frame, at least one.

    The first byte of the frame gives the text encoding.
    """
    encoding = data[0] if data else 0
    if encoding == 0:
        return data[1:].decode("latin-1").split("\0", _MAX_VALUES)
    if encoding == 3:
        return data[1:].decode("utf-8", "replace").split("\0", _MAX_VALUES)
    if encoding in (1, 2):
        return [
            _strip_bom(text) for text in _decode_utf16(data[1:], encoding).split("\0", _MAX_VALUES)
        ]
    return [""]


def _decode_utf16(data: bytes, encoding: int) -> str:
    is_big_endian = encoding == 2 or data.startswith(b"\xfe\xff")
    return data[: len(data) & ~1].decode("utf-16-be" if is_big_endian else "utf-16-le", "replace")


def _strip_bom(text: str) -> str:
    """Remove the byte order mark of a text.

    Each text of a frame has its own mark, and they may differ.
    """
    if text.startswith("\ufffe"):
        text = text.encode("utf-16-le", "replace").decode("utf-16-be", "replace")
    return text.removeprefix("\ufeff")


def expand_genres(text: str) -> list[str]:
    """Return the genre names for genre numbers in a text, such as "17", "(17)(8)Own" or "RX".

    An unknown number becomes "".
    """
    if text.isdecimal() or text in _GENRE_CODES:
        return [_genre_name(text)]
    match = _GENRE_NUMBERS.fullmatch(text)
    if match is None or not match[1]:
        return [text]
    genre_names = [_genre_name(number) for number in match[1][1:-1].split(")(")]
    rest = match[2].removeprefix("(") if match[2].startswith("((") else match[2]
    return [*genre_names, rest] if rest and rest not in genre_names else genre_names


def _genre_name(text: str) -> str:
    return _GENRE_CODES.get(text) or genres.genre_name(int(text[:9]))
