"""What was repaired, told from the undo records: they are what a crash cannot make untrue."""

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

SHOWN = 3  # files that are named
FIELDS = 16  # of those that were filled, the most frequent
SHORT = 20  # letters of a value that is told beside its field

_RANK = {kind.name: number for number, kind in enumerate(KINDS)}

_ByPlace = dict[str, list[tuple[str, Changed]]]


class Change(msgspec.Struct, frozen=True):
    """One field of one file; `place` below the artist, `told` what changed, "" for a cover."""

    place: str
    told: str


class Group(msgspec.Struct, frozen=True):
    """What mended one kind of issue: in how many files, and some of the changes.

    Of a kind that fills many fields these are told instead, with the number of files where it is
    not all of them.
    """

    kind: str
    files: int
    changes: tuple[Change, ...] = ()
    fields: tuple[str, ...] = ()
    more: int = 0  # fields that are not told


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


def _group(kind: str, by_place: _ByPlace) -> Group:
    if kind == enrichment.FILLED:
        fields = list(_filled(by_place))
        more = max(len(fields) - FIELDS, 0)
        return Group(kind, len(by_place), fields=tuple(fields[:FIELDS]), more=more)
    changes = [
        _change(place, field, change) for place, some in by_place.items() for field, change in some
    ]
    return Group(kind, len(by_place), tuple(changes[:SHOWN]))


def _filled(by_place: _ByPlace) -> Iterator[str]:
    """Tell how many fields were filled with MBIDs, and the others, the most frequent first."""
    held: dict[str, dict[str, tuple[str, ...]]] = {}
    for place, some in by_place.items():
        for field, change in some:
            held.setdefault(field, {})[place] = change.new
    mbids = [field for field in held if field.startswith("musicbrainz_")]
    if mbids:
        yield f"{page.counted(len(mbids), 'field')} of MBIDs"
    for field in sorted(held.keys() - set(mbids), key=lambda one: (-len(held[one]), one)):
        count = len(held[field])
        files_of = f" ({count:,})" if count < len(by_place) else ""
        yield f"{_spoken(field)}{_alike(held[field])}{files_of}"


def _alike(held: Mapping[str, tuple[str, ...]]) -> str:
    """Tell the value that all files got, if it is a short one."""
    values = set(held.values())
    told = "; ".join(values.pop())
    return f" {letters.quoted(told)}" if not values and len(told) <= SHORT else ""


def _change(place: str, field: str, change: Changed) -> Change:
    if field in (PICTURE, COVER_FILE, CONTAINER):
        return Change(place, "")
    old, new = (letters.quoted("; ".join(values)) for values in (change.old, change.new))
    return Change(place, f"{_spoken(field)} {old if change.old else 'none'} → {new}")


def _spoken(field: str) -> str:
    return "genre" if field == "genres" else field
