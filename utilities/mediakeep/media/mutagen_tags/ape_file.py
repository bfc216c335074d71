"""Write the tags of Monkey's Audio, WavPack and Musepack files: APEv2 after the audio.

The items that are not to be changed stay as they are; mutagen would sort them, and drop their
flags. It reads the result for the verification.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from mutagen.apev2 import APEv2

from mediakeep.media.audio import surrounding_tags, tag_ranges, to_native_tags
from mediakeep.media.audio.ape import ape_items
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.mutagen_tags import apev2_items, other_tags

TAG_FORMAT = apev2_items.TAG_FORMAT


def save_tags(
    file: BinaryIO, source: BoundedFile, target: TargetTags, options: TagWriteOptions
) -> None:
    """Write target values into the open file `file`, whose current bytes are `source`."""
    audio, main = surrounding_tags.find_audio_range(source), _find_main_tag(source)
    patches = [
        other_tags.update_leading(source, span, target, options)
        for span in tag_ranges.find_leading_tags(source, audio.start)
    ]
    data = source.read(main.start, main.size)
    if data and int.from_bytes(data[-12:-8], "little") & apev2_items.READ_ONLY_FLAG:
        raise UnsupportedLayout("its APEv2 tag is marked as read-only")
    new = apev2_items.update_main_tag(data, target)
    patches.append((main, new))
    patches += [
        patch
        for patch in other_tags.update_trailing(source, audio.end, target, options)
        if patch[0] != main
    ]
    other_tags.apply_patches(file, patches)


def read_texts(source: BoundedFile) -> dict[str, list[str]]:
    """Return the texts of the main tag as mutagen reads them."""
    data = _read_main_tag(source)
    if not data:
        return {}
    return {
        name.lower(): list(value)
        for name, value in APEv2(BytesIO(data)).items()
        if value.kind == ape_items.TEXT_ITEM
    }


def find_lost_items(old: BoundedFile, new: BoundedFile, target: TargetTags) -> list[str]:
    """Return the names of items that a new file lacks and `target` does not change."""
    before, after = (Counter(_foreign_items(source, target)) for source in (old, new))
    return sorted({name for name, _, _ in before - after})


def _foreign_items(source: BoundedFile, target: TargetTags) -> Iterator[tuple[str, int, bytes]]:
    data = _read_main_tag(source)
    names = to_native_tags.changed_names(target.texts, "ape")
    if target.cover:
        names.add(ape_items.FRONT_COVER_NAME)
    for item in ape_items.split_items(data) if data else ():
        if item.name.lower() not in names:
            yield item.name, item.flags, item.value


def _read_main_tag(source: BoundedFile) -> bytes:
    main = _find_main_tag(source)
    return source.read(main.start, main.size)


def _find_main_tag(source: BoundedFile) -> ByteRange:
    """Return the first APEv2 tag, or the empty range after the audio if there is none."""
    end = surrounding_tags.find_audio_range(source).end
    spans = (
        span
        for kind, span in tag_ranges.find_trailing_tags(source, end)
        if kind == tag_ranges.APEV2
    )
    return next(spans, ByteRange(end, end))
