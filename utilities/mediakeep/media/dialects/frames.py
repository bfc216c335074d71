"""What ID3v2 frames hold: texts, identifiers, pictures; after id3.org's "ID3v2.4.0-frames"."""

from __future__ import annotations

import re

from mediakeep.media import pictures
from mediakeep.media.anatomy import Block
from mediakeep.media.dialects import genres
from mediakeep.media.source import ReadAt

PICTURE = "APIC"

_LINK = "-->"  # stands for the MIME type of a picture that is only an address
_OF_ID3V1 = "ID3v1 Comment"
_VALUES = 256  # of one frame
_PICTURE_HEAD = 1024  # bytes in which the picture itself should begin
_OLD_PICTURES = {"JPG": "image/jpeg", "PNG": "image/png", _LINK: _LINK}
_GENRE = re.compile(r"((?:\((?:\d+|RX|CR)\))*)(.*)", re.DOTALL)
_REMIX_OR_COVER = {"RX": "Remix", "CR": "Cover"}

# The frames of 2.2 that the vocabulary knows, under their later names.
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
    """Return a frame's name as 2.3 and later spell it, or as it is where they know none."""
    text = stored.rstrip(b"\0 ").decode("ascii")
    if len(text) == 4:
        return text
    return PICTURE if text == "PIC" else _OLD.get(text, text)


def tells(name: str) -> bool:
    """Tell whether a frame holds what we read, pictures aside."""
    return name[0] == "T" or name in ("COMM", "UFID")


def add(block: Block, name: str, data: bytes) -> None:
    """Read the content of a frame of texts; one in an unknown encoding is left out."""
    if name == "UFID":
        owner, _, identifier = data.partition(b"\0")
        _keep(block, f"UFID:{owner.decode('latin-1')}", [identifier.decode("latin-1")])
    elif name == "COMM":
        about, *texts = _texts(data[:1] + data[4:])  # a language of three letters stands between
        if about in ("", _OF_ID3V1):
            _keep(block, name, texts)
    elif name == "TXXX":
        about, *texts = _texts(data)
        _keep(block, f"{name}:{about.upper()}", texts)
    elif name == "TCON":
        _keep(block, name, [genre for text in _texts(data) for genre in spelt(text)])
    else:
        _keep(block, name, _texts(data))


def add_picture(block: Block, size: int, read_at: ReadAt, old: bool) -> None:
    """Read the header of a picture frame, and what its bytes tell; a link to one is left out.

    `old` is the frame of 2.2, with three letters in the place of a MIME type.
    """
    head = read_at(0, _PICTURE_HEAD)
    stop = 4 if old else head.find(b"\0", 1)
    ahead = stop if old else stop + 1
    if stop < 0 or len(head) <= ahead:
        return
    mime = head[1:stop].decode("latin-1")
    start = _behind_text(head, ahead + 1)
    if mime != _LINK and start <= size:
        picture = pictures.embedded(
            head[ahead],
            _OLD_PICTURES.get(mime, mime) if old else mime,
            size - start,
            lambda offset, count: read_at(start + offset, count),
        )
        block.embed(picture)


def _behind_text(head: bytes, start: int) -> int:
    """Return where the text ends that begins at `start`, in the encoding that `head` opens with."""
    if head[0] in (0, 3):
        stop = head.find(b"\0", start)
        return stop + 1 if stop >= 0 else len(head)
    for stop in range(start, len(head) - 1, 2):
        if head[stop : stop + 2] == b"\0\0":
            return stop + 2
    return len(head)


def _keep(block: Block, name: str, texts: list[str]) -> None:
    known = block.texts.get(name, ())
    block.add(name, [text for text in texts if text not in known])


def _texts(data: bytes) -> list[str]:
    """Decode the texts of a frame, whose first byte tells the encoding; always at least one."""
    encoding = data[0] if data else 0
    if encoding == 0:
        return data[1:].decode("latin-1").split("\0", _VALUES)
    if encoding == 3:
        return data[1:].decode("utf-8", "replace").split("\0", _VALUES)
    if encoding in (1, 2):
        return [_marked(text) for text in _wide(data[1:], encoding).split("\0", _VALUES)]
    return [""]


def _wide(data: bytes, encoding: int) -> str:
    big = encoding == 2 or data.startswith(b"\xfe\xff")
    return data[: len(data) & ~1].decode("utf-16-be" if big else "utf-16-le", "replace")


def _marked(text: str) -> str:
    """Take the byte order mark away; each text of a frame has its own, even another one."""
    if text.startswith("\ufffe"):
        text = text.encode("utf-16-le", "replace").decode("utf-16-be", "replace")
    return text.removeprefix("\ufeff")


def spelt(text: str) -> list[str]:
    """Spell genres that are written as numbers: "17", "(17)", "(17)(8)Own", "RX"; "" is unknown."""
    if text.isdecimal() or text in _REMIX_OR_COVER:
        return [_numbered(text)]
    found = _GENRE.fullmatch(text)
    if found is None or not found[1]:
        return [text]
    named = [_numbered(number) for number in found[1][1:-1].split(")(")]
    rest = found[2].removeprefix("(") if found[2].startswith("((") else found[2]
    return [*named, rest] if rest and rest not in named else named


def _numbered(text: str) -> str:
    return _REMIX_OR_COVER.get(text) or genres.name(int(text[:9]))
