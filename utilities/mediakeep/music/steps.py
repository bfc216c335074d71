"""What to do about an artist, step by step: how often it is wrong, where, and what cures it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mediakeep.issue import Issue, Severity
from mediakeep.music import grouping
from mediakeep.music.grouping import LOOSE
from mediakeep.music.kinds import Kind, Scope
from mediakeep.pages import page

NAMED = 3  # places that a step names
ALBUMS = 6  # of which a note tells what is most frequent in them
CAUSES = 3  # told of each of them


class Place(msgspec.Struct, frozen=True):
    """Where something is wrong, and what exactly, or how often; either may be empty."""

    name: str
    remark: str = ""


class Whereabouts(msgspec.Struct, frozen=True):
    """How often and where a kind of issue was found; `complete` where that leaves no question."""

    head: str  # what stands before the places, such as "34 tracks in 5 albums: "
    places: tuple[Place, ...]
    more: str = ""  # such as "and 2 more albums"
    complete: bool = False


class Remedy(msgspec.Struct, frozen=True):
    """What can be done at once: a sentence's beginning, and a command to paste; one may be ""."""

    text: str
    command: str


class Step(msgspec.Struct, frozen=True):
    """Kinds of one severity that an artist has at the very same places."""

    kinds: tuple[Kind, ...]
    where: Whereabouts
    remedies: tuple[Remedy, ...] = ()

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return self.kinds[0].severity


def plan(issues: Iterable[Issue], kinds: Sequence[Kind]) -> list[Step]:
    """Make steps of all kinds that an artist has, most urgent first."""
    by_kind: dict[str, list[Issue]] = {}
    for issue in issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    alike: dict[tuple[Severity, Whereabouts, frozenset[tuple[str, str]]], list[Kind]] = {}
    for kind in kinds:
        if found := by_kind.get(kind.name):
            places = frozenset((issue.album, issue.path) for issue in found)
            key = kind.severity, _whereabouts(kind, found), places
            alike.setdefault(key, []).append(kind)
    return [Step(tuple(named), where) for (_, where, _), named in alike.items()]


def _whereabouts(kind: Kind, issues: Sequence[Issue]) -> Whereabouts:
    count = page.counted(len(issues), kind.scope)
    if len(issues) <= NAMED:
        places = tuple(Place(_name(issue, kind), issue.detail) for issue in issues)
        return Whereabouts("" if len(issues) == 1 else f"{count}: ", places, complete=True)
    albums = Counter(issue.album or LOOSE for issue in issues)
    told = _told(issues) if (kind.severity, kind.scope) == (Severity.NOTE, Scope.TRACK) else {}
    if len(albums) == 1:
        places = tuple(Place(name, told.get(name, "")) for name in albums)
        return Whereabouts(f"{count}, all in ", places)
    return _spread(kind, count, albums, told)


def _spread(kind: Kind, count: str, albums: Counter[str], told: Mapping[str, str]) -> Whereabouts:
    """Name the albums that have it most often."""
    within = "" if kind.scope is Scope.ALBUM else f" in {page.counted(len(albums), 'album')}"
    places = tuple(
        Place(name, "; ".join(filter(None, (f"{number:,}" if within else "", told.get(name)))))
        for name, number in albums.most_common(ALBUMS if told else NAMED)
    )
    rest = len(albums) - len(places)
    more = f"and {page.counted(rest, 'more album')}" if rest else ""
    return Whereabouts(f"{count}{within}: ", places, more)


def _told(issues: Iterable[Issue]) -> dict[str, str]:
    """Tell of each album what its tracks have most often: notes are told nowhere else.

    What every track has otherwise, as a title, is told by an example.
    """
    by_album: dict[str, Counter[str]] = {}
    for issue in issues:
        causes = grouping.causes(issue.detail) if issue.detail else []
        by_album.setdefault(issue.album or LOOSE, Counter()).update(dict.fromkeys(causes, 1))
    return {name: _ranked(causes) for name, causes in by_album.items() if causes}


def _ranked(causes: Counter[str]) -> str:
    by_field: dict[str, list[str]] = {}  # of causes that one track alone has
    for cause, number in causes.items():
        if number == 1:
            by_field.setdefault(cause.partition(' "')[0], []).append(cause)
    told = Counter({cause: number for cause, number in causes.items() if number > 1})
    for alike in by_field.values():
        told[f"{alike[0]}{' and others' if alike[1:] else ''}"] = len(alike)
    more = len(told) - CAUSES
    some = [f"{cause} ({number:,})" for cause, number in told.most_common(CAUSES)]
    return "; ".join([*some, *([f"and {more} more"] if more > 0 else [])])


def _name(issue: Issue, kind: Kind) -> str:
    return "" if kind.scope is Scope.ARTIST else issue.path or issue.album or LOOSE
