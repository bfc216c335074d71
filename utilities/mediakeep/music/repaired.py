"""The repairs of an artist, summarized from its undo records, which survive a crash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.media.edits.changes import PICTURE
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.music.checks import letters
from mediakeep.music.kinds import KINDS
from mediakeep.music.plans import CONTAINER, COVER_FILE, FilePlan
from mediakeep.music.repairs import enrichment
from mediakeep.pages import page

SHOWN = 3  # changes that are listed
FIELDS = 16  # filled fields that are listed, most frequent first
SHORT = 20  # characters; a longer value is not shown next to its field

_RANK = {kind.name: number for number, kind in enumerate(KINDS)}

_ByPlace = dict[str, list[tuple[str, Changed]]]


class Change(msgspec.Struct, frozen=True):
    """One changed field of a file; `told` is the formatted change, "" for a cover."""

    place: str
    told: str


class Group(msgspec.Struct, frozen=True):
    """The repairs of one kind of issue: the number of files, and some of the changes.

    A kind that fills many fields lists the fields instead, with a count unless all files got them.
    """

    kind: str
    files: int
    changes: tuple[Change, ...] = ()
    fields: tuple[str, ...] = ()
    more: int = 0  # further fields, not listed


class Repaired(msgspec.Struct, frozen=True):
    """The repairs of an artist; each counts as one kind repaired in one file."""

    count: int
    files: int
    groups: tuple[Group, ...]
    sessions: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()  # files that were not written, and why
    filled: int = 0  # fields filled from a certain match, counted per file

    @property
    def by_kind(self) -> dict[str, int]:
        """The number of files repaired for each kind."""
        return {group.kind: group.files for group in self.groups}


def of(records: Sequence[Record], artist: str) -> Repaired:
    """Summarize the undo records of an artist; `artist` is its escaped folder."""
    by_kind: dict[str, _ByPlace] = {}
    for record in records:
        place = record.path.removeprefix(_real(artist) + "/")
        for field, change in record.fields.items():
            for kind in kinds(change.reason):
                changes = by_kind.setdefault(kind, {}).setdefault(place, [])
                changes.append((field, change))
    groups = [_group(kind, by_kind[kind]) for kind in sorted(by_kind, key=_rank)]
    return Repaired(
        count=sum(group.files for group in groups),
        files=len({record.path for record in records}),
        groups=tuple(groups),
        sessions=tuple(dict.fromkeys(record.session for record in records if record.session)),
        filled=len(
            {
                (record.path, field)
                for record in records
                for field, change in record.fields.items()
                if enrichment.is_filled(change.reason)
            }
        ),
    )


def expected(pending: Iterable[FilePlan]) -> int:
    """Count the repairs that a dry run would make."""
    plans = (
        (Changed(change.old, change.new, change.reason) for change in plan.changes)
        for plan in pending
    )
    return sum(map(_kinds_of, plans))


def to_be_filled(pending: Iterable[FilePlan]) -> int:
    """Count the fields that a certain match would fill."""
    return sum(enrichment.is_filled(change.reason) for plan in pending for change in plan.changes)


def kinds(reason: str) -> list[str]:
    """Return the kinds named in a reason: "whitespace, mojibake: words" names two."""
    names = reason.partition(":")[0].split(",")
    return [kind for name in names if (kind := name.strip()) in _RANK]


def _kinds_of(changes: Iterable[Changed]) -> int:
    return len({kind for change in changes for kind in kinds(change.reason)})


def _rank(kind: str) -> int:
    return _RANK[kind]


def _real(artist: str) -> str:
    return files.escape(Path(files.unescape(artist)).resolve())


def _group(kind: str, by_place: _ByPlace) -> Group:
    if kind == enrichment.FILLED:
        fields = list(_filled(by_place))
        omitted = max(len(fields) - FIELDS, 0)
        return Group(kind, len(by_place), fields=tuple(fields[:FIELDS]), more=omitted)
    changes = [
        _change(place, field, change)
        for place, field_changes in by_place.items()
        for field, change in field_changes
    ]
    return Group(kind, len(by_place), tuple(changes[:SHOWN]))


def _filled(by_place: _ByPlace) -> Iterator[str]:
    """Yield how many fields were filled with MBIDs, then the other fields, most frequent first."""
    values_by_field: dict[str, dict[str, tuple[str, ...]]] = {}
    for place, changes in by_place.items():
        for field, change in changes:
            values_by_field.setdefault(field, {})[place] = change.new
    mbids = [field for field in values_by_field if field.startswith("musicbrainz_")]
    if mbids:
        yield f"{page.counted(len(mbids), 'field')} of MBIDs"
    for field in sorted(
        values_by_field.keys() - set(mbids), key=lambda name: (-len(values_by_field[name]), name)
    ):
        count = len(values_by_field[field])
        files_of = f" ({count:,})" if count < len(by_place) else ""
        yield f"{_spoken(field)}{_alike(values_by_field[field])}{files_of}"


def _alike(values_by_place: Mapping[str, tuple[str, ...]]) -> str:
    """Return the value that all files got, if it is short."""
    values = set(values_by_place.values())
    text = "; ".join(values.pop())
    return f" {letters.quoted(text)}" if not values and len(text) <= SHORT else ""


def _change(place: str, field: str, change: Changed) -> Change:
    if field in (PICTURE, COVER_FILE, CONTAINER):
        return Change(place, "")
    old, new = (letters.quoted("; ".join(values)) for values in (change.old, change.new))
    return Change(place, f"{_spoken(field)} {old if change.old else 'none'} → {new}")


def _spoken(field: str) -> str:
    return "genre" if field == "genres" else field
