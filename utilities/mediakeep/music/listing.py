"""The planned changes to the files of an artist, in as few lines as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mediakeep import files
from mediakeep.media.edits.changes import PICTURE
from mediakeep.music import plans
from mediakeep.music.plans import FilePlan, Line
from mediakeep.music.repairs import enrichment
from mediakeep.pages import page


def of(planned: Sequence[Any], folder: str) -> list[str]:
    """Format plans that were converted to builtins, one line per change, relative to a folder.

    Values that a match fills in, and pictures where there was none, get one line for all files of
    an album with the same reason.
    """
    filled: dict[tuple[str, str], dict[str, list[Line]]] = {}
    lines: dict[tuple[str, str], list[str]] = {}
    for plan in msgspec.convert(planned, list[FilePlan]):
        place = plan.path.removeprefix(f"{folder}/")
        for line in plan.changes:
            if _is_filled(line):
                key = place.rpartition("/")[0], line.reason
                filled.setdefault(key, {}).setdefault(place, []).append(line)
                lines.setdefault(key, [])
            else:
                lines[place, line.field] = [plans.full(place, line)]
    for key, by_place in filled.items():
        lines[key] = [_filled(*key, by_place)]
    return [line for group in lines.values() for line in group]


def _is_filled(line: Line) -> bool:
    return not line.old and (line.field == PICTURE or enrichment.is_filled(line.reason))


def _filled(album: str, reason: str, by_place: Mapping[str, Sequence[Line]]) -> str:
    """Format the values that files of an album get in empty fields for one reason."""
    if len(by_place) == 1:
        [(where, _)] = by_place.items()
    else:
        where = f"{album}: {page.counted(len(by_place), 'file')}" if album else ""
        where = where or page.counted(len(by_place), "file")
    by_field: dict[str, list[Line]] = {}
    for changed in by_place.values():
        for line in changed:
            by_field.setdefault(line.field, []).append(line)
    fields = sorted(by_field, key=lambda field: field.startswith("musicbrainz_"))  # MBIDs last
    changes = "; ".join(_alike(by_field[field], len(by_place)) for field in fields)
    return f"{files.printable(where)}: {changes} ({reason})"


def _alike(lines: Sequence[Line], total: int) -> str:
    """Format what one field gets in several files: the value if it is the same, else a count."""
    first, *others = dict.fromkeys(map(plans.brief, lines))
    text = f"{lines[0].field} nothing -> {len(others) + 1:,} values" if others else first
    return f"{text} in {len(lines):,}" if len(lines) < total else text
