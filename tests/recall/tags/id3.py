"""ID3v1 and ID3v2.2 to 2.4."""

import struct
from dataclasses import dataclass

from tests.recall.sound.bits import synchsafe
from tests.recall.tags.pictures import mime

Tags = dict[str, list[str]]

GENRES = {
    "Blues": 0, "Country": 2, "Disco": 4, "Funk": 5, "Jazz": 8, "Metal": 9, "Other": 12, "Pop": 13,
    "Reggae": 16, "Rock": 17, "Techno": 18, "Industrial": 19, "Soundtrack": 24, "Ambient": 26,
    "Trance": 31, "Classical": 32, "Gospel": 38, "Punk": 43, "Folk": 80, "Swing": 83,
    "Celtic": 88, "Bluegrass": 89, "Speech": 101, "Chanson": 102, "Opera": 103,
    "Chamber Music": 104, "Sonata": 105, "Symphony": 106,
}  # fmt: skip
_IDS = {
    "title": "TIT2", "artist": "TPE1", "album": "TALB", "albumartist": "TPE2", "composer": "TCOM",
    "conductor": "TPE3", "genres": "TCON", "compilation": "TCMP",
}  # fmt: skip
_OLD = {
    "TIT2": "TT2", "TPE1": "TP1", "TALB": "TAL", "TPE2": "TP2", "TCOM": "TCM", "TPE3": "TP3",
    "TCON": "TCO", "TCMP": "TCP", "TRCK": "TRK", "TPOS": "TPA", "TYER": "TYE", "TORY": "TOR",
    "COMM": "COM",
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How ID3v2 is written; `wide` is UTF-16 even where Latin-1 would do."""

    version: int = 4
    wide: bool = False
    numeric_genre: bool = False
    padding: int = 64


def _frame(name: str, body: bytes, style: Style) -> bytes:
    """One frame with its size."""
    if style.version == 2:
        return _OLD.get(name, name).encode() + len(body).to_bytes(3, "big") + body
    size = synchsafe(len(body)) if style.version == 4 else struct.pack(">I", len(body))
    return name.encode() + size + b"\0\0" + body


def _encoded(values: list[str], style: Style) -> tuple[bytes, bytes]:
    """The number of the encoding, and the values in it."""
    text = ("\0" if style.version == 4 else "/").join(values)
    if not style.wide and all(ord(letter) < 256 for letter in text):
        return b"\0", text.encode("latin-1")
    if style.version == 4 and not style.wide:
        return b"\3", text.encode("utf-8")
    return b"\1", b"\xff\xfe" + text.encode("utf-16-le")


def _text(name: str, values: list[str], style: Style) -> bytes:
    """A text frame."""
    return _frame(name, b"".join(_encoded(values, style)), style)


def part_of(tags: Tags, name: str) -> list[str]:
    """A number as ID3, APEv2 and MP4 write it: "3/12"."""
    number, total = tags.get(name, []), tags.get(f"{name}_total", [])
    if not total:
        return number
    return [f"{number[0] if number else ''}/{total[0]}"]


def _genres(tags: Tags, style: Style) -> list[str]:
    """The genres, as numbers where the style says so."""
    values = tags["genres"]
    if style.numeric_genre and style.version < 4:
        return ["".join(f"({GENRES[v]})" if v in GENRES else v for v in values)]
    return values


def _dates(tags: Tags, style: Style) -> list[bytes]:
    """The date and the original date under the version's own names."""
    frames = []
    for name, new, old in (("date", "TDRC", "TYER"), ("originaldate", "TDOR", "TORY")):
        if name in tags:
            values = tags[name] if style.version == 4 else [v[:4] for v in tags[name]]
            frames.append(_text(new if style.version == 4 else old, values, style))
    return frames


def _picture(picture: bytes, style: Style) -> bytes:
    """An attached front cover."""
    if style.version == 2:
        kind = b"PNG" if mime(picture) == "image/png" else b"JPG"
        return _frame("PIC", b"\0" + kind + b"\3\0" + picture, style)
    return _frame("APIC", b"\0" + mime(picture).encode() + b"\0\3\0" + picture, style)


def id3v2(tags: Tags, pictures: list[bytes], style: Style) -> bytes:
    """A whole tag with some padding."""
    frames = []
    for name, values in tags.items():
        if name in _IDS:
            frames.append(
                _text(_IDS[name], _genres(tags, style) if name == "genres" else values, style)
            )
        elif name == "comment":
            code, body = _encoded(values, style)
            empty = b"\xff\xfe\0\0" if code == b"\1" else b"\0"
            frames.append(_frame("COMM", code + b"eng" + empty + body, style))
    for name, frame in (("track", "TRCK"), ("disc", "TPOS")):
        if part_of(tags, name):
            frames.append(_text(frame, part_of(tags, name), style))
    frames += _dates(tags, style) + [_picture(picture, style) for picture in pictures]
    body = b"".join(frames) + bytes(style.padding)
    return b"ID3" + bytes([style.version, 0, 0]) + synchsafe(len(body)) + body


def id3v1(tags: Tags) -> bytes:
    """The 128 bytes at the end; what does not fit or cannot be written is lost."""

    def cut(name: str, size: int) -> bytes:
        """The text in so many bytes."""
        text = (tags.get(name) or [""])[0]
        return text.encode("latin-1", "replace")[:size].ljust(size, b"\0")

    number = (tags.get("track") or ["0"])[0]
    genre = GENRES.get((tags.get("genres") or [""])[0], 255)
    last = bytes([0, int(number) if number.isdecimal() and int(number) < 256 else 0, genre])
    texts = cut("title", 30) + cut("artist", 30) + cut("album", 30) + cut("date", 4)
    return b"TAG" + texts + cut("comment", 28) + last
