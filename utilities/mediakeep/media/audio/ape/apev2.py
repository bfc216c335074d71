"""Read APEv2 and APEv1 tags, after the "APEv2 specification" of the Hydrogenaudio wiki."""

from __future__ import annotations

import struct

from mediakeep.media import pictures
from mediakeep.media.audio.parsed_file import TagBlock
from mediakeep.media.bounded_file import BoundedFile

FOOTER_SIZE = 32
MAGIC = b"APETAGEX"

_MAX_ITEMS = 8192
_MAX_KEY_SIZE = 256  # bytes searched for the end of an item's key
_MAX_TEXT_SIZE = 256 * 1024
_HEADER_FLAG = 1 << 29
_TEXT_ITEM, _BINARY_ITEM = 0, 1
_OTHER_PICTURE = 0
_PICTURE_TYPES = {"cover art (front)": 3, "cover art (back)": 4, "cover art (media)": 6}


def parse_tag_size(footer: bytes) -> int:
    """Return the size of an APE tag in bytes, without its header, or 0 for an invalid footer."""
    if len(footer) != FOOTER_SIZE or not footer.startswith(MAGIC):
        return 0
    size, _, flags = struct.unpack_from("<III", footer, 12)
    return size if size >= FOOTER_SIZE and not flags & _HEADER_FLAG else 0


def measure_tag(source: BoundedFile, footer: bytes, end: int) -> int:
    """Return the size of the APE tag that ends at `end`, with its header if it has one.

    The header is found by its magic bytes, since some footers lack the flag for it. Return 0 for an
    invalid footer.
    """
    size = parse_tag_size(footer)
    if size and source.read(end - size - FOOTER_SIZE, len(MAGIC)) == MAGIC:
        size += FOOTER_SIZE
    return size


def read_tag(source: BoundedFile, begin: int, end: int) -> TagBlock:
    """Read the APE tag between two byte offsets; its header is optional."""
    block = TagBlock(name="APEv2", tag_format="ape")
    source.allow_tag_bytes(end - begin)
    end -= FOOTER_SIZE
    if source.read(begin, len(MAGIC)) == MAGIC:
        begin += FOOTER_SIZE
    for _ in range(_MAX_ITEMS):
        header = source.read(begin, 8 + _MAX_KEY_SIZE)
        key_end = header.find(b"\0", 8)
        if begin + 8 >= end or key_end < 0 or block.is_full:
            break
        size, flags = struct.unpack_from("<II", header)
        name = header[8:key_end].decode("latin-1").lower()
        value_start = begin + key_end + 1
        begin = value_start + size
        if begin > end:
            break
        _add_item(block, source, (name, flags >> 1 & 3), (value_start, begin))
    return block


def _add_item(
    block: TagBlock, source: BoundedFile, item: tuple[str, int], span: tuple[int, int]
) -> None:
    (name, kind), (start, end) = item, span
    if kind == _TEXT_ITEM:
        data = source.read(start, min(end - start, _MAX_TEXT_SIZE))
        block.add_texts(name, data.decode("utf-8", "replace").split("\0"))
    elif kind == _BINARY_ITEM and name.startswith("cover art"):
        # after a file name
        name_size = source.read(start, min(end - start, _MAX_KEY_SIZE)).find(b"\0") + 1
        start += name_size
        block.add_picture(
            pictures.build_embedded_picture(
                _PICTURE_TYPES.get(name, _OTHER_PICTURE),
                "",
                end - start,
                source.make_part_reader(start, end),
            )
        )
