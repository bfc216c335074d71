"""The steps that resolve the issues of an artist: how often, where, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mediakeep.issue import Issue, Severity
from mediakeep.music import grouping
from mediakeep.music.grouping import LOOSE
from mediakeep.music.kinds import Kind, Scope
from mediakeep.pages import page

NAMED = 3  # places named in a step
ALBUMS = 6  # albums whose most frequent causes a note shows
CAUSES = 3  # causes shown per album


class Place(msgspec.Struct, frozen=True):
    """Where an issue occurs, and its detail or how often; either may be empty."""

    name: str
    remark: str = ""


class Whereabouts(msgspec.Struct, frozen=True):
    """How often and where a kind of issue occurs; `complete` if all details are included."""

    head: str  # text before the places, such as "34 tracks in 5 albums: "
    places: tuple[Place, ...]
    more: str = ""  # such as "and 2 more albums"
    complete: bool = False


class Remedy(msgspec.Struct, frozen=True):
    """A fix: the beginning of a sentence and a command to paste; either may be ""."""

    text: str
    command: str


class Step(msgspec.Struct, frozen=True):
    """Kinds of one severity that occur at exactly the same places."""

    kinds: tuple[Kind, ...]
    where: Whereabouts
    remedies: tuple[Remedy, ...] = ()

    @property
    def severity(self) -> Severity:
        return self.kinds[0].severity


def plan(issues: Iterable[Issue], kinds: Sequence[Kind]) -> list[Step]:
    """Build a step for each kind of issue that an artist has, most urgent first."""
    by_kind: dict[str, list[Issue]] = {}
    for issue in issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    by_location: dict[tuple[Severity, Whereabouts, frozenset[tuple[str, str]]], list[Kind]] = {}
    for kind in kinds:
        if of_kind := by_kind.get(kind.name):
            places = frozenset((issue.album, issue.path) for issue in of_kind)
            key = kind.severity, _whereabouts(kind, of_kind), places
            by_location.setdefault(key, []).append(kind)
    return [Step(tuple(same_kinds), where) for (_, where, _), same_kinds in by_location.items()]


def _whereabouts(kind: Kind, issues: Sequence[Issue]) -> Whereabouts:
    count = page.counted(len(issues), kind.scope)
    if len(issues) <= NAMED:
        places = tuple(Place(_name(issue, kind), issue.detail) for issue in issues)
        return Whereabouts("" if len(issues) == 1 else f"{count}: ", places, complete=True)
    albums = Counter(issue.album or LOOSE for issue in issues)
    remarks = _told(issues) if (kind.severity, kind.scope) == (Severity.NOTE, Scope.TRACK) else {}
    if len(albums) == 1:
        places = tuple(Place(name, remarks.get(name, "")) for name in albums)
        return Whereabouts(f"{count}, all in ", places)
    return _spread(kind, count, albums, remarks)


def _spread(
    kind: Kind, count: str, albums: Counter[str], remarks: Mapping[str, str]
) -> Whereabouts:
    """Name the albums in which the issue occurs most often."""
    within = "" if kind.scope is Scope.ALBUM else f" in {page.counted(len(albums), 'album')}"
    places = tuple(
        Place(name, "; ".join(filter(None, (f"{number:,}" if within else "", remarks.get(name)))))
        for name, number in albums.most_common(ALBUMS if remarks else NAMED)
    )
    rest = len(albums) - len(places)
    more = f"and {page.counted(rest, 'more album')}" if rest else ""
    return Whereabouts(f"{count}{within}: ", places, more)


def _told(issues: Iterable[Issue]) -> dict[str, str]:
    """Return the most frequent causes among the tracks of each album; notes appear nowhere else.

    Causes that differ for every track, such as titles, are shown by an example.
    """
    by_album: dict[str, Counter[str]] = {}
    for issue in issues:
        causes = grouping.causes(issue.detail) if issue.detail else []
        by_album.setdefault(issue.album or LOOSE, Counter()).update(dict.fromkeys(causes, 1))
    return {name: _ranked(causes) for name, causes in by_album.items() if causes}


def _ranked(causes: Counter[str]) -> str:
    by_field: dict[str, list[str]] = {}  # causes that only one track has
    for cause, number in causes.items():
        if number == 1:
            by_field.setdefault(cause.partition(' "')[0], []).append(cause)
    frequencies = Counter({cause: number for cause, number in causes.items() if number > 1})
    for single_causes in by_field.values():
        frequencies[f"{single_causes[0]}{' and others' if single_causes[1:] else ''}"] = len(
            single_causes
        )
    rest = len(frequencies) - CAUSES
    shown = [f"{cause} ({number:,})" for cause, number in frequencies.most_common(CAUSES)]
    return "; ".join([*shown, *([f"and {rest} more"] if rest > 0 else [])])


def _name(issue: Issue, kind: Kind) -> str:
    return "" if kind.scope is Scope.ARTIST else issue.path or issue.album or LOOSE
