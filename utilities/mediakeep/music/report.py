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

_LOOSE = "Tracks outside any album folder"
_WHOLE = "The artist as a whole"


@dataclass(frozen=True)
class Task:
    """One kind of issue that the artist has, on how many tracks or albums, and where first."""

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


def _sections(artist: Artist, issues: Sequence[Issue], kinds: Sequence[Kind]) -> list[Section]:
    whole = {kind.name for kind in kinds if kind.scope is Scope.ARTIST}
    by_album: dict[str, list[Issue]] = {}
    for issue in issues:
        if issue.kind not in whole:
            by_album.setdefault(issue.album, []).append(issue)
    albums = [
        _section(_title(album), by_album[album.place], len(album.tracks), kinds)
        for album in artist.albums
        if album.place in by_album
    ]
    albums.sort(key=lambda section: [-count for count in _weights(section.issues)])
    above = [issue for issue in issues if issue.kind in whole]
    return [_section(_WHOLE, above, 0, kinds), *albums] if above else albums


def _section(title: str, issues: Sequence[Issue], tracks: int, kinds: Sequence[Kind]) -> Section:
    groups = [
        _group(kind, found, tracks)
        for kind in kinds
        if (found := [issue for issue in issues if issue.kind == kind.name])
    ]
    return Section(title, tuple(issues), tuple(groups))


def _group(kind: Kind, issues: Sequence[Issue], tracks: int) -> Group:
    shared = issues[0].detail if len({issue.detail for issue in issues}) == 1 else ""
    if kind.scope is not Scope.TRACK:
        return Group(kind.name, "", shared, (), 0)
    if len(issues) == 1:
        return Group(kind.name, _below_album(issues[0]), shared, (), 0)
    every = len(issues) == tracks
    where = f"all {tracks} tracks" if every else f"{len(issues)} of {tracks} tracks"
    if every and (shared or not any(issue.detail for issue in issues)):
        return Group(kind.name, where, shared, (), 0)
    named = tuple((_below_album(one), "" if shared else one.detail) for one in issues[:SHOWN])
    return Group(kind.name, where, shared, named, max(0, len(issues) - SHOWN))


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
        "playing_time": _playing_time(sum(fact.duration for fact in facts)),
        "formats": ", ".join(f"{count:,} {name}" for name, count in formats) or "none readable",
    }


def _playing_time(seconds: float) -> str:
    minutes = round(seconds / 60)
    if not minutes:
        return f"{round(seconds)} s"
    return f"{minutes // 60:,} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


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


def _below_album(issue: Issue) -> str:
    return issue.path.removeprefix(f"{issue.album}/")
