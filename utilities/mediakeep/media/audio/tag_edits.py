"""Define edits of tags in the field names of `Tags`, and find out which are still to be applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import structs

from mediakeep.errors import UsageError
from mediakeep.media.audio import formats, tag_map
from mediakeep.media.audio.model import AudioFile, Tags
from mediakeep.media.audio.normalize_tags import NUMBER_PAIRS

Values = tuple[str, ...]

PICTURES_FIELD = "pictures"
_VORBIS_COMMENT = "Vorbis comment"
_VORBIS_NAMES = {field.name: field.vorbis for field in tag_map.TAG_MAP}
_SINGLE_VALUE = frozenset(name for pair in NUMBER_PAIRS for name in pair)
_FLAG = "compilation"
_MAX_TEXT, _MAX_VALUES = 65_536, 200  # characters per text, and texts, that the reader keeps
_MAX_SHOWN = 60  # characters of a value in a message
ID3_FORMATS = frozenset(
    kind.name for kind in (formats.MP3, formats.WAV, formats.AIFF, formats.DSF, formats.TRUE_AUDIO)
)
_APE_FORMATS = (formats.MONKEYS, formats.WAVPACK, formats.MUSEPACK)
# The beginning of the name of the native tag format, if there can be others in the same file.
_NATIVE_TAGS = {
    **dict.fromkeys(ID3_FORMATS, "ID3v2"),
    **{kind.name: "APEv2" for kind in _APE_FORMATS},
    formats.FLAC.name: "Vorbis",
}
FIELDS = frozenset(Tags.__struct_fields__) - {PICTURES_FIELD}


class SetField(msgspec.Struct, frozen=True, tag="edit"):
    """An edit that sets a tag field to the given values, or removes it if there are none.

    `reason` goes into the undo record.
    """

    field: str
    values: Values
    reason: str = ""

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            field_names = ", ".join(sorted(FIELDS))
            raise UsageError(f'Unknown field "{self.field}". Known fields: {field_names}.')
        if problem := _find_problem(self.field, self.values):
            shown = _shorten(", ".join(self.values))
            raise UsageError(f"{self.field} cannot be {shown!r}: {problem}.")


class SetCover(msgspec.Struct, frozen=True, tag="cover"):
    """An edit that sets the front cover; the first existing front cover is replaced."""

    data: bytes
    mime: str
    reason: str = ""


class CopyToNativeTags(msgspec.Struct, frozen=True, tag="lift"):
    """An edit that copies tags to the native tags of the format.

    It concerns tags that only ID3v1 or APEv2 contain.
    """

    reason: str = ""


TagEdit = SetField | SetCover | CopyToNativeTags


class TargetTags(msgspec.Struct, frozen=True):
    """The tag values that a file should have; fields that are not listed stay unchanged."""

    texts: Mapping[str, Values] = {}
    cover: SetCover | None = None


def field_values(tags: Tags, field: str) -> Values:
    """Return the values of a field of `Tags` as texts, for fields of any type."""
    current: Any = getattr(tags, field)
    if isinstance(current, bool):
        return ("1",) if current else ()
    if isinstance(current, str):
        return (current,) if current else ()
    return tuple(current)


def current_values(reading: AudioFile, field: str) -> Values:
    """Return the values stored in a tag field of a file as they are written there.

    A Vorbis comment may have number and total as "3/12" in one field.
    """
    values = field_values(reading.tags, field)
    pair = next((pair for pair in NUMBER_PAIRS if field in pair), None)
    if pair is None or reading.container != _VORBIS_COMMENT:
        return values
    number, total = (_first_text(reading, name) for name in pair)
    if "/" not in number:
        return values
    if field == pair[0]:
        return (number,)
    return values if total else ()


def to_stored_values(field: str, values: Values, kind: str) -> Values:
    """Return values as a format stores them; MP4 stores numbers without leading zeros.

    `kind` is the name of the format.
    """
    if field == _FLAG:
        return ("1",) if values and values[0] == "1" else ()
    if kind == "MP4" and field in _SINGLE_VALUE:
        return tuple(str(int(text)) if text.isdecimal() else text for text in values)
    return tuple(dict.fromkeys(values))


def find_pending_edits(
    reading: AudioFile, changes: Iterable[TagEdit], cover: bytes | None
) -> list[TagEdit]:
    """Return the tag edits that a file does not have yet.

    `cover` is the data of its current front cover, None if there is none.
    """
    return [change for change in changes if not _is_applied(reading, change, cover)]


def _is_applied(reading: AudioFile, change: TagEdit, cover: bytes | None) -> bool:
    if isinstance(change, SetCover):
        return change.data == cover
    if isinstance(change, CopyToNativeTags):
        return not has_non_native_tags(reading)
    current = to_stored_values(
        change.field, current_values(reading, change.field), reading.facts.format
    )
    return current == to_stored_values(change.field, change.values, reading.facts.format)


def has_non_native_tags(reading: AudioFile) -> bool:
    """Return True if the main tags of a file are not in the native tag format of its type."""
    native_prefix = _NATIVE_TAGS.get(reading.facts.format, "")
    return not reading.container.startswith(native_prefix) and reading.container != ""


def build_target_tags(
    reading: AudioFile, changes: Iterable[TagEdit], cover: SetCover | None
) -> TargetTags:
    """Combine tag edits into the tag values that a file should have.

    If the main tags are not in the native format, all their values and `cover`, their front cover,
    are included.
    """
    kind = reading.facts.format
    texts: dict[str, Values] = {}
    foreign = has_non_native_tags(reading)
    if foreign:
        texts = {field: stored for field in FIELDS if (stored := field_values(reading.tags, field))}
    picture = cover if foreign else None
    for change in changes:
        if isinstance(change, SetField):
            texts[change.field] = to_stored_values(change.field, change.values, kind)
        elif isinstance(change, SetCover):
            picture = change
    return TargetTags(texts, picture)


def expected_tags(tags: Tags, wanted: TargetTags) -> Tags:
    """Return the tags that a file should have after a write, without pictures."""
    shaped: dict[str, Any] = {PICTURES_FIELD: ()}
    for field, values in wanted.texts.items():
        if field == _FLAG:
            shaped[field] = bool(values)
        elif field in _SINGLE_VALUE:
            shaped[field] = values[0] if values else ""
        else:
            shaped[field] = values
    return structs.replace(tags, **shaped)


def differing_fields(tags: Tags, others: Tags) -> list[str]:
    """Return the names of the fields in which two sets of tags differ."""
    return [field for field in sorted(FIELDS) if getattr(tags, field) != getattr(others, field)]


def _first_text(reading: AudioFile, field: str) -> str:
    """Return the first text of the Vorbis comment that is read for a field."""
    candidates = (reading.raw.get(name, ()) for name in _VORBIS_NAMES[field])
    return next((texts[0] for texts in candidates if texts), "")


def _find_problem(field: str, values: Values) -> str:
    if any(not text or "\0" in text or not _is_unicode(text) for text in values):
        return "it contains an empty text or a character that tags cannot store"
    if len(values) > _MAX_VALUES or any(len(text) > _MAX_TEXT for text in values):
        return "it is longer than any player reads"
    if field in _SINGLE_VALUE | {_FLAG} and len(values) > 1:
        return "it takes only one value"
    if field in _SINGLE_VALUE and any("/" in text for text in values):
        return "the total has a field of its own"
    if field == _FLAG and values and values[0] not in ("0", "1"):
        return "it must be 1 or 0"
    return ""


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
