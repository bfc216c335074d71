"""Write the tag of DSF files: ID3v2 at the end, to which the header points."""

from __future__ import annotations

import struct
from typing import BinaryIO

from mediakeep.media.audio import dsf, surrounding_tags
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.mutagen_tags import id3_tags, other_tags

TAG_FORMAT = "id3"


def save_tags(
    file: BinaryIO, source: BoundedFile, target: TargetTags, options: TagWriteOptions
) -> None:
    """Write target values into the open file `file`, whose current bytes are `source`."""
    span, fields = dsf.find_tag(source), dsf.find_size_fields(source)
    new = id3_tags.update_tag(source.read(span.start, span.size), target, options.id3)
    start = surrounding_tags.find_audio_start(source)
    size = source.size + len(new) - span.size
    header = struct.pack("<QQ", size - start, span.start - start)
    other_tags.apply_patches(file, [(fields, header), (span, new)])


def read_texts(source: BoundedFile) -> dict[str, list[str]]:
    """Return the texts of the tag as mutagen reads them."""
    data = _read_tag(source)
    return id3_tags.read_texts(data) if data else {}


def find_lost_items(old: BoundedFile, new: BoundedFile, target: TargetTags) -> list[str]:
    """Return the names of frames that a new file lacks and `target` does not change.

    A wrong size in the header of the new file is among them.
    """
    before = _read_tag(old)
    lost = id3_tags.find_lost_frames(before, _read_tag(new), target) if before else []
    fields = dsf.find_size_fields(new)
    (size,) = struct.unpack("<Q", new.read(fields.start, 8))
    is_exact = size == new.size - surrounding_tags.find_audio_start(new)
    return lost if is_exact else [*lost, other_tags.SIZE_FIELD]


def _read_tag(source: BoundedFile) -> bytes:
    span = dsf.find_tag(source)
    return source.read(span.start, span.size)
