"""Group the issues of an album for short lists, such as "all 12 tracks" instead of names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from mediakeep.issue import Issue
from mediakeep.music.issue_kinds import MusicIssueKind, MusicIssueScope
from mediakeep.music.model import Album

LOOSE_TRACKS_TITLE = "Loose tracks"  # tracks directly in the artist's folder
MAX_NAMES = 6  # names per line; the audit files list all
MAX_LINES = 12  # per kind
MAX_EXCEPTIONS = 2  # up to this many exceptions are named instead of the affected tracks


class LocationLine(msgspec.Struct, frozen=True):
    """A line on tracks with the same detail: how many, and names of tracks with it or without it.

    All fields are empty if the issue is about the album as a whole.
    """

    where: str = ""
    link: str = ""  # text before the names: ": " or ", all but "
    names: tuple[str, ...] = ()
    more: int = 0  # further tracks, not named
    detail: str = ""


class IssueLocations(msgspec.Struct, frozen=True):
    """Where issues of one kind occur in an album; `where` sums up several lines."""

    where: str
    lines: tuple[LocationLine, ...]
    more: int = 0  # further lines, left out


class IssueGroup(msgspec.Struct, frozen=True):
    """Kinds of issues that occur at exactly the same places of an album."""

    kinds: tuple[str, ...]
    findings: IssueLocations


def album_title(album: Album) -> str:
    """Return the title of an album as reports show it."""
    return album.place or LOOSE_TRACKS_TITLE


def group_issues(
    issues: Iterable[Issue], kinds: Sequence[MusicIssueKind], album: Album | None
) -> list[IssueGroup]:
    """Group issues that occur at the same places, most urgent first.

    The issues are of one album, or of the artist as a whole if `album` is None.
    """
    by_kind: dict[str, list[Issue]] = {}
    for issue in issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    names_by_findings: dict[tuple[IssueLocations, frozenset[str]], list[str]] = {}
    for kind in kinds:
        if of_kind := by_kind.get(kind.name):
            key = _locate_issues(kind, of_kind, album), frozenset(issue.path for issue in of_kind)
            names_by_findings.setdefault(key, []).append(kind.name)
    return [
        IssueGroup(tuple(names), findings) for (findings, _), names in names_by_findings.items()
    ]


def _locate_issues(
    kind: MusicIssueKind, issues: Sequence[Issue], album: Album | None
) -> IssueLocations:
    if album is None or kind.scope is not MusicIssueScope.TRACK:
        return IssueLocations("", tuple(LocationLine(detail=issue.detail) for issue in issues))
    shared = sorted(_group_by_cause(issues), key=lambda entry: -len(entry[0]))
    lines = tuple(_format_line(paths, detail, album) for paths, detail in shared[:MAX_LINES])
    count, total = len(issues), len(album.tracks)
    where = f"all {total} tracks" if count == total else f"{count} of {total} tracks"
    return IssueLocations(where, lines, len(shared) - len(lines))


def _group_by_cause(issues: Iterable[Issue]) -> list[tuple[tuple[str, ...], str]]:
    """Group tracks whose issues have the same causes; return the places and causes of each group.

    So the garbled artist of a whole album is reported once, next to garbled titles.
    """
    by_cause: dict[str, list[str]] = {}
    for issue in issues:
        for cause in dict.fromkeys(split_causes(issue.detail)):
            by_cause.setdefault(cause, []).append(issue.path)
    by_tracks: dict[tuple[str, ...], list[str]] = {}
    for cause, paths in by_cause.items():
        by_tracks.setdefault(tuple(paths), []).append(cause)
    return [(paths, "; ".join(causes_shared)) for paths, causes_shared in by_tracks.items()]


def split_causes(detail: str) -> list[str]:
    """Split the detail of an issue into its causes at semicolons, except within quotes.

    If quotes are not paired, as in "12" Mix", nothing is split.
    """
    if "; " not in detail or detail.count('"') % 2:
        return [detail]
    parts = [""]
    for part in detail.split("; "):
        is_complete = parts[-1].count('"') % 2 == 0
        if is_complete and parts[-1]:
            parts.append(part)
        else:
            parts[-1] = f"{parts[-1]}; {part}" if parts[-1] else part
    return parts


def _format_line(paths: Sequence[str], detail: str, album: Album) -> LocationLine:
    if len(paths) == 1:
        return LocationLine(_path_below_album(album, paths[0]), detail=detail)
    affected = frozenset(paths)
    candidates = _tracks_considered(affected, album)
    exceptions = [place for place in candidates if place not in affected]
    all_tracks = (
        f"all {len(paths)} {'' if len(candidates) == len(album.tracks) else 'readable '}tracks"
    )
    if not exceptions:
        return LocationLine(all_tracks, detail=detail)
    if discs := _find_whole_discs(affected, candidates, album):
        return LocationLine(f"{all_tracks} in {' and '.join(discs)}", detail=detail)
    name_exceptions = len(exceptions) <= MAX_EXCEPTIONS < len(paths)
    shown = exceptions if name_exceptions else paths[:MAX_NAMES]
    return LocationLine(
        f"{len(paths)} of {len(album.tracks)} tracks",
        ", all but " if name_exceptions else ": ",
        tuple(_path_below_album(album, place) for place in shown),
        0 if name_exceptions else len(paths) - len(shown),
        detail,
    )


def _tracks_considered(affected: AbstractSet[str], album: Album) -> list[str]:
    """Return the tracks that the issue could affect: the readable ones, or all."""
    readable = [track.place for track in album.readable_tracks]
    return readable if affected <= set(readable) else [track.place for track in album.tracks]


def _find_whole_discs(
    affected: AbstractSet[str], candidates: Sequence[str], album: Album
) -> list[str]:
    """Return the disc folders whose tracks are all affected, if these are all affected tracks."""
    discs: dict[str, set[str]] = {}
    for place in candidates:
        discs.setdefault(_path_below_album(album, place).rpartition("/")[0], set()).add(place)
    full_discs = [disc for disc, places in discs.items() if disc and places <= affected]
    covers_all = sum(len(discs[disc]) for disc in full_discs) == len(affected)
    return full_discs if covers_all and len(full_discs) <= MAX_EXCEPTIONS else []


def _path_below_album(album: Album, place: str) -> str:
    return place.removeprefix(f"{album.place}/")
