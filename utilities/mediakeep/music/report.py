"""The Markdown report on an artist: what to do first, then album by album, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mediakeep.issue import Issue, Severity
from mediakeep.music import diagnose, grouping, remedies, steps
from mediakeep.music.cures import ARTIST, EDITION, RELEASE, Cures
from mediakeep.music.discography import section
from mediakeep.music.discography.inquiry import UNASKED, Inquiry
from mediakeep.music.discography.matched import Choose
from mediakeep.music.grouping import Group
from mediakeep.music.kinds import KINDS, Kind, Scope
from mediakeep.music.model import Artist
from mediakeep.music.repaired import Repaired
from mediakeep.music.steps import Step
from mediakeep.pages import page

FIRST = 5  # steps at the top, each with its explanation

_WHOLE = "The artist as a whole"


class Section(msgspec.Struct, frozen=True):
    """One album, or the artist as a whole, with its errors and warnings."""

    title: str
    issues: tuple[Issue, ...]
    groups: tuple[Group, ...]

    @property
    def sums(self) -> str:
        """The number of issues of each severity, as text."""
        return _sums(self.issues)


class Paths(msgspec.Struct, frozen=True):
    """The paths that a report refers to: the home, and the audit files below it."""

    home: Path
    json: str
    csv: str
    listed: bool = True  # whether the artist is in a queue, and so in the review list


NOTHING = Repaired(0, 0, (), ())


def render(
    artist: Artist,
    issues: Sequence[Issue],
    paths: Paths,
    repairs: Repaired = NOTHING,
    lookup: Inquiry = UNASKED,
    kinds: Sequence[Kind] = KINDS,
) -> str:
    """Render the report as Markdown."""
    open_issues = [issue for issue in issues if diagnose.needs_person(issue)]
    notes = [issue for issue in issues if not diagnose.needs_person(issue)]
    sibling_folders = {album.place: album.sibling_folders for album in artist.albums}
    commands = Cures(paths.home, artist.path, paths.listed, sibling_folders)
    todo = remedies.added(steps.plan(open_issues, kinds), open_issues, commands)
    musicbrainz = section.of(lookup, artist, _chooser(issues, commands, artist))
    by_album = _by_album(open_issues, kinds)
    return page.render(
        "artist.md.j2",
        artist=artist.name,
        holdings=_holdings(artist),
        sums=_sums(open_issues),
        affected=len(by_album),
        first=todo[:FIRST],
        then=todo[FIRST:],
        sections=[] if _is_told(todo) else _sections(artist, open_issues, kinds),
        healthy=[grouping.title(album) for album in artist.albums if album.place not in by_album],
        noted=page.counted(len(notes), Severity.NOTE),
        notes=remedies.held(steps.plan(notes, kinds), notes),
        repairs=repairs,
        musicbrainz=musicbrainz,
        choose=commands.write(*(issue for issue in open_issues if issue.kind == ARTIST)),
        awaited=lookup.state == "pending" and musicbrainz is None,
        take_back=commands.take_back(repairs.sessions),
        audit_json=paths.json,
        audit_csv=paths.csv,
    )


def _chooser(issues: Iterable[Issue], commands: Cures, artist: Artist) -> Choose:
    """Return a function that builds the command to set the release or edition of an album."""
    open_issues = {issue.album: issue for issue in issues if issue.kind in (RELEASE, EDITION)}
    loose = any(album.is_loose for album in artist.albums)

    def choose(*places: str) -> str:
        issues_at = [open_issues[place] for place in places if place in open_issues]
        is_ambiguous = commands.listed and issues_at and issues_at[0].kind == RELEASE
        if loose and "" in places and not is_ambiguous:  # the folder contains other albums, too
            return commands.choose_edition() if issues_at else ""
        return commands.write(*issues_at) or (commands.choose_edition() if issues_at else "")

    return choose


def _is_told(todo: Sequence[Step]) -> bool:
    """Return whether the steps at the top leave nothing to be listed album by album."""
    return len(todo) <= FIRST and all(step.where.complete for step in todo)


def _by_album(issues: Iterable[Issue], kinds: Sequence[Kind]) -> dict[str, list[Issue]]:
    """Group issues by album, leaving out those of the artist as a whole."""
    artist_kinds = {kind.name for kind in kinds if kind.scope is Scope.ARTIST}
    by_album: dict[str, list[Issue]] = {}
    for issue in issues:
        if issue.kind not in artist_kinds:
            by_album.setdefault(issue.album, []).append(issue)
    return by_album


def _sections(artist: Artist, issues: Sequence[Issue], kinds: Sequence[Kind]) -> list[Section]:
    by_album = _by_album(issues, kinds)
    sections = [
        Section(
            grouping.title(album),
            tuple(by_album[album.place]),
            tuple(grouping.gather(by_album[album.place], kinds, album)),
        )
        for album in artist.albums
        if album.place in by_album
    ]
    sections.sort(key=lambda section: [-count for count in _weights(section.issues)])
    artist_kinds = {kind.name for kind in kinds if kind.scope is Scope.ARTIST}
    artist_issues = tuple(issue for issue in issues if issue.kind in artist_kinds)
    first = Section(_WHOLE, artist_issues, tuple(grouping.gather(artist_issues, kinds, None)))
    return [first, *sections] if artist_issues else sections


def _holdings(artist: Artist) -> dict[str, object]:
    facts = [track.facts for track in artist.tracks if track.facts]
    formats = Counter(fact.format for fact in facts).most_common()
    return {
        "tracks": sum(1 for _ in artist.tracks),
        "albums": len(artist.albums),
        "playing_time": page.playing_time(sum(fact.duration for fact in facts)),
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
