"""Decide under which native name each tag of a file is stored in another format.

The mapping is that of Picard, see `field_map`. Comments and lyrics with a description get it after
the name ("COMMENT:mood"), as TagLib does it: Picard would append it to the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from mediakeep.media.audio import formats, tag_edits
from mediakeep.media.audio.tag_edits import Values
from mediakeep.media.mutagen_tags.read_items import PAIR_SEPARATOR
from mediakeep.media.mutagen_tags.save_items import MP4_FLAGS, MP4_NUMBER_SIZES
from mediakeep.media.mutagen_tags.tag_items import FileItems, TagItem
from mediakeep.media.safewrite import tag_write_plan
from mediakeep.media.transfer import field_map, gains, plan_pictures, values
from mediakeep.media.transfer.model import AllTags, FieldNotTransferred

TAG_FORMATS = {
    formats.FLAC.name: "vorbis",
    formats.VORBIS.name: "vorbis",
    formats.OPUS.name: "vorbis",
    formats.MP3.name: "id3",
    formats.WAV.name: "id3",
    formats.MP4.name: "mp4",
}

_NAMES = {"vorbis": "a Vorbis comment", "id3": "an ID3 tag", "mp4": "an MP4 file"}
_UNKNOWN_LANGUAGES = frozenset({"", "xxx", "und", "\0\0\0"})
_VORBIS_NAME = re.compile(r"[ -<>-}]+")  # printable ASCII except "=" and "~"
_MAX_COUNT = 0xFFFFFFFF
_ROLE_NAMES = {field: role for role, field in field_map.PEOPLE_ROLES.items()}


class PlannedItem(msgspec.Struct, frozen=True):
    """A tag to store, and the native name that it gets."""

    item: TagItem
    native: str


class TransferPlan(msgspec.Struct, frozen=True):
    """What to write into a new file: fields of `Tags`, other items and pictures.

    `planned` are the tags that the file has after the write, by field name.
    """

    fields: Mapping[str, Values]
    content: FileItems
    planned: tuple[PlannedItem, ...]
    not_carried: tuple[FieldNotTransferred, ...]


def plan_transfer(source: AllTags, kind: str) -> TransferPlan:
    """Return what to write into a file of an audio format, and what it cannot store.

    `kind` is the name of the format, one of `TAG_FORMATS`.
    """
    builder = _PlanBuilder(kind)
    items, lost = gains.convert_gains(source.items, is_opus=kind == formats.OPUS.name)
    if TAG_FORMATS[kind] != "id3":
        items = _add_common_rating(_merge_languages(items))
    builder.not_carried += lost
    for item in items:
        if not item.values:
            builder.add_binary(item, source)
        elif field_map.describes_encoding(item.name):
            builder.drop(item, "it describes the encoding of the source")
        else:
            builder.add(item)
    pictures, changes = plan_pictures.plan_pictures(source.pictures, kind)
    return TransferPlan(
        builder.fields,
        FileItems(tuple(builder.native_items()), pictures),
        tuple(builder.planned),
        (*builder.not_carried, *changes),
    )


class _PlanBuilder:
    """The plan while items are added to it."""

    def __init__(self, kind: str) -> None:
        self.fields: dict[str, Values] = {}
        self.planned: list[PlannedItem] = []
        self.not_carried: list[FieldNotTransferred] = []
        self._kind, self._tag_format = kind, TAG_FORMATS[kind]
        self._native: dict[tuple[str, str, str], TagItem] = {}

    def native_items(self) -> Iterable[TagItem]:
        """Yield the items to store, and fields next to them that have another name there.

        Else the writer of the fields would write them to that other name.
        """
        yield from self._native.values()
        taken = {name.casefold() for name, _, _ in self._native}
        for field, stored in self.fields.items():
            names = field_map.native_names(field, self._tag_format)
            if any(name.casefold() in taken for name in names[1:]):
                yield TagItem(names[0], stored)

    def drop(self, item: TagItem, reason: str) -> None:
        name = f"{item.name}:{item.description}" if item.description else item.name
        self.not_carried.append(FieldNotTransferred(name, reason, item.values))

    def add_binary(self, item: TagItem, source: AllTags) -> None:
        """Keep binary data in a file of the same format; it has no text."""
        is_storable = self._tag_format != "vorbis" or self._kind == source.format
        if item.frame is not None and is_storable and source.tag_format == self._tag_format:
            self._store(item, TagItem(item.name, frame=item.frame))
        else:
            self.drop(item, f"{self._kind} has no place for this binary data")

    def add(self, item: TagItem) -> None:
        """Add a tag with texts under the name that it has in the format."""
        given = item
        if not item.description:
            item = self._resolve_name(item)
        stored = next((one for one in self.planned if _same_field(one.item, item)), None)
        if stored and stored.item.values == item.values:
            return
        if stored and self._has_other_name(given, stored):
            self._store_custom(given)
        elif stored:
            self.drop(given, f"its name is that of {stored.item.name}, which has another value")
        elif field_map.is_mapped(item.name) and not self._is_separate_comment(item):
            self._add_field(item)
        else:
            self._store_custom(item)

    def _store_custom(self, item: TagItem) -> None:
        self._check_language(item)
        _ADDERS[self._tag_format](self, item)

    def _has_other_name(self, item: TagItem, stored: PlannedItem) -> bool:
        """Return True if a field and a custom item can be stored under two names of the field."""
        if field_map.is_field(item.name) or not field_map.is_mapped(stored.item.name):
            return False
        native = field_map.native_names(item.name, self._tag_format)[0]
        return native.casefold() != stored.native.casefold()

    def _resolve_name(self, item: TagItem) -> TagItem:
        """Return a custom item under the field name that a reader gives its native name."""
        if field_map.is_field(item.name):
            return item
        native = field_map.native_names(item.name, self._tag_format)[0]
        return msgspec.structs.replace(item, name=field_map.field_name(native, self._tag_format))

    def _is_separate_comment(self, item: TagItem) -> bool:
        """Return True for a comment that needs a language or description."""
        return item.name == "comment" and (self._tag_format == "id3" or bool(item.description))

    def _add_field(self, item: TagItem) -> None:
        name, stored = item.name, item.values
        unsupported = tag_write_plan.find_unsupported_value(name, stored, self._kind)
        if unsupported:
            self.drop(item, f"{self._kind} cannot store {unsupported!r} there")
            return
        if name == "musicbrainz_recordingid" and self._tag_format == "id3" and len(stored) > 1:
            extra = TagItem(name, stored[1:])
            self.drop(extra, "ID3 has one recording ID")
            stored = stored[:1]
        stored = tag_edits.to_stored_values(name, stored, self._kind)
        self._check_language(item)
        self.fields[name] = stored
        number = name.removesuffix("_total")  # has the total in its text, if that has no name
        names = field_map.native_names(name, self._tag_format) or field_map.native_names(
            number, self._tag_format
        )
        self.planned.append(PlannedItem(TagItem(name, stored), names[0]))

    def _check_language(self, item: TagItem) -> None:
        known = item.language.casefold() not in _UNKNOWN_LANGUAGES
        if known and self._tag_format != "id3":
            part = TagItem(f"language of {item.name}", (item.language,), item.description)
            self.drop(part, f"{_NAMES[self._tag_format]} has no language of a text")

    def add_comment(self, item: TagItem) -> None:
        """Add an item of a Vorbis comment."""
        names = field_map.native_names(item.name, "vorbis")
        name = f"{names[0]}:{item.description}" if item.description else names[0]
        if not _VORBIS_NAME.fullmatch(name):
            self.drop(item, "a name in a Vorbis comment has only ASCII characters without = and ~")
            return
        self._store(item, TagItem(name, _text_values(item)))

    def add_atom(self, item: TagItem) -> None:
        """Add an atom of MP4: a number or a flag if the name is that of one, else texts."""
        names = field_map.native_names(item.name, "mp4")
        if item.description:
            freeform = field_map.FREEFORM_PREFIX + field_map.native_names(item.name, "vorbis")[0]
            names = (f"{freeform}:{item.description}",)
        texts = _text_values(item)
        name = next(one for one in names if _fits_atom(one, texts))
        self._store(item, TagItem(name, texts))

    def add_frame(self, item: TagItem) -> None:
        """Add a frame of ID3."""
        name = item.name
        if name == "performer" or name in _ROLE_NAMES:
            self._add_people(item)
        elif name in ("rating", "playcount") and item.description.isascii():
            self._add_popularimeter(item)
        elif name == "movementtotal" and (number := self._native.get(("MVIN", "", ""))):
            pair = f"{number.values[0]}/{item.values[0]}"
            self._store(item, TagItem("MVIN", (pair,)), replace=True)
        else:
            self._add_text_frame(item)

    def _add_text_frame(self, item: TagItem) -> None:
        names = field_map.native_names(item.name, "id3")
        texts = item.values
        if item.name == "syncedlyrics":
            texts = values.lyrics_from_lrc(texts[0])
            names = ("SYLT",) if texts else ("TXXX:SYNCEDLYRICS",)
            texts = texts or item.values
        description = item.description
        kind = names[0].partition(":")[0]
        if kind in ("POPM", "PCNT"):
            self.drop(item, "the user of a rating has only ASCII characters in ID3")
            return
        if kind in ("USLT", "WXXX", "PCST") and len(texts) > 1:
            self.drop(TagItem(item.name, texts[1:]), f"{kind} has one value")
            item = TagItem(item.name, texts[:1], description, item.language)
            texts = texts[:1]
        name = next((one for one in names if _fits_frame(one, texts)), "")
        if not name:
            name = f"TXXX:{field_map.native_names(item.name, 'vorbis')[0]}"
        if name.startswith("TXXX:") and description:
            name, description = f"{name}:{description}", ""
        language = item.language if item.language.casefold() not in _UNKNOWN_LANGUAGES else ""
        self._store(item, TagItem(name, texts, description, language))

    def _add_people(self, item: TagItem) -> None:
        name, is_performer = "TIPL", item.name == "performer"
        pairs = [(_ROLE_NAMES.get(item.name, ""), text) for text in item.values]
        if is_performer:
            split = map(values.split_performer, item.values)
            name, pairs = "TMCL", [(role, person) for person, role in split]
        old = self._native.get((name, "", ""), TagItem(name)).values
        people = (*old, *(PAIR_SEPARATOR.join(pair) for pair in pairs))
        self._store(item, TagItem(name, people), replace=True)

    def _add_popularimeter(self, item: TagItem) -> None:
        old = self._native.get(("POPM", item.description, ""))
        rating, count = old.values if old else ("0", "0")
        if item.name == "rating":
            rating = values.rating_to_stars(item.values[0], values.POPM_STARS)
            rounded = values.rating_from_stars(rating, values.POPM_STARS)
            if values.is_same_rating(rounded, item.values[0]):
                item = msgspec.structs.replace(item, values=(rounded,))
        elif item.values[0].isdecimal() and int(item.values[0]) <= _MAX_COUNT:
            count = item.values[0]
        else:
            self.drop(item, "ID3 stores it as a number")
            return
        if item.name == "playcount" and not item.description:
            self._store(item, TagItem("PCNT", (count,)))
        else:
            self._store(item, TagItem("POPM", (rating, count), item.description), replace=True)

    def _store(self, item: TagItem, native: TagItem, *, replace: bool = False) -> None:
        key = (native.name, native.description, native.language)
        old = self._native.get(key)
        if old and not replace and old.values == native.values:
            return
        if old and not replace:
            self.drop(item, f"{native.name} has another value")
            return
        self._native[key] = native
        self.planned.append(PlannedItem(item, native.name))


def _merge_languages(items: Iterable[TagItem]) -> list[TagItem]:
    """Join the texts of a field that differ in their language."""
    merged: dict[tuple[object, ...], TagItem] = {}
    for number, item in enumerate(items):
        key = (item.name, item.description) if item.language else (number,)
        if old := merged.get(key):
            languages = f"{old.language}, {item.language}"
            item = TagItem(item.name, old.values + item.values, item.description, languages)
        merged[key] = item
    return list(merged.values())


def _add_common_rating(items: list[TagItem]) -> list[TagItem]:
    """Add the first user's rating without the user, if there is none: players look only there."""
    ratings = [item for item in items if item.name == "rating"]
    if ratings and all(item.description for item in ratings):
        return [*items, TagItem("rating", ratings[0].values)]
    return items


def _same_field(one: TagItem, other: TagItem) -> bool:
    same_name = field_map.identity(one.name) == field_map.identity(other.name)
    return same_name and (one.description, one.language) == (other.description, other.language)


def _text_values(item: TagItem) -> Values:
    """Return values as texts; a rating without a user is in percent, as players show it."""
    if item.name == "rating" and not item.description:
        return (values.rating_to_percent(item.values[0]),)
    return item.values


def _fits_atom(name: str, texts: Values) -> bool:
    if name in MP4_FLAGS:
        return texts in (("0",), ("1",))
    if name in MP4_NUMBER_SIZES:
        limit = 1 << 8 * MP4_NUMBER_SIZES[name] - 1
        return all(text.isdecimal() and str(int(text)) == text for text in texts) and all(
            int(text) < limit for text in texts
        )
    return True


def _fits_frame(name: str, texts: Values) -> bool:
    kind = name.partition(":")[0]
    if kind in ("TBPM", "MVIN", "TDLY", "PCST"):
        return all(text.isdecimal() for text in texts)
    if kind == "WCOP":
        return len(texts) == 1 and "://" in texts[0] and texts[0].isascii()
    if kind == "UFID" or (kind.startswith("W") and kind != "WXXX"):  # in Latin-1
        return all(text.isascii() for text in texts)
    return True


_ADDERS: Mapping[str, Callable[[_PlanBuilder, TagItem], None]] = {
    "vorbis": _PlanBuilder.add_comment,
    "mp4": _PlanBuilder.add_atom,
    "id3": _PlanBuilder.add_frame,
}
