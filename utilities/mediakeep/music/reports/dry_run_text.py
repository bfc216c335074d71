"""Format the changes that a dry run plans for an artist's files, in as few lines as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.media.audio.tag_edits import PICTURES_FIELD
from mediakeep.music.repairs import enrichment, plans
from mediakeep.music.repairs.plans import FilePlan, PlannedChange
from mediakeep.size_text import format_count


def format_planned_changes(planned: Sequence[Any], folder: str) -> list[str]:
    """Format planned changes, one per line, with paths relative to a folder.

    `planned` are file plans as dicts and lists. Values that a match fills in, and new pictures, get
    one line for all files of an album with the same reason.
    """
    filled: dict[tuple[str, str], dict[str, list[PlannedChange]]] = {}
    lines: dict[tuple[str, str], list[str]] = {}
    for plan in msgspec.convert(planned, list[FilePlan]):
        place = plan.path.removeprefix(f"{folder}/")
        for line in plan.changes:
            if _fills_empty_field(line):
                key = place.rpartition("/")[0], line.reason
                filled.setdefault(key, {}).setdefault(place, []).append(line)
                lines.setdefault(key, [])
            else:
                lines[place, line.field] = [plans.format_change(place, line)]
    for key, by_place in filled.items():
        lines[key] = [_format_filled_fields(*key, by_place)]
    return [line for group in lines.values() for line in group]


def _fills_empty_field(line: PlannedChange) -> bool:
    return not line.old and (line.field == PICTURES_FIELD or enrichment.is_fill_reason(line.reason))


def _format_filled_fields(
    album: str, reason: str, by_place: Mapping[str, Sequence[PlannedChange]]
) -> str:
    """Describe in one line which empty fields of an album's files are filled for one reason."""
    if len(by_place) == 1:
        [(where, _)] = by_place.items()
    else:
        where = f"{album}: {format_count(len(by_place), 'file')}" if album else ""
        where = where or format_count(len(by_place), "file")
    by_field: dict[str, list[PlannedChange]] = {}
    for changed in by_place.values():
        for line in changed:
            by_field.setdefault(line.field, []).append(line)
    fields = sorted(by_field, key=lambda field: field.startswith("musicbrainz_"))  # MBIDs last
    changes = "; ".join(_format_shared_value(by_field[field], len(by_place)) for field in fields)
    return f"{path_text.to_printable(where)}: {changes} ({reason})"


def _format_shared_value(lines: Sequence[PlannedChange], total: int) -> str:
    """Describe the new values of one field: the value if all files get the same, else a count."""
    first, *others = dict.fromkeys(map(plans.format_change_briefly, lines))
    text = f"{lines[0].field} nothing -> {len(others) + 1:,} values" if others else first
    return f"{text} in {len(lines):,}" if len(lines) < total else text
