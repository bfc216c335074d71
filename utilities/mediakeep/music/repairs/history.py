"""Summarize the repairs made to an artist's files, from the undo records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.media.audio.tag_edits import PICTURES_FIELD
from mediakeep.media.undo.record import ChangeRecord, FieldChange
from mediakeep.music.issue_kinds import ISSUE_KINDS
from mediakeep.music.repairs import enrichment
from mediakeep.music.repairs.plans import CONTAINER, COVER_FILE, FilePlan
from mediakeep.music.text import compare_text
from mediakeep.size_text import format_count

MAX_CHANGES = 3  # changes that are listed
MAX_FIELDS = 16  # filled fields that are listed, most frequent first
MAX_VALUE_LENGTH = 20  # characters; a longer value is not shown next to its field

_KIND_RANK = {kind.name: number for number, kind in enumerate(ISSUE_KINDS)}

_ChangesByPath = dict[str, list[tuple[str, FieldChange]]]


class RepairedField(msgspec.Struct, frozen=True):
    """One changed field of a file; `told` describes the change in words, or is "" for a cover."""

    place: str
    told: str


class RepairedKind(msgspec.Struct, frozen=True):
    """The repairs of one kind of issue: the number of files, and some of the changes.

    If a kind fills many fields, it lists the fields instead. Each has a count unless all files got
    it.
    """

    kind: str
    files: int
    changes: tuple[RepairedField, ...] = ()
    fields: tuple[str, ...] = ()
    more: int = 0  # further fields, not listed


class RepairHistory(msgspec.Struct, frozen=True):
    """All repairs of an artist; one kind of issue repaired in one file counts as one repair."""

    count: int
    files: int
    groups: tuple[RepairedKind, ...]
    sessions: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()  # files that were not written, and why
    filled: int = 0  # fields filled from a certain match, counted per file

    @property
    def by_kind(self) -> dict[str, int]:
        """The number of repaired files for each kind of issue."""
        return {group.kind: group.files for group in self.groups}


def summarize_records(records: Sequence[ChangeRecord], artist: str) -> RepairHistory:
    """Summarize the undo records of an artist; `artist` is the escaped path of the folder."""
    by_kind: dict[str, _ChangesByPath] = {}
    folder = f"{_resolve_folder(artist)}/" if records else ""
    for record in records:
        place = record.path.removeprefix(folder)
        for field, change in record.fields.items():
            for kind in kinds_in_reason(change.reason):
                changes = by_kind.setdefault(kind, {}).setdefault(place, [])
                changes.append((field, change))
    groups = [
        _summarize_kind(kind, by_kind[kind]) for kind in sorted(by_kind, key=_KIND_RANK.__getitem__)
    ]
    return RepairHistory(
        count=sum(group.files for group in groups),
        files=len({record.path for record in records}),
        groups=tuple(groups),
        sessions=tuple(dict.fromkeys(record.session for record in records if record.session)),
        filled=len(
            {
                (record.path, field)
                for record in records
                for field, change in record.fields.items()
                if enrichment.is_fill_reason(change.reason)
            }
        ),
    )


def count_planned_repairs(pending: Iterable[FilePlan]) -> int:
    """Count the repairs that a dry run would make."""
    plans = (
        (FieldChange(change.old, change.new, change.reason) for change in plan.changes)
        for plan in pending
    )
    return sum(map(_count_kinds, plans))


def count_planned_fills(pending: Iterable[FilePlan]) -> int:
    """Count the fields that a certain match would fill."""
    return sum(
        enrichment.is_fill_reason(change.reason) for plan in pending for change in plan.changes
    )


def kinds_in_reason(reason: str) -> list[str]:
    """Return the kinds of issues that start a reason: "whitespace, mojibake: words" has two."""
    names = reason.partition(":")[0].split(",")
    return [kind for name in names if (kind := name.strip()) in _KIND_RANK]


def _count_kinds(changes: Iterable[FieldChange]) -> int:
    return len({kind for change in changes for kind in kinds_in_reason(change.reason)})


def _resolve_folder(artist: str) -> str:
    return path_text.escape_path(Path(path_text.unescape_path(artist)).resolve())


def _summarize_kind(kind: str, by_place: _ChangesByPath) -> RepairedKind:
    if kind == enrichment.FILLED_KIND:
        fields = list(_format_filled_fields(by_place))
        omitted = max(len(fields) - MAX_FIELDS, 0)
        return RepairedKind(kind, len(by_place), fields=tuple(fields[:MAX_FIELDS]), more=omitted)
    changes = [
        _summarize_change(place, field, change)
        for place, field_changes in by_place.items()
        for field, change in field_changes
    ]
    return RepairedKind(kind, len(by_place), tuple(changes[:MAX_CHANGES]))


def _format_filled_fields(by_place: _ChangesByPath) -> Iterator[str]:
    """Describe how many MBIDs were filled in, then the other fields, most frequent first."""
    values_by_field: dict[str, dict[str, tuple[str, ...]]] = {}
    for place, changes in by_place.items():
        for field, change in changes:
            values_by_field.setdefault(field, {})[place] = change.new
    mbids = [field for field in values_by_field if field.startswith("musicbrainz_")]
    if mbids:
        yield f"{format_count(len(mbids), 'field')} of MBIDs"
    for field in sorted(
        values_by_field.keys() - set(mbids), key=lambda name: (-len(values_by_field[name]), name)
    ):
        count = len(values_by_field[field])
        files_of = f" ({count:,})" if count < len(by_place) else ""
        yield f"{field_label(field)}{_format_common_value(values_by_field[field])}{files_of}"


def _format_common_value(values_by_place: Mapping[str, tuple[str, ...]]) -> str:
    """Return the value that all files got in a field, or "" if they differ or it is long."""
    values = set(values_by_place.values())
    text = "; ".join(values.pop())
    return f" {compare_text.quote(text)}" if not values and len(text) <= MAX_VALUE_LENGTH else ""


def _summarize_change(place: str, field: str, change: FieldChange) -> RepairedField:
    if field in (PICTURES_FIELD, COVER_FILE, CONTAINER):
        return RepairedField(place, "")
    old, new = (compare_text.quote("; ".join(values)) for values in (change.old, change.new))
    return RepairedField(place, f"{field_label(field)} {old if change.old else 'none'} → {new}")


def field_label(field: str) -> str:
    """Return the name of a field as users type it."""
    return "genre" if field == "genres" else field
