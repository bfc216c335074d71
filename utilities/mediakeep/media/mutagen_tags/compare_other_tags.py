"""Verify the tags around the audio of a file that are not its main tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from mediakeep.media.audio import formats, surrounding_tags, tag_ranges, to_native_tags
from mediakeep.media.audio.ape import ape_items
from mediakeep.media.audio.flac import flac_stream
from mediakeep.media.audio.id3 import id3v2
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import OtherTags
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.mutagen_tags import id3_tags, id3v1

_ID3V2 = "ID3v2"
# The kind of the main tag of each format with tags around the audio, if that is one of them.
_MAIN_TAGS = {
    formats.MP3.name: _ID3V2,
    formats.TRUE_AUDIO.name: _ID3V2,
    formats.FLAC.name: None,
    formats.MONKEYS.name: tag_ranges.APEV2,
    formats.WAVPACK.name: tag_ranges.APEV2,
    formats.MUSEPACK.name: tag_ranges.APEV2,
}

_Tag = tuple[str, bytes]  # kind and content


def find_lost_items(
    old: BoundedFile, new: BoundedFile, kind: str, target: TargetTags, other_tags: OtherTags
) -> list[str]:
    """Return what the other tags of a new file lack although `target` does not change it.

    These are names of items, frames or tags. `kind` is the name of the format. The main tag may
    be compared, too.
    """
    if kind not in _MAIN_TAGS or other_tags is OtherTags.REMOVE:
        return []
    before, after = list(_read_tags(old, kind)), list(_read_tags(new, kind))
    missing = list((Counter(before) - Counter(after)).elements())
    if other_tags is OtherTags.LEAVE:
        main = next((tag for tag in missing if tag[0] == _MAIN_TAGS[kind]), None)
        return [_tag_name(tag) for tag in missing if tag is not main]
    lost = _find_lost_ape_items(missing, after, target)
    lost += _find_lost_frames(before, after, target)
    expected = Counter(
        (name, id3v1.update_tag(data, target) if name == tag_ranges.ID3V1 else data)
        for name, data in before
        if name in (tag_ranges.ID3V1, tag_ranges.OTHER)
    )
    return sorted({*lost, *map(_tag_name, expected - Counter(after))})


def _read_tags(source: BoundedFile, kind: str) -> Iterator[_Tag]:
    module = flac_stream if kind == formats.FLAC.name else surrounding_tags
    audio = tag_ranges.find_audio(module.iter_essence(source))
    for span in tag_ranges.find_leading_tags(source, audio.start):
        if id3v2.parse_tag_size(source.read(span.start, id3v2.HEADER_SIZE)):
            yield _ID3V2, source.read(span.start, span.size)
    for name, span in tag_ranges.find_trailing_tags(source, audio.end):
        yield name, source.read(span.start, span.size)


def _tag_name(tag: _Tag) -> str:
    return tag[0] or "data after the audio"


def _find_lost_ape_items(
    missing: Iterable[_Tag], after: Iterable[_Tag], target: TargetTags
) -> list[str]:
    """Compare the items of the APEv2 tags that were changed; others may be damaged."""
    changed = to_native_tags.changed_names(target.texts, "ape")
    if target.cover:
        changed.add(ape_items.FRONT_COVER_NAME)
    expected = [item for item in _iter_ape_items(missing) if item[0].lower() not in changed]
    if not expected:
        return []
    return [name for name, _, _ in Counter(expected) - Counter(_iter_ape_items(after))]


def _iter_ape_items(tags: Iterable[_Tag]) -> Iterator[tuple[str, int, bytes]]:
    """Yield name, flags and value of each item of the APEv2 tags."""
    for kind, data in tags:
        if kind == tag_ranges.APEV2:
            for item in ape_items.split_items(data):
                yield item.name, item.flags, item.value


def _find_lost_frames(
    before: Iterable[_Tag], after: Iterable[_Tag], target: TargetTags
) -> list[str]:
    """Compare the ID3v2 tags in pairs, from the last: a new one is written before the others."""
    old, new = ([data for name, data in held if name == _ID3V2] for held in (before, after))
    if len(new) < len(old):
        return [_ID3V2]
    return [
        name
        for old_tag, new_tag in zip(reversed(old), reversed(new), strict=False)
        if old_tag != new_tag
        for name in id3_tags.find_lost_frames(old_tag, new_tag, target)
    ]
