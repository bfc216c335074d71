"""APEv2 and APEv1 tags, after the "APEv2 specification" of the Hydrogenaudio wiki."""

from __future__ import annotations

import struct

from mediakeep.media import pictures
from mediakeep.media.anatomy import Block
from mediakeep.media.source import Source

FOOTER = 32
MARK = b"APETAGEX"

_ITEMS = 8192
_KEY = 256  # bytes searched for the end of an item's key
_TEXT_LIMIT = 256 * 1024
_IS_HEADER = 1 << 29
_TEXT, _BINARY = 0, 1
_OTHER = 0
_COVERS = {"cover art (front)": 3, "cover art (back)": 4, "cover art (media)": 6}


def extent(footer: bytes) -> int:
    """Return the size of a tag, without its header, from its footer; 0 if it is no footer."""
    if len(footer) != FOOTER or not footer.startswith(MARK):
        return 0
    size, _, flags = struct.unpack_from("<III", footer, 12)
    return size if size >= FOOTER and not flags & _IS_HEADER else 0


def read(source: Source, begin: int, end: int) -> Block:
    """Read the tag between two offsets, with or without a header."""
    block = Block(name="APEv2", dialect="ape")
    source.allow(end - begin)
    end -= FOOTER
    if source.read(begin, len(MARK)) == MARK:
        begin += FOOTER
    for _ in range(_ITEMS):
        header = source.read(begin, 8 + _KEY)
        key_end = header.find(b"\0", 8)
        if begin + 8 >= end or key_end < 0 or block.full:
            break
        size, flags = struct.unpack_from("<II", header)
        name = header[8:key_end].decode("latin-1").lower()
        value_start = begin + key_end + 1
        begin = value_start + size
        if begin > end:
            break
        _add(block, source, (name, flags >> 1 & 3), (value_start, begin))
    return block


def _add(block: Block, source: Source, item: tuple[str, int], span: tuple[int, int]) -> None:
    (name, kind), (start, end) = item, span
    if kind == _TEXT:
        data = source.read(start, min(end - start, _TEXT_LIMIT))
        block.add(name, data.decode("utf-8", "replace").split("\0"))
    elif kind == _BINARY and name.startswith("cover art"):
        name_size = source.read(start, min(end - start, _KEY)).find(b"\0") + 1  # after a file name
        start += name_size
        block.embed(
            pictures.embedded(_COVERS.get(name, _OTHER), "", end - start, source.within(start, end))
        )
