"""Change fields of an ID3v1 tag, after id3.org's "ID3v1": 128 bytes, so long texts are truncated.

mutagen would rewrite the whole tag from the frames of ID3v2.
"""

from __future__ import annotations

from mutagen.id3 import TCON

from mediakeep.media.audio.tag_edits import TargetTags, Values

_RANGES = {"title": (3, 30), "artist": (33, 30), "album": (63, 30), "date": (93, 4)}
_COMMENT, _ZERO, _TRACK, _GENRE = 97, 125, 126, 127  # offsets; a zero marks that a track follows
_NO_GENRE = 255


def update_tag(data: bytes, target: TargetTags) -> bytes:
    """Return a tag with as much of the target values as it can store."""
    tag = bytearray(data)
    for field, values in target.texts.items():
        if field in _RANGES:
            start, size = _RANGES[field]
            tag[start : start + size] = _encode(values, size)
        elif field == "comment":
            size = 28 if tag[_ZERO] == 0 and tag[_TRACK] else 30
            tag[_COMMENT : _COMMENT + size] = _encode(values, size)
        elif field == "track":
            _set_track(tag, "".join(values))
        elif field == "genres":
            tag[_GENRE] = _genre_number(values)
    return bytes(tag)


def _set_track(tag: bytearray, text: str) -> None:
    """Set the track number, which takes the last two bytes of the comment."""
    number = int(text) if text.isdecimal() and len(text) < 4 else 0
    if 0 < number < 256:
        tag[_ZERO : _TRACK + 1] = bytes((0, number))
    elif tag[_ZERO] == 0:
        tag[_TRACK] = 0


def _encode(values: Values, size: int) -> bytes:
    return "".join(values[:1]).encode("latin-1", "replace")[:size].ljust(size, b"\0")


def _genre_number(values: Values) -> int:
    known: list[str] = TCON.GENRES
    return known.index(values[0]) if values and values[0] in known else _NO_GENRE
