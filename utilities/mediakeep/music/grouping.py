"""The issues of one album, told as shortly as can be: "all 12 tracks", not twelve names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from mediakeep.issue import Issue
from mediakeep.music.kinds import Kind, Scope
from mediakeep.music.model import Album

LOOSE = "Loose tracks"  # those right in the artist's folder
SHOWN = 6  # names in one line; the audit files tell all
LINES = 12  # of one kind
FEW = 2  # exceptions that are named rather than the rule


class Line(msgspec.Struct, frozen=True):
    """Tracks that share a detail: how many, and by name those that have it or those that have not.

    All empty where the issue is about the album as a whole.
    """

    where: str = ""
    link: str = ""  # what stands before the names: ": ", or ", all but "
    names: tuple[str, ...] = ()
    more: int = 0  # tracks that are not named
    detail: str = ""


class Findings(msgspec.Struct, frozen=True):
    """Where in an album issues of a kind are; with more than one line, `where` sums them up."""

    where: str
    lines: tuple[Line, ...]
    more: int = 0  # lines that are left out


class Group(msgspec.Struct, frozen=True):
    """Kinds that are found at the very same places of an album, as where tracks have no tags."""

    kinds: tuple[str, ...]
    findings: Findings


def title(album: Album) -> str:
    """Name an album as the report does."""
    return album.place or LOOSE


def gather(issues: Iterable[Issue], kinds: Sequence[Kind], album: Album | None) -> list[Group]:
    """Group the issues of an album, or of an artist as a whole, most urgent first."""
    by_kind: dict[str, list[Issue]] = {}
    for issue in issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    alike: dict[tuple[Findings, frozenset[str]], list[str]] = {}
    for kind in kinds:
        if found := by_kind.get(kind.name):
            key = _findings(kind, found, album), frozenset(issue.path for issue in found)
            alike.setdefault(key, []).append(kind.name)
    return [Group(tuple(names), findings) for (findings, _), names in alike.items()]


def _findings(kind: Kind, issues: Sequence[Issue], album: Album | None) -> Findings:
    if album is None or kind.scope is not Scope.TRACK:
        return Findings("", tuple(Line(detail=issue.detail) for issue in issues))
    shared = sorted(_shared(issues), key=lambda told: -len(told[0]))
    lines = tuple(_line(paths, detail, album) for paths, detail in shared[:LINES])
    many, of = len(issues), len(album.tracks)
    where = f"all {of} tracks" if many == of else f"{many} of {of} tracks"
    return Findings(where, lines, len(shared) - len(lines))


def _shared(issues: Iterable[Issue]) -> list[tuple[tuple[str, ...], str]]:
    """Find what tracks have in common: sets of tracks, each with all causes that just they share.

    A whole album with one garbled artist and as many garbled titles is told the artist once.
    """
    by_cause: dict[str, list[str]] = {}
    for issue in issues:
        for cause in dict.fromkeys(causes(issue.detail)):
            by_cause.setdefault(cause, []).append(issue.path)
    by_tracks: dict[tuple[str, ...], list[str]] = {}
    for cause, paths in by_cause.items():
        by_tracks.setdefault(tuple(paths), []).append(cause)
    return [(paths, "; ".join(named)) for paths, named in by_tracks.items()]


def causes(detail: str) -> list[str]:
    """Split a detail into its causes, which semicolons part; those within quotes do not count.

    Where quotes do not come in pairs, as in "12" Mix", nothing is split.
    """
    if "; " not in detail or detail.count('"') % 2:
        return [detail]
    found = [""]
    for part in detail.split("; "):
        whole = found[-1].count('"') % 2 == 0
        if whole and found[-1]:
            found.append(part)
        else:
            found[-1] = f"{found[-1]}; {part}" if found[-1] else part
    return found


def _line(paths: Sequence[str], detail: str, album: Album) -> Line:
    if len(paths) == 1:
        return Line(_below(album, paths[0]), detail=detail)
    having = frozenset(paths)
    pool = _pool(having, album)
    others = [place for place in pool if place not in having]
    every = f"all {len(paths)} {'' if len(pool) == len(album.tracks) else 'readable '}tracks"
    if not others:
        return Line(every, detail=detail)
    if discs := _whole_discs(having, pool, album):
        return Line(f"{every} in {' and '.join(discs)}", detail=detail)
    rule = len(others) <= FEW < len(paths)
    named = others if rule else paths[:SHOWN]
    return Line(
        f"{len(paths)} of {len(album.tracks)} tracks",
        ", all but " if rule else ": ",
        tuple(_below(album, place) for place in named),
        0 if rule else len(paths) - len(named),
        detail,
    )


def _pool(having: AbstractSet[str], album: Album) -> list[str]:
    """List the tracks that an issue is looked for in: those that can be read, or all."""
    readable = [track.place for track in album.readable]
    return readable if having <= set(readable) else [track.place for track in album.tracks]


def _whole_discs(having: AbstractSet[str], pool: Sequence[str], album: Album) -> list[str]:
    """Find the folders of discs that these tracks fill, if they fill a few."""
    discs: dict[str, set[str]] = {}
    for place in pool:
        discs.setdefault(_below(album, place).rpartition("/")[0], set()).add(place)
    whole = [disc for disc, places in discs.items() if disc and places <= having]
    filled = sum(len(discs[disc]) for disc in whole) == len(having)
    return whole if filled and len(whole) <= FEW else []


def _below(album: Album, place: str) -> str:
    return place.removeprefix(f"{album.place}/")
