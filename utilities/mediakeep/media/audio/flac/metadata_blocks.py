"""Find all metadata blocks of a FLAC file, after RFC 9639 (8), for writers."""

from __future__ import annotations

from mediakeep.media.audio import tag_ranges
from mediakeep.media.audio.flac import flac_stream
from mediakeep.media.audio.flac.flac_stream import FlacBlock
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile, ByteRange

MAGIC = b"fLaC"


def find_blocks(source: BoundedFile, end: int) -> tuple[int, list[FlacBlock]]:
    """Return the offset of `fLaC`, and the blocks between it and the audio, which begins at `end`.

    Raises UnsupportedLayout if the blocks do not end there.
    """
    start = _find_magic(source, end)
    metadata = flac_stream.walk_blocks(source, start + len(MAGIC))
    if metadata.end != end or not metadata.blocks:
        raise UnsupportedLayout("its blocks do not fit into each other")
    return start, metadata.blocks


def _find_magic(source: BoundedFile, end: int) -> int:
    for span in [*tag_ranges.find_leading_tags(source, end), ByteRange(0, 0)]:
        if source.read(span.start, len(MAGIC)) == MAGIC:
            return span.start
    raise UnsupportedLayout("it does not begin like FLAC")
