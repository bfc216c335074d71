"""ID3v1 tags, after id3.org's "ID3v1", with the track number of version 1.1."""

from __future__ import annotations

from mediakeep.media.anatomy import Block
from mediakeep.media.dialects import genres

SIZE = 128
MARK = b"TAG"

_NO_GENRE = 255
_FIELDS = (("TIT2", 3, 33), ("TPE1", 33, 63), ("TALB", 63, 93), ("TDRC", 93, 97))


def read(data: bytes) -> Block:
    """Parse a tag; its encoding is unknown, so each byte becomes one character (Latin-1)."""
    block = Block(name="ID3v1", dialect="id3")
    for name, start, end in _FIELDS:
        block.add(name, [_padded(data[start:end])])
    has_track_number = data[125] == 0 and data[126] != 0
    block.add("COMM", [_padded(data[97 : 125 if has_track_number else 127])])
    if has_track_number:
        block.add("TRCK", [str(data[126])])
    if data[127] != _NO_GENRE:
        block.add("TCON", [genres.name(data[127])])
    return block


def _padded(field: bytes) -> str:
    return field.partition(b"\0")[0].rstrip(b" ").decode("latin-1")
