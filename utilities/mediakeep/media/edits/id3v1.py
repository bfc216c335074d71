"""ID3v1, after id3.org's "ID3v1": 128 bytes, so most texts are cut."""

from __future__ import annotations

from mediakeep.media.audio.tag_edits import TargetTags, Values

SIZE = 128

_PLACES = {"title": (3, 30), "artist": (33, 30), "album": (63, 30), "date": (93, 4)}
_COMMENT, _TRACK, _GENRE = 97, 126, 127
_NO_GENRE = 255


def edited(data: bytes, wanted: TargetTags) -> bytes:
    """Return a tag with as much of what is wanted as it can hold."""
    tag = bytearray(data)
    for field, values in wanted.texts.items():
        if field in _PLACES:
            start, size = _PLACES[field]
            tag[start : start + size] = _cut(values, size)
        elif field == "comment":
            size = 28 if tag[125] == 0 and tag[_TRACK] else 30
            tag[_COMMENT : _COMMENT + size] = _cut(values, size)
        elif field == "track":
            _number(tag, "".join(values))
        elif field == "genres":
            tag[_GENRE] = _genre(values)
    return bytes(tag)


def _number(tag: bytearray, text: str) -> None:
    """A track takes the last two bytes of the comment, which it cuts."""
    number = int(text) if text.isdecimal() and len(text) < 4 else 0
    if 0 < number < 256:
        tag[125:127] = bytes((0, number))
    elif tag[125] == 0:
        tag[_TRACK] = 0


def _cut(values: Values, size: int) -> bytes:
    return "".join(values[:1]).encode("latin-1", "replace")[:size].ljust(size, b"\0")


def _genre(values: Values) -> int:
    from mutagen.id3 import TCON  # only here: loading it takes its time

    known: list[str] = TCON.GENRES
    return known.index(values[0]) if values and values[0] in known else _NO_GENRE
