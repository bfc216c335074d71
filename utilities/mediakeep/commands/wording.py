"""Fields and values as a person writes them, as changes of tags."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from mediakeep import files, suggest
from mediakeep.errors import UsageFailed
from mediakeep.media.edits.changes import FIELDS, Edit
from mediakeep.media.reading import Tags
from mediakeep.media.vocabulary import NUMBERS
from mediakeep.music import cures, locks

BY_HAND = "by hand"  # the reason of a change that a person wants

_SINGULAR = ("title", "track")  # what no two tracks of an album share
_TOTALS = dict(NUMBERS)


def field(name: str) -> str:
    """Return the field that a person means by a name; UsageFailed names those that there are."""
    found = locks.field(name)
    if found not in FIELDS:
        known = ", ".join(spoken(one) for one in Tags.__struct_fields__ if one in FIELDS)
        near = suggest.did_you_mean(name, map(spoken, FIELDS))
        raise UsageFailed(f'There is no field "{name}". There are {known}.{near}')
    return found


def spoken(field: str) -> str:
    """Return the name by which a person calls a field."""
    return "genre" if field == "genres" else field


def edits(name: str, values: Sequence[str], reason: str) -> list[Edit]:
    """Return the changes that have a field hold values, just as they are written.

    UsageFailed where there is no such field, or it cannot hold a value: one of MusicBrainz's holds
    MBIDs and nothing else.
    """
    found = parsed(name, values, reason)
    for edit in found:
        _check_mbids(edit)
    return found


def _check_mbids(edit: Edit) -> None:
    if not edit.field.startswith("musicbrainz_"):
        return
    from mediakeep.lookups import catalogue, musicbrainz  # only here: loading it takes its time

    for value in edit.values:
        if not musicbrainz.is_mbid(value.lower()):
            raise UsageFailed(
                f'{edit.field} cannot be "{files.printable(value)}": it holds MBIDs, such as'
                f" {catalogue.VARIOUS_ARTISTS}."
            )


def parsed(name: str, values: Sequence[str], reason: str) -> list[Edit]:
    """Return the changes that a person's words mean, whether or not the values make sense.

    "3/12" tells a number and its total; no values, or one that is empty, take the field away, of a
    number also the total. UsageFailed where there is no such field, or no such number.
    """
    meant = field(name)
    told = () if tuple(values) == ("",) else tuple(values)
    total = _TOTALS.get(meant)
    if not total or (told and "/" not in told[0]):
        return [Edit(meant, told, reason)]
    if not told:
        return [Edit(meant, (), reason), Edit(total, (), reason)]
    number, _, of = told[0].partition("/")
    if len(told) > 1 or not (number and of) or "/" in of:
        raise UsageFailed(f'{meant} cannot be "{", ".join(told)}": write it as 3 or as 3/12.')
    return [Edit(meant, (number,), reason), Edit(total, (of,), reason)]


def check_single(fields: Iterable[str], count: int, *, yes: bool) -> None:
    """Refuse to give several files the same title or number, unless the person has said --yes."""
    alike = [name for name in _SINGULAR if name in map(field, fields)]
    if alike and count > 1 and not yes:
        raise UsageFailed(
            f"{count:,} files would get the same {alike[0]}. Add --yes if that is meant."
        )


def check_value(value: str, *, yes: bool) -> None:
    """Refuse what is no value but a slip, unless the person has said --yes.

    The path of a file or folder, for then the value was forgotten; or the word in capitals of a
    command that was pasted, and in which it was to be replaced.
    """
    if yes or not value:
        return
    if value in cures.WORDS:
        raise UsageFailed(
            f"Write what you know in place of {value}, or add --yes. Nothing was changed."
        )
    if os.path.lexists(value):
        shown = files.printable(value)
        raise UsageFailed(
            f'The value would be "{shown}", which is a file or folder here. Was the value'
            " forgotten? Add --yes if that is meant. Nothing was changed."
        )
