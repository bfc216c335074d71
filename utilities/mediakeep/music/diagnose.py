"""Find the issues of an artist by running every check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mediakeep.issue import Issue, Severity, build_issue_id
from mediakeep.music.issue_kinds import ISSUE_KINDS, MusicIssueKind, MusicIssueScope
from mediakeep.music.model import Album, Artist, Track

# kind, place of the album, place of the track, detail
_Finding = tuple[MusicIssueKind, str, str, str]


def find_issues(
    artist: Artist, key: str, kinds: Sequence[MusicIssueKind] = ISSUE_KINDS
) -> list[Issue]:
    """Find all issues of an artist; `key` is the artist's key in the queue, and part of ids."""
    return [
        Issue(
            kind=kind.name,
            severity=kind.severity,
            id=build_issue_id(kind.name, key, path or album),
            album=album,
            path=path,
            detail=detail,
        )
        for kind, album, path, detail in _sort_findings(artist, kinds)
    ]


def needs_decision(issue: Issue) -> bool:
    """Return whether the user must decide about an issue; notes only inform.

    The user also decides about a note if its repair was undone before, but never about an ignored
    issue.
    """
    if issue.is_ignored:
        return False
    return issue.severity is not Severity.NOTE or issue.is_undone


def _sort_findings(artist: Artist, kinds: Sequence[MusicIssueKind]) -> list[_Finding]:
    """Return all findings in order: those on the artist first, then album by album as on disk."""
    rank = {kind.name: number for number, kind in enumerate(kinds)}
    places = {"": -1}
    for number, track in enumerate(artist.tracks):
        places[track.place] = number
    albums = {album.place: number for number, album in enumerate(artist.albums)}

    def order(finding: _Finding) -> tuple[int, int, int]:
        kind, album, path, _ = finding
        above = -1 if kind.scope is MusicIssueScope.ARTIST else albums[album]
        return above, places[path], rank[kind.name]

    return sorted(_run_checks(artist, kinds), key=order)


def _run_checks(artist: Artist, kinds: Sequence[MusicIssueKind]) -> Iterator[_Finding]:
    by_view: dict[MusicIssueScope, list[MusicIssueKind]] = {scope: [] for scope in MusicIssueScope}
    for kind in kinds:
        by_view[kind.view or kind.scope].append(kind)
    album_places = {track.place: album.place for album in artist.albums for track in album.tracks}
    yield from _check_subject(artist, by_view[MusicIssueScope.ARTIST], album_places, "", "")
    about_tracks = [
        kind for kind in by_view[MusicIssueScope.ALBUM] if kind.scope is MusicIssueScope.TRACK
    ]
    for album in artist.albums:
        # Loose tracks form no album, so checks of a whole album do not apply to them.
        wide = by_view[MusicIssueScope.ALBUM] if not album.is_loose else about_tracks
        yield from _check_subject(album, wide, album_places, album.place, "")
        for track in album.tracks:
            yield from _check_subject(
                track, by_view[MusicIssueScope.TRACK], album_places, album.place, track.place
            )


def _check_subject(
    subject: Artist | Album | Track,
    kinds: Iterable[MusicIssueKind],
    album_places: dict[str, str],
    album: str,
    path: str,
) -> Iterator[_Finding]:
    for kind in kinds:
        result: Any = kind.check(subject)
        if result is None:
            continue
        if isinstance(result, str):
            yield kind, album, path, result
        elif kind.scope is MusicIssueScope.ALBUM:  # details by album
            for place, detail in result.items():
                yield kind, place, "", detail
        else:  # details by track
            for place, detail in result.items():
                yield kind, album_places[place], place, detail
