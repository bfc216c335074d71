"""Read every tag of an audio file, by field names that are the same for all formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from mediakeep.media.audio import tag_edits, tags
from mediakeep.media.audio.model import AudioFile, Tags
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.mutagen_tags.read_items import PAIR_SEPARATOR
from mediakeep.media.mutagen_tags.tag_items import NativeTagItems, TagItem
from mediakeep.media.transfer import field_map, values
from mediakeep.media.transfer.model import AllTags

_NUMBER_NAMES = ("track", "track_total", "disc", "disc_total")
_PEOPLE_FRAMES = ("TIPL", "TMCL", "IPLS")
_CONTAINER_FORMATS = (  # the naming scheme, by the beginning of the name of a tag
    *(("ID3", "id3"), ("APE", "ape"), ("RIFF", "riff"), ("MP4", "mp4"), ("ASF", "asf")),
    ("", "vorbis"),
)


def read_all_tags(path: Path) -> AllTags:
    """Return every tag of an audio file; raise NotAudio, Truncated, Unreadable or ReadOnlyFormat.

    The fields of `Tags` are those of our reader, also from secondary tags if the main tag lacks
    them. All other items and the pictures are read by mutagen.
    """
    reading = tags.read(path)
    blocks, pictures = adapter.read_items(path, reading.facts.format)
    if not any(block.items for block in blocks):
        raw = tuple(TagItem(name, tuple(texts)) for name, texts in reading.raw.items())
        blocks = [NativeTagItems(_container_format(reading), raw)] if raw else []
    items = [*_mapped_items(reading)]
    for number, block in enumerate(blocks):
        known = {_key(item) for item in items} if number else set()
        found = _other_items(block, reading.tags, is_main=not number)
        items += [item for item in found if _key(item) not in known]
    tag_format = blocks[0].tag_format if blocks else ""
    return AllTags(reading.facts.format, tag_format, tuple(items), pictures)


def _key(item: TagItem) -> tuple[tuple[bool, str], str]:
    return field_map.identity(item.name), item.description


def _container_format(reading: AudioFile) -> str:
    return next(name for start, name in _CONTAINER_FORMATS if reading.container.startswith(start))


def _mapped_items(reading: AudioFile) -> Iterator[TagItem]:
    """Yield the fields of `Tags`, except comments: mutagen also reads their language."""
    for field in sorted(tag_edits.FIELDS - {"comment"}):
        for found in (reading.tags, *(other.tags for other in reading.others)):
            if stored := tag_edits.field_values(found, field):
                yield TagItem(field, stored)
                break


def _other_items(native: NativeTagItems, known: Tags, *, is_main: bool) -> Iterator[TagItem]:
    """Yield the items of a tag that the fields of `Tags` do not contain.

    Of a secondary tag, the fields of `Tags` are left out: the main tag is what players show.
    """
    names = {item.name.casefold() for item in native.items}
    for item in native.items:
        field = field_map.field_name(item.name, native.tag_format)
        if not item.values:  # only a main tag can be stored in a file of the same format
            yield item if is_main else TagItem(item.name)
        elif field == "comment" and not item.description:
            usual = field_map.native_names(field, native.tag_format)
            ranks = [name for name in usual if name.casefold() in names]
            is_usual = not ranks or item.name.casefold() == ranks[0].casefold()
            yield _rename(item, field if is_usual else item.name)
        elif field_map.is_mapped(field) and field != "comment":
            if is_main and not _is_known(item, field, known):
                yield _rename(item, field_map.custom_name(item.name, native.tag_format))
        else:
            yield from _convert(item, field, native.tag_format)


def _is_known(item: TagItem, field: str, known: Tags) -> bool:
    """Return True if a native item has nothing that the fields of `Tags` do not have."""
    stored = tag_edits.field_values(known, field)
    if field == "compilation":
        return bool(stored) or item.values[0].strip().casefold() in ("0", "false", "no", "")
    if field in _NUMBER_NAMES:
        number, _, total = item.values[0].partition("/")
        of_total = tag_edits.field_values(known, field.removesuffix("_total") + "_total")
        return number.strip() in ("", *stored) and total.strip() in ("", *of_total)
    texts = tuple(text for text in item.values if text)
    return stored == texts or stored == tuple(text.replace(" ", "T") for text in texts)


def _rename(item: TagItem, name: str) -> TagItem:
    return TagItem(name, item.values, item.description, item.language, item.frame)


def _convert(item: TagItem, field: str, tag_format: str) -> Iterable[TagItem]:
    if item.name in _PEOPLE_FRAMES and tag_format == "id3":
        return _people(item)
    convert = _CONVERTERS.get((tag_format, item.name))
    base, _, description = field.partition(":")
    if not convert and base.casefold() in field_map.DESCRIBED_FIELDS:
        field = field_map.field_name(base, "vorbis")
        item = TagItem(field, item.values, item.description or description, item.language)
    convert = convert or _CONVERTERS.get((tag_format, field))
    return convert(item) if convert else [_rename(item, field)]


def _people(item: TagItem) -> Iterator[TagItem]:
    names: dict[str, list[str]] = {}
    for pair in item.values:
        role, _, name = pair.partition(PAIR_SEPARATOR)
        field = field_map.PEOPLE_ROLES.get(role, "performer")
        text = values.join_performer(name, role) if field == "performer" else name
        names.setdefault(field, []).append(text)
    for field, texts in names.items():
        yield TagItem(field, tuple(texts))


def _popularimeter(item: TagItem) -> Iterator[TagItem]:
    rating, count = item.values
    if rating != "0":
        stars = values.rating_from_stars(rating, values.POPM_STARS)
        yield TagItem("rating", (stars,), item.description)
    if count != "0":
        yield TagItem("playcount", (count,), item.description)


def _volume(item: TagItem) -> Iterator[TagItem]:
    gain, peak = item.values
    kind = item.description.casefold()
    if kind in ("track", "album"):
        yield TagItem(f"replaygain_{kind}_gain", (f"{gain} dB",))
        if float(peak):
            yield TagItem(f"replaygain_{kind}_peak", (peak,))
    else:
        yield TagItem(item.frame.HashKey, frame=item.frame)


def _synced_lyrics(item: TagItem) -> Iterator[TagItem]:
    text = values.lyrics_to_lrc(item.values)
    yield TagItem("syncedlyrics", (text,), item.description, item.language)


def _asf_rating(item: TagItem) -> Iterator[TagItem]:
    stars = values.rating_from_stars(item.values[0], values.ASF_STARS)
    yield TagItem("rating", (stars,)) if stars else _rename(item, item.name)


def _text_rating(item: TagItem) -> Iterator[TagItem]:
    stars = values.rating_from_text(item.values[0])
    yield TagItem("rating", (stars,), item.description) if stars else item


def _movement_pair(item: TagItem) -> Iterator[TagItem]:
    number, _, total = item.values[0].partition("/")
    yield TagItem("movementnumber", (number,))
    if total:
        yield TagItem("movementtotal", (total,))


_CONVERTERS: Mapping[tuple[str, str], Callable[[TagItem], Iterable[TagItem]]] = {
    ("id3", "POPM"): _popularimeter,
    ("id3", "RVA2"): _volume,
    ("id3", "SYLT"): _synced_lyrics,
    ("id3", "MVIN"): _movement_pair,
    ("asf", "WM/SharedUserRating"): _asf_rating,
    **{
        (tag_format, "rating"): _text_rating
        for tag_format in ("id3", "vorbis", "ape", "mp4", "asf")
    },
}
