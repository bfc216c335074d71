"""Tag edits in the field names of `Tags`, and which of them are pending."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import structs

from mediakeep.errors import UsageFailed
from mediakeep.media import names
from mediakeep.media.reading import Reading, Tags
from mediakeep.media.vocabulary import NUMBERS

Values = tuple[str, ...]

PICTURE = "pictures"
_VORBIS = "Vorbis comment"
_NAMES = {field.name: field.vorbis for field in names.FIELDS}
_SINGLE = frozenset(name for pair in NUMBERS for name in pair)
_FLAG = "compilation"
_LONGEST, _MOST = 65_536, 200  # characters per text, and texts, that the reader keeps
_SHOWN = 60  # characters of a value in a message
FIELDS = frozenset(Tags.__struct_fields__) - {PICTURE}


class Edit(msgspec.Struct, frozen=True, tag="edit"):
    """Set a field to these values, or remove it if empty; `reason` goes into the undo record."""

    field: str
    values: Values
    reason: str = ""

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            field_names = ", ".join(sorted(FIELDS))
            raise UsageFailed(f'Unknown field "{self.field}". Known fields: {field_names}.')
        if problem := _problem(self.field, self.values):
            shown = _shortened(", ".join(self.values))
            raise UsageFailed(f"{self.field} cannot be {shown!r}: {problem}.")


class Cover(msgspec.Struct, frozen=True, tag="cover"):
    """Set the front cover; it replaces the first one, if any."""

    data: bytes
    mime: str
    reason: str = ""


class Lift(msgspec.Struct, frozen=True, tag="lift"):
    """Copy tags that only ID3v1 or APEv2 contain to the native tags of the format."""

    reason: str = ""


Change = Edit | Cover | Lift


class Wanted(msgspec.Struct, frozen=True):
    """The target values of tags; other fields are not touched."""

    texts: Mapping[str, Values] = {}
    cover: Cover | None = None


def value(tags: Tags, field: str) -> Values:
    """Return the values of a field as texts, whatever its type in `Tags`."""
    current: Any = getattr(tags, field)
    if isinstance(current, bool):
        return ("1",) if current else ()
    if isinstance(current, str):
        return (current,) if current else ()
    return tuple(current)


def held(reading: Reading, field: str) -> Values:
    """Return the values stored in the field itself: Vorbis comments may have "3/12" in one."""
    values = value(reading.tags, field)
    pair = next((pair for pair in NUMBERS if field in pair), None)
    if pair is None or reading.container != _VORBIS:
        return values
    number, total = (_first(reading, name) for name in pair)
    if "/" not in number:
        return values
    if field == pair[0]:
        return (number,)
    return values if total else ()


def canonical(field: str, values: Values, kind: str) -> Values:
    """Return values as the format stores them: MP4 has numbers without leading zeros."""
    if field == _FLAG:
        return ("1",) if values and values[0] == "1" else ()
    if kind == "MP4" and field in _SINGLE:
        return tuple(str(int(text)) if text.isdecimal() else text for text in values)
    return tuple(dict.fromkeys(values))


def due(reading: Reading, changes: Iterable[Change], cover: bytes | None) -> list[Change]:
    """Return the edits that are not applied yet; `cover` is the current front cover."""
    return [change for change in changes if not _holds(reading, change, cover)]


def _holds(reading: Reading, change: Change, cover: bytes | None) -> bool:
    if isinstance(change, Cover):
        return change.data == cover
    if isinstance(change, Lift):
        return not is_foreign(reading)
    current = canonical(change.field, held(reading, change.field), reading.facts.format)
    return current == canonical(change.field, change.values, reading.facts.format)


def is_foreign(reading: Reading) -> bool:
    """Return True if the main tags are not the native ones of the format."""
    own = {"MP3": "ID3v2", "FLAC": "Vorbis"}.get(reading.facts.format, "")
    return not reading.container.startswith(own) and reading.container != ""


def wanted(reading: Reading, changes: Iterable[Change], cover: Cover | None) -> Wanted:
    """Combine edits into a target; include all values of foreign main tags.

    `cover` is the front cover of those tags.
    """
    kind = reading.facts.format
    texts: dict[str, Values] = {}
    foreign = is_foreign(reading)
    if foreign:
        texts = {field: held for field in FIELDS if (held := value(reading.tags, field))}
    picture = cover if foreign else None
    for change in changes:
        if isinstance(change, Edit):
            texts[change.field] = canonical(change.field, change.values, kind)
        elif isinstance(change, Cover):
            picture = change
    return Wanted(texts, picture)


def expected(tags: Tags, wanted: Wanted) -> Tags:
    """Return the tags to expect after the write, without pictures."""
    shaped: dict[str, Any] = {PICTURE: ()}
    for field, values in wanted.texts.items():
        if field == _FLAG:
            shaped[field] = bool(values)
        elif field in _SINGLE:
            shaped[field] = values[0] if values else ""
        else:
            shaped[field] = values
    return structs.replace(tags, **shaped)


def differing(tags: Tags, others: Tags) -> list[str]:
    """Return the names of the fields that differ."""
    return [field for field in sorted(FIELDS) if getattr(tags, field) != getattr(others, field)]


def _first(reading: Reading, field: str) -> str:
    """Return the first text of the Vorbis comment that is used for a field."""
    candidates = (reading.raw.get(name, ()) for name in _NAMES[field])
    return next((texts[0] for texts in candidates if texts), "")


def _problem(field: str, values: Values) -> str:
    if any(not text or "\0" in text or not _is_unicode(text) for text in values):
        return "it contains an empty text or a character that tags cannot store"
    if len(values) > _MOST or any(len(text) > _LONGEST for text in values):
        return "it is longer than any player reads"
    if field in _SINGLE | {_FLAG} and len(values) > 1:
        return "it takes only one value"
    if field in _SINGLE and any("/" in text for text in values):
        return "the total has a field of its own"
    if field == _FLAG and values and values[0] not in ("0", "1"):
        return "it must be 1 or 0"
    return ""


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
