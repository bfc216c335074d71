"""ID3v1, after id3.org's "ID3v1", with the number of a track that version 1.1 knows."""

from __future__ import annotations

from mediakeep.media.anatomy import Block
from mediakeep.media.dialects import genres

SIZE = 128
MARK = b"TAG"

_NO_GENRE = 255
_FIELDS = (("TIT2", 3, 33), ("TPE1", 33, 63), ("TALB", 63, 93), ("TDRC", 93, 97))


def read(data: bytes) -> Block:
    """Read a tag: letters of one byte, whose encoding nothing tells, so each stays one."""
    block = Block(name="ID3v1", dialect="id3")
    for name, start, end in _FIELDS:
        block.add(name, [_padded(data[start:end])])
    numbered = data[125] == 0 and data[126] != 0
    block.add("COMM", [_padded(data[97 : 125 if numbered else 127])])
    if numbered:
        block.add("TRCK", [str(data[126])])
    if data[127] != _NO_GENRE:
        block.add("TCON", [genres.name(data[127])])
    return block


def _padded(field: bytes) -> str:
    return field.partition(b"\0")[0].rstrip(b" ").decode("latin-1")
