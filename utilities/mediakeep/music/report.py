"""The report on an artist for people: what to do first, then album by album, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mediakeep.issue import Issue, Severity
from mediakeep.music.diagnose import KINDS, Kind, Scope
from mediakeep.music.model import Album, Artist
from mediakeep.pages import page

SHOWN = 6  # tracks named in one group; the audit files name all
FEW = 2  # exceptions that are named rather than the rule

_LOOSE = "Tracks outside any album folder"
_WHOLE = "The artist as a whole"


@dataclass(frozen=True)
class Task:
    """One kind of issue that the artist has, and how often."""

    kind: Kind
    count: int


@dataclass(frozen=True)
class Group:
    """The issues of one kind in one album: where, the detail they share, and some of the tracks."""

    kind: str
    where: str
    detail: str
    tracks: tuple[tuple[str, str], ...]  # names below the album, each with its own detail
    more: int  # tracks that are not named


@dataclass(frozen=True)
class Section:
    """One album, or the artist as a whole, with its issues."""

    title: str
    issues: tuple[Issue, ...]
    groups: tuple[Group, ...]

    @property
    def sums(self) -> str:
        """How many issues of each severity, as text."""
        return _sums(self.issues)


def render(
    artist: Artist,
    issues: Sequence[Issue],
    audit: tuple[str, str],
    kinds: Sequence[Kind] = KINDS,
) -> str:
    """Write the report as Markdown; `audit` are the paths of the JSON and the CSV to point to."""
    sections = _sections(artist, issues, kinds)
    named = {section.title for section in sections}
    healthy = [title for album in artist.albums if (title := _title(album)) not in named]
    return page.render(
        "artist.md.j2",
        artist=artist.name,
        holdings=_holdings(artist),
        sums=_sums(issues),
        first=_first(sections, kinds),
        tasks=_tasks(issues, kinds),
        sections=sections,
        affected=len(artist.albums) - len(healthy),
        healthy=healthy,
        audit_json=audit[0],
        audit_csv=audit[1],
    )


def playing_time(seconds: float) -> str:
    """Write a span of music as people say it: "1 h 12 min"."""
    minutes = round(seconds / 60)
    if not minutes:
        return f"{round(seconds)} s"
    return f"{minutes // 60:,} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _sections(artist: Artist, issues: Sequence[Issue], kinds: Sequence[Kind]) -> list[Section]:
    whole = {kind.name for kind in kinds if kind.scope is Scope.ARTIST}
    by_album: dict[str, list[Issue]] = {}
    for issue in issues:
        if issue.kind not in whole:
            by_album.setdefault(issue.album, []).append(issue)
    albums = [
        _section(album, by_album[album.place], kinds)
        for album in artist.albums
        if album.place in by_album
    ]
    albums.sort(key=lambda section: [-count for count in _weights(section.issues)])
    above = [issue for issue in issues if issue.kind in whole]
    return [_section(None, above, kinds), *albums] if above else albums


def _section(album: Album | None, issues: Sequence[Issue], kinds: Sequence[Kind]) -> Section:
    groups = [
        _group(kind, found, album)
        for kind in kinds
        if (found := [issue for issue in issues if issue.kind == kind.name])
    ]
    return Section(_title(album) if album else _WHOLE, tuple(issues), tuple(groups))


def _group(kind: Kind, issues: Sequence[Issue], album: Album | None) -> Group:
    """Say it as shortly as can be: "all 14 tracks" rather than their names."""
    shared = issues[0].detail if len({issue.detail for issue in issues}) == 1 else None
    if album is None or kind.scope is not Scope.TRACK:
        return Group(kind.name, "", shared or "", (), 0)
    if len(issues) == 1:
        return Group(kind.name, _below(album, issues[0].path), shared or "", (), 0)
    where, told = _where(issues, album)
    if told and shared is not None:
        return Group(kind.name, where, shared, (), 0)
    named = issues[:SHOWN]
    tracks = tuple((_below(album, one.path), "" if shared else one.detail) for one in named)
    return Group(kind.name, where, shared or "", tracks, len(issues) - len(named))


def _where(issues: Sequence[Issue], album: Album) -> tuple[str, bool]:
    """Say which tracks of an album have an issue, and whether that tells it all."""
    having = {issue.path for issue in issues}
    readable = [track for track in album.tracks if not track.fault]
    others = [_below(album, track.place) for track in readable if track.place not in having]
    if not others:
        whole = len(readable) == len(album.tracks)
        return f"all {len(having)} {'tracks' if whole else 'readable tracks'}", True
    where = f"{len(having)} of {len(album.tracks)} tracks"
    if len(others) <= FEW < len(having):
        return f"{where}, all but {' and '.join(others)}", True
    return where, False


def _tasks(issues: Iterable[Issue], kinds: Sequence[Kind]) -> list[Task]:
    counts = Counter(issue.kind for issue in issues)
    return [Task(kind, counts[kind.name]) for kind in kinds if counts[kind.name]]


def _first(sections: Sequence[Section], kinds: Sequence[Kind]) -> dict[str, str]:
    """Find the most urgent kind, and the worst album that has it."""
    for kind in kinds:
        for section in sections:
            if any(group.kind == kind.name for group in section.groups):
                return {"kind": kind.name, "place": section.title, "cure": kind.cure}
    return {}


def _holdings(artist: Artist) -> dict[str, object]:
    facts = [track.facts for track in artist.tracks if track.facts]
    formats = Counter(fact.format for fact in facts).most_common()
    return {
        "tracks": sum(1 for _ in artist.tracks),
        "albums": len(artist.albums),
        "playing_time": playing_time(sum(fact.duration for fact in facts)),
        "formats": ", ".join(f"{count:,} {name}" for name, count in formats) or "none readable",
    }


def _weights(issues: Iterable[Issue]) -> list[int]:
    """Count errors, warnings and notes."""
    counts = Counter(issue.severity for issue in issues)
    return [counts[severity] for severity in Severity]


def _sums(issues: Iterable[Issue]) -> str:
    weights = zip(_weights(issues), Severity, strict=True)
    parts = [page.counted(count, severity) for count, severity in weights if count]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _title(album: Album) -> str:
    return album.place or _LOOSE


def _below(album: Album, place: str) -> str:
    return place.removeprefix(f"{album.place}/")
