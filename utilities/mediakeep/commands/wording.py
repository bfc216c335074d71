"""Field names and values as the user types them, as tag edits."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from mediakeep import files, suggest
from mediakeep.errors import UsageFailed
from mediakeep.media.edits.changes import FIELDS, Edit
from mediakeep.media.reading import Tags
from mediakeep.media.vocabulary import NUMBERS
from mediakeep.music import cures, locks

BY_HAND = "by hand"  # the reason recorded for a change by the user

_SINGULAR = ("title", "track")  # fields that differ for each track of an album
_TOTALS = dict(NUMBERS)


def field(name: str) -> str:
    """Return the field for a name; raise UsageError with the known names if there is none."""
    resolved = locks.field(name)
    if resolved not in FIELDS:
        names = ", ".join(
            spoken(tag_field) for tag_field in Tags.__struct_fields__ if tag_field in FIELDS
        )
        near = suggest.did_you_mean(name, map(spoken, FIELDS))
        raise UsageFailed(f'Unknown field "{name}". Known fields: {names}.{near}')
    return resolved


def spoken(field: str) -> str:
    """Return the name of a field as users type it."""
    return "genre" if field == "genres" else field


def edits(name: str, values: Sequence[str], reason: str) -> list[Edit]:
    """Return the edits that set a field to the given values, unchanged.

    Raise UsageError if the field is unknown or cannot hold a value: MusicBrainz fields hold MBIDs
    only.
    """
    changes = parsed(name, values, reason)
    for edit in changes:
        _check_mbids(edit)
    return changes


def _check_mbids(edit: Edit) -> None:
    if not edit.field.startswith("musicbrainz_"):
        return
    from mediakeep.lookups import catalogue, musicbrainz  # here, as importing it is slow

    for value in edit.values:
        if not musicbrainz.is_mbid(value.lower()):
            raise UsageFailed(
                f'Invalid {edit.field} "{files.printable(value)}": it must be an MBID, such as'
                f" {catalogue.VARIOUS_ARTISTS}."
            )


def parsed(name: str, values: Sequence[str], reason: str) -> list[Edit]:
    """Return the edits for a name and values, without checking whether the values make sense.

    "3/12" is a number and its total. No values, or one empty value, remove the field; for a number
    also the total. Raise UsageError if the field is unknown or the number is malformed.
    """
    field_name = field(name)
    texts = () if tuple(values) == ("",) else tuple(values)
    total = _TOTALS.get(field_name)
    if not total or (texts and "/" not in texts[0]):
        return [Edit(field_name, texts, reason)]
    if not texts:
        return [Edit(field_name, (), reason), Edit(total, (), reason)]
    number, _, total_text = texts[0].partition("/")
    if len(texts) > 1 or not (number and total_text) or "/" in total_text:
        raise UsageFailed(f'Invalid {field_name} "{", ".join(texts)}": write it as 3 or as 3/12.')
    return [Edit(field_name, (number,), reason), Edit(total, (total_text,), reason)]


def check_single(fields: Iterable[str], count: int, *, yes: bool) -> None:
    """Raise UsageError if several files would get the same title or number, unless `yes`."""
    same_fields = [name for name in _SINGULAR if name in map(field, fields)]
    if same_fields and count > 1 and not yes:
        raise UsageFailed(
            f"{count:,} files would get the same {same_fields[0]}. Add --yes to do it anyway."
        )


def check_value(value: str, *, yes: bool) -> None:
    """Raise UsageError if the value is probably a mistake, unless `yes`.

    That is the path of a file or folder, as the value was probably forgotten, or a placeholder in
    capitals of a command that was pasted.
    """
    if yes or not value:
        return
    if value in cures.WORDS:
        raise UsageFailed(
            f"Replace the placeholder {value} by the value, or add --yes. Nothing was changed."
        )
    if os.path.lexists(value):
        shown = files.printable(value)
        raise UsageFailed(
            f'The value "{shown}" is a file or folder here. Was the value'
            " forgotten? Add --yes to use it anyway. Nothing was changed."
        )
