"""What to do about an artist, step by step: how often it is wrong, where, and what cures it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from mediakeep.issue import Issue, Severity
from mediakeep.music.grouping import LOOSE
from mediakeep.music.kinds import Kind, Scope
from mediakeep.pages import page

NAMED = 3  # places that a step names


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
    if len(albums) == 1:
        return Whereabouts(f"{count}, all in ", tuple(map(Place, albums)))
    return _spread(kind, count, albums)


def _spread(kind: Kind, count: str, albums: Counter[str]) -> Whereabouts:
    """Name the albums that have it most often."""
    within = "" if kind.scope is Scope.ALBUM else f" in {page.counted(len(albums), 'album')}"
    places = tuple(
        Place(name, f"{number:,}" if within else "") for name, number in albums.most_common(NAMED)
    )
    rest = len(albums) - len(places)
    more = f"and {page.counted(rest, 'more album')}" if rest else ""
    return Whereabouts(f"{count}{within}: ", places, more)


def _name(issue: Issue, kind: Kind) -> str:
    return "" if kind.scope is Scope.ARTIST else issue.path or issue.album or LOOSE
