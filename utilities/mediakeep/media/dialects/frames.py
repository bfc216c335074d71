"""The content of ID3v2 frames: texts, identifiers, pictures (id3.org, "ID3v2.4.0-frames")."""

from __future__ import annotations

import re

from mediakeep.media import pictures
from mediakeep.media.anatomy import Block
from mediakeep.media.dialects import genres
from mediakeep.media.source import ReadAt

PICTURE = "APIC"

_LINK = "-->"  # MIME type of a picture that is only a URL
_OF_ID3V1 = "ID3v1 Comment"
_VALUES = 256  # of one frame
_PICTURE_HEAD = 1024  # bytes; the image data must begin within them
_OLD_PICTURES = {"JPG": "image/jpeg", "PNG": "image/png", _LINK: _LINK}
_GENRE = re.compile(r"((?:\((?:\d+|RX|CR)\))*)(.*)", re.DOTALL)
_REMIX_OR_COVER = {"RX": "Remix", "CR": "Cover"}

# The mapped frames of ID3v2.2 under their ID3v2.3 names.
_OLD = {
    "TT2": "TIT2",
    "TP1": "TPE1",
    "TP2": "TPE2",
    "TP3": "TPE3",
    "TP4": "TPE4",
    "TAL": "TALB",
    "TRK": "TRCK",
    "TPA": "TPOS",
    "TYE": "TYER",
    "TDA": "TDAT",
    "TOR": "TORY",
    "TCO": "TCON",
    "TCM": "TCOM",
    "TXT": "TEXT",
    "COM": "COMM",
    "TXX": "TXXX",
    "UFI": "UFID",
    "TCP": "TCMP",
    "TPB": "TPUB",
    "TRC": "TSRC",
    "TMT": "TMED",
    "TSP": "TSOP",
    "TS2": "TSO2",
    "TSC": "TSOC",
}


def name(stored: bytes) -> str:
    """Return the ID3v2.3 name of a frame, or its own name if there is none."""
    text = stored.rstrip(b"\0 ").decode("ascii")
    if len(text) == 4:
        return text
    return PICTURE if text == "PIC" else _OLD.get(text, text)


def tells(name: str) -> bool:
    """Return whether a frame holds text that is read."""
    return name[0] == "T" or name in ("COMM", "UFID")


def add(block: Block, name: str, data: bytes) -> None:
    """Add the texts of a frame; a frame with an unknown encoding is skipped."""
    if name == "UFID":
        owner, _, identifier = data.partition(b"\0")
        _keep(block, f"UFID:{owner.decode('latin-1')}", [identifier.decode("latin-1")])
    elif name == "COMM":
        description, *texts = _texts(data[:1] + data[4:])  # without the three-letter language
        if description in ("", _OF_ID3V1):
            _keep(block, name, texts)
    elif name == "TXXX":
        description, *texts = _texts(data)
        _keep(block, f"{name}:{description.upper()}", texts)
    elif name == "TCON":
        _keep(block, name, [genre for text in _texts(data) for genre in spelt(text)])
    else:
        _keep(block, name, _texts(data))


def add_picture(block: Block, size: int, read_at: ReadAt, old: bool) -> None:
    """Add the picture of a frame, with the type and size of its image data; links are skipped.

    `old` marks a frame of ID3v2.2, which has three letters in place of a MIME type.
    """
    head = read_at(0, _PICTURE_HEAD)
    mime_end = 4 if old else head.find(b"\0", 1)
    type_offset = mime_end if old else mime_end + 1
    if mime_end < 0 or len(head) <= type_offset:
        return
    mime = head[1:mime_end].decode("latin-1")
    start = _behind_text(head, type_offset + 1)
    if mime != _LINK and start <= size:
        picture = pictures.embedded(
            head[type_offset],
            _OLD_PICTURES.get(mime, mime) if old else mime,
            size - start,
            lambda offset, count: read_at(start + offset, count),
        )
        block.embed(picture)


def _behind_text(head: bytes, start: int) -> int:
    """Return the end of the text at `start`; the first byte of `head` is its encoding."""
    if head[0] in (0, 3):
        end = head.find(b"\0", start)
        return end + 1 if end >= 0 else len(head)
    for end in range(start, len(head) - 1, 2):
        if head[end : end + 2] == b"\0\0":
            return end + 2
    return len(head)


def _keep(block: Block, name: str, texts: list[str]) -> None:
    present = block.texts.get(name, ())
    block.add(name, [text for text in texts if text not in present])


def _texts(data: bytes) -> list[str]:
    """Decode the texts of a frame, at least one; its first byte is the encoding."""
    encoding = data[0] if data else 0
    if encoding == 0:
        return data[1:].decode("latin-1").split("\0", _VALUES)
    if encoding == 3:
        return data[1:].decode("utf-8", "replace").split("\0", _VALUES)
    if encoding in (1, 2):
        return [_marked(text) for text in _wide(data[1:], encoding).split("\0", _VALUES)]
    return [""]


def _wide(data: bytes, encoding: int) -> str:
    is_big_endian = encoding == 2 or data.startswith(b"\xfe\xff")
    return data[: len(data) & ~1].decode("utf-16-be" if is_big_endian else "utf-16-le", "replace")


def _marked(text: str) -> str:
    """Remove the byte order mark; each text of a frame has its own, and they may differ."""
    if text.startswith("\ufffe"):
        text = text.encode("utf-16-le", "replace").decode("utf-16-be", "replace")
    return text.removeprefix("\ufeff")


def spelt(text: str) -> list[str]:
    """Replace genre numbers by names: "17", "(17)", "(17)(8)Own", "RX"; "" if unknown."""
    if text.isdecimal() or text in _REMIX_OR_COVER:
        return [_numbered(text)]
    match = _GENRE.fullmatch(text)
    if match is None or not match[1]:
        return [text]
    genre_names = [_numbered(number) for number in match[1][1:-1].split(")(")]
    rest = match[2].removeprefix("(") if match[2].startswith("((") else match[2]
    return [*genre_names, rest] if rest and rest not in genre_names else genre_names


def _numbered(text: str) -> str:
    return _REMIX_OR_COVER.get(text) or genres.name(int(text[:9]))
