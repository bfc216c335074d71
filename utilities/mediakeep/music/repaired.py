"""What was repaired, told from the undo records: they are what a crash cannot make untrue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.media.edits.changes import PICTURE
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.music.checks import letters
from mediakeep.music.kinds import KINDS
from mediakeep.music.plans import CONTAINER, COVER_FILE, FilePlan
from mediakeep.music.repairs import enrichment

SHOWN = 3  # files that are named

_RANK = {kind.name: number for number, kind in enumerate(KINDS)}


class Change(msgspec.Struct, frozen=True):
    """One field of one file; `place` below the artist, `told` what changed, "" for a cover."""

    place: str
    told: str


class Group(msgspec.Struct, frozen=True):
    """What mended one kind of issue: in how many files, and some of the changes."""

    kind: str
    files: int
    changes: tuple[Change, ...]


class Repaired(msgspec.Struct, frozen=True):
    """The repairs of an artist; each counts as one kind mended in one file."""

    count: int
    files: int
    groups: tuple[Group, ...]
    sessions: tuple[str, ...]
    refused: tuple[
        tuple[str, str], ...
    ] = ()  # files that were to be written, and why they were not
    filled: int = 0  # fields that a certain match filled, each in one file

    @property
    def by_kind(self) -> dict[str, int]:
        """In how many files each kind was mended."""
        return {group.kind: group.files for group in self.groups}


def of(records: Sequence[Record], artist: str) -> Repaired:
    """Sum up undo records of an artist, whose folder is given escaped."""
    by_kind: dict[str, dict[str, list[Change]]] = {}
    for record in records:
        place = record.path.removeprefix(_real(artist) + "/")
        for field, change in record.fields.items():
            for kind in kinds(change.reason):
                changes = by_kind.setdefault(kind, {}).setdefault(place, [])
                changes.append(_change(place, field, change))
    groups = [_group(kind, by_kind[kind]) for kind in sorted(by_kind, key=_rank)]
    return Repaired(
        count=sum(group.files for group in groups),
        files=len({record.path for record in records}),
        groups=tuple(groups),
        sessions=tuple(dict.fromkeys(one.session for one in records if one.session)),
        filled=len(
            {
                (record.path, field)
                for record in records
                for field, change in record.fields.items()
                if enrichment.is_filled(change.reason)
            }
        ),
    )


def expected(due: Iterable[FilePlan]) -> int:
    """Count the repairs that would be made."""
    plans = ((Changed(one.old, one.new, one.reason) for one in plan.changes) for plan in due)
    return sum(map(_kinds_of, plans))


def to_be_filled(due: Iterable[FilePlan]) -> int:
    """Count the fields that a certain match would fill."""
    return sum(enrichment.is_filled(one.reason) for plan in due for one in plan.changes)


def kinds(reason: str) -> list[str]:
    """Return the kinds of issues that a change mends: "whitespace, mojibake: words" names two."""
    named = reason.partition(":")[0].split(",")
    return [kind for name in named if (kind := name.strip()) in _RANK]


def _kinds_of(changes: Iterable[Changed]) -> int:
    return len({kind for change in changes for kind in kinds(change.reason)})


def _rank(kind: str) -> int:
    return _RANK[kind]


def _real(artist: str) -> str:
    return files.escape(Path(files.unescape(artist)).resolve())


def _group(kind: str, by_place: dict[str, list[Change]]) -> Group:
    changes = [change for some in by_place.values() for change in some]
    return Group(kind, len(by_place), tuple(changes[:SHOWN]))


def _change(place: str, field: str, change: Changed) -> Change:
    if field in (PICTURE, COVER_FILE, CONTAINER):
        return Change(place, "")
    old, new = (letters.quoted("; ".join(values)) for values in (change.old, change.new))
    name = "genre" if field == "genres" else field
    return Change(place, f"{name} {old if change.old else 'none'} → {new}")
