"""Find the issues of an artist by running every check of the table of kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mediakeep.issue import TAKEN_BACK, Issue, Severity, identity
from mediakeep.music.kinds import KINDS, Kind, Scope
from mediakeep.music.model import Album, Artist, Track

_Finding = tuple[Kind, str, str, str]  # kind, place of the album, place of the track, detail


def issues(artist: Artist, key: str, kinds: Sequence[Kind] = KINDS) -> list[Issue]:
    """Find all issues of an artist; `key` is the item's key, from which issue ids are derived."""
    return [
        Issue(
            kind=kind.name,
            severity=kind.severity,
            id=identity(kind.name, key, path or album),
            album=album,
            path=path,
            detail=detail,
        )
        for kind, album, path, detail in _ordered(artist, kinds)
    ]


def tally(open_issues: Iterable[Issue]) -> dict[str, int]:
    """Count issues by kind, in alphabetical order of the kinds."""
    return dict(sorted(Counter(issue.kind for issue in open_issues).items()))


def needs_person(issue: Issue) -> bool:
    """Return whether an issue needs a decision of the user; notes only inform.

    A note does if its repair was undone before: only the user can decide whether to repeat it.
    """
    return issue.severity is not Severity.NOTE or issue.held == TAKEN_BACK


def _ordered(artist: Artist, kinds: Sequence[Kind]) -> list[_Finding]:
    """Sort findings as on disk: the artist, then album by album."""
    rank = {kind.name: number for number, kind in enumerate(kinds)}
    places = {"": -1}
    for number, track in enumerate(artist.tracks):
        places[track.place] = number
    albums = {album.place: number for number, album in enumerate(artist.albums)}

    def order(finding: _Finding) -> tuple[int, int, int]:
        kind, album, path, _ = finding
        above = -1 if kind.scope is Scope.ARTIST else albums[album]
        return above, places[path], rank[kind.name]

    return sorted(_findings(artist, kinds), key=order)


def _findings(artist: Artist, kinds: Sequence[Kind]) -> Iterator[_Finding]:
    by_view: dict[Scope, list[Kind]] = {scope: [] for scope in Scope}
    for kind in kinds:
        by_view[kind.view or kind.scope].append(kind)
    homes = {track.place: album.place for album in artist.albums for track in album.tracks}
    yield from _seen(artist, by_view[Scope.ARTIST], homes, "", "")
    about_tracks = [kind for kind in by_view[Scope.ALBUM] if kind.scope is Scope.TRACK]
    for album in artist.albums:
        # Loose tracks form no album, so checks of a whole album do not apply to them.
        wide = by_view[Scope.ALBUM] if not album.is_loose else about_tracks
        yield from _seen(album, wide, homes, album.place, "")
        for track in album.tracks:
            yield from _seen(track, by_view[Scope.TRACK], homes, album.place, track.place)


def _seen(
    subject: Artist | Album | Track,
    kinds: Iterable[Kind],
    homes: dict[str, str],
    album: str,
    path: str,
) -> Iterator[_Finding]:
    for kind in kinds:
        result: Any = kind.check(subject)
        if result is None:
            continue
        if isinstance(result, str):
            yield kind, album, path, result
        elif kind.scope is Scope.ALBUM:  # details by album
            for place, detail in result.items():
                yield kind, place, "", detail
        else:  # details by track
            for place, detail in result.items():
                yield kind, homes[place], place, detail
