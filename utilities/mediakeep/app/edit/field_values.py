"""Conditions on the current values of fields; only files that meet all of them are edited."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mediakeep import path_text, suggestions
from mediakeep.errors import UsageError
from mediakeep.media.audio import tag_edits
from mediakeep.media.audio.model import AudioFile, Tags
from mediakeep.media.audio.normalize_tags import NUMBER_PAIRS
from mediakeep.media.audio.tag_edits import FIELDS, SetField
from mediakeep.music.repairs import locks
from mediakeep.music.repairs.history import field_label
from mediakeep.music.reports import fix_commands

BY_HAND = "by hand"  # the reason recorded for a change by the user

_UNIQUE_FIELDS = ("title", "track")  # fields that differ for each track of an album
_DATE_FIELDS = ("date", "originaldate")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)
_TOTAL_FIELDS = dict(NUMBER_PAIRS)


def resolve_field(name: str) -> str:
    """Return the field for a name; raise UsageError with the known names if there is none."""
    resolved = locks.canonical_field(name)
    if resolved not in FIELDS:
        names = ", ".join(
            field_label(tag_field) for tag_field in Tags.__struct_fields__ if tag_field in FIELDS
        )
        near = suggestions.suggest_closest_name(name, map(field_label, FIELDS))
        raise UsageError(f'Unknown field "{name}". Known fields: {names}.{near}')
    return resolved


def build_edits(name: str, values: Sequence[str], reason: str) -> list[SetField]:
    """Return the edits that set a field to the given values, unchanged.

    Raise UsageError if the field is unknown or cannot hold a value: MusicBrainz fields hold MBIDs
    only.
    """
    changes = parse_edits(name, values, reason)
    for edit in changes:
        _check_mbids(edit)
    return changes


def _check_mbids(edit: SetField) -> None:
    if not edit.field.startswith("musicbrainz_"):
        return
    from mediakeep.lookups.musicbrainz import client, model  # here, as importing it is slow

    for value in edit.values:
        if not client.is_mbid(value.lower()):
            raise UsageError(
                f'Invalid {edit.field} "{path_text.to_printable(value)}": it must be an MBID,'
                f" such as {model.VARIOUS_ARTISTS}."
            )


def parse_edits(name: str, values: Sequence[str], reason: str) -> list[SetField]:
    """Return the edits for a name and values, without checking whether the values make sense.

    "3/12" is a number and its total. No values, or one empty value, remove the field; for a number
    also the total. Raise UsageError if the field is unknown or the number is malformed.
    """
    field_name = resolve_field(name)
    texts = () if tuple(values) == ("",) else tuple(values)
    total = _TOTAL_FIELDS.get(field_name)
    if not total or (texts and "/" not in texts[0]):
        return [SetField(field_name, texts, reason)]
    if not texts:
        return [SetField(field_name, (), reason), SetField(total, (), reason)]
    number, _, total_text = texts[0].partition("/")
    if len(texts) > 1 or not (number and total_text) or "/" in total_text:
        raise UsageError(f'Invalid {field_name} "{", ".join(texts)}": write it as 3 or as 3/12.')
    return [SetField(field_name, (number,), reason), SetField(total, (total_text,), reason)]


def check_not_shared(fields: Iterable[str], count: int, *, yes: bool) -> None:
    """Raise UsageError if several files would get the same title or number, unless `yes`."""
    same_fields = [name for name in _UNIQUE_FIELDS if name in map(resolve_field, fields)]
    if same_fields and count > 1 and not yes:
        raise UsageError(
            f"{count:,} files would get the same {same_fields[0]}. Add --yes to do it anyway."
        )


def check_value(field: str, value: str, *, yes: bool) -> None:
    """Raise UsageError if the value of a field is probably a mistake, unless `yes`.

    That is the path of a file or folder, as the value was probably forgotten, a placeholder in
    capitals of a command that was pasted, or a date without a year.
    """
    if yes or not value:
        return
    if value in fix_commands.PLACEHOLDER_WORDS:
        raise UsageError(
            f"Replace the placeholder {value} by the value, or add --yes. Nothing was changed."
        )
    if os.path.lexists(value):
        shown = path_text.to_printable(value)
        raise UsageError(
            f'The value "{shown}" is a file or folder here. Was the value'
            " forgotten? Add --yes to use it anyway. Nothing was changed."
        )
    if resolve_field(field) in _DATE_FIELDS and not _YEAR.search(value):
        raise UsageError(
            f'"{path_text.to_printable(value)}" has no year, as 1995 and 1995-03-02 have.'
            " Correct it, or add --yes. Nothing was changed."
        )


@dataclass(frozen=True)
class FieldCondition:
    """A field, and the exact values that it must hold now."""

    field: str
    values: tuple[str, ...] = ()

    def is_met_by(self, reading: AudioFile) -> bool:
        """Return whether a file meets the condition."""
        kind = reading.facts.format
        current = tag_edits.to_stored_values(
            self.field, tag_edits.field_values(reading.tags, self.field), kind
        )
        return current == tag_edits.to_stored_values(self.field, self.values, kind)


def parse_conditions(texts: Iterable[str]) -> list[FieldCondition]:
    """Parse conditions such as "genre=Rock"; values of the same field are combined.

    Raise UsageError if a condition is malformed.
    """
    by_field: dict[str, list[str]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageError(f'Invalid condition "{text}": write it as FIELD=OLD.')
        by_field.setdefault(resolve_field(name), []).extend([value] if value else [])
    return [
        condition
        for field, values in by_field.items()
        for condition in _parse_condition(field, values)
    ]


def _parse_condition(field: str, values: list[str]) -> list[FieldCondition]:
    if not values:
        return [FieldCondition(field)]
    return [FieldCondition(edit.field, edit.values) for edit in parse_edits(field, values, "")]
