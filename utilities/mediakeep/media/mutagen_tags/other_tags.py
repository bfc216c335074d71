"""Update, keep or remove the tags around the audio of a file that are not the main ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import BinaryIO

from mutagen._util import move_bytes, resize_file

from mediakeep.media.audio import tag_ranges
from mediakeep.media.audio.id3 import id3v2
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import OtherTags, TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.mutagen_tags import apev2_items, id3_tags, id3v1

SIZE_FIELD = "size in the header"  # among lost items: the size of a file that its header declares

Patch = tuple[ByteRange, bytes]  # a range of a file, and the bytes that replace it


def update_leading(
    source: BoundedFile, span: ByteRange, target: TargetTags, options: TagWriteOptions
) -> Patch:
    """Return the new bytes of an ID3v2 tag before the audio, or of other bytes there."""
    data = source.read(span.start, span.size)
    if options.other_tags is OtherTags.LEAVE or not id3v2.parse_tag_size(data):
        return span, data
    if options.other_tags is OtherTags.REMOVE:
        return span, b""
    return span, id3_tags.update_tag(data, target, options.id3)


def update_trailing(
    source: BoundedFile, start: int, target: TargetTags, options: TagWriteOptions
) -> Iterator[Patch]:
    """Yield the new bytes of each tag after the audio, which ends at `start`."""
    for kind, span in tag_ranges.find_trailing_tags(source, start):
        if kind == tag_ranges.OTHER or options.other_tags is OtherTags.LEAVE:
            continue
        data = source.read(span.start, span.size)
        if options.other_tags is OtherTags.REMOVE:
            yield span, b""
        elif kind == tag_ranges.ID3V1:
            yield span, id3v1.update_tag(data, target)
        else:
            yield span, apev2_items.update_tag(data, target)


def apply_patches(file: BinaryIO, patches: Sequence[Patch]) -> None:
    """Replace ranges of a file, which must not overlap; each other byte is moved at most once."""
    if not patches:
        return
    patches = sorted(patches, key=lambda patch: patch[0])
    starts = [span.start for span, _ in patches]
    ends = [*starts[1:], file.seek(0, os.SEEK_END)]
    if any(span.end > end for (span, _), end in zip(patches, ends, strict=True)):
        raise ValueError("the ranges to replace overlap")
    shifts = list(accumulate(len(data) - span.size for span, data in patches))
    kept = [
        (ByteRange(span.end, end), shift)
        for (span, _), end, shift in zip(patches, ends, shifts, strict=True)
    ]
    resize_file(file, max(shifts[-1], 0))
    # In this order, no range is moved over another one that has not been moved yet.
    up = [(span, shift) for span, shift in reversed(kept) if shift > 0]
    down = [(span, shift) for span, shift in kept if shift < 0]
    for span, shift in up + down:
        move_bytes(file, span.start + shift, span.start, span.size)
    resize_file(file, min(shifts[-1], 0))
    for (_, data), start, shift in zip(patches, starts, [0, *shifts], strict=False):
        file.seek(start + shift)
        file.write(data)
