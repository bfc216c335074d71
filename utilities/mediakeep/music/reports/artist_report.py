"""The Markdown report on an artist: what to do first, then album by album, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mediakeep.issue import Issue, Severity
from mediakeep.music import diagnose
from mediakeep.music.artist_lookup import report_section
from mediakeep.music.artist_lookup.lookup import NOT_LOOKED_UP, ArtistLookup
from mediakeep.music.artist_lookup.report_matches import CommandForAlbums
from mediakeep.music.issue_kinds import ISSUE_KINDS, MusicIssueKind, MusicIssueScope
from mediakeep.music.item import MUSIC
from mediakeep.music.model import Artist
from mediakeep.music.repairs.history import RepairHistory
from mediakeep.music.reports import issue_groups, next_steps
from mediakeep.music.reports.fix_commands import (
    ARTIST_KIND,
    EDITION_KIND,
    RELEASE_KIND,
    FixCommands,
)
from mediakeep.music.reports.issue_groups import IssueGroup
from mediakeep.music.reports.next_steps import NextStep
from mediakeep.pages import render, step_parts
from mediakeep.size_text import format_count

MAX_FIRST_STEPS = 5  # steps at the top, each with its explanation

_WHOLE_ARTIST_TITLE = "The artist as a whole"


class AlbumSection(msgspec.Struct, frozen=True):
    """The part of a report on one album, or on the artist as a whole: errors and warnings."""

    title: str
    issues: tuple[Issue, ...]
    groups: tuple[IssueGroup, ...]

    @property
    def sums(self) -> str:
        """The number of issues of each severity, as text."""
        return _format_severities(self.issues)


class ReportPaths(msgspec.Struct, frozen=True):
    """The paths that a report names: the home folder, and the artist's audit files."""

    home: Path
    json: str
    csv: str
    in_queue: bool = True  # whether the artist is in a queue, and so in the review list


NO_REPAIRS = RepairHistory(0, 0, (), ())


def render_report(
    artist: Artist,
    issues: Sequence[Issue],
    paths: ReportPaths,
    repairs: RepairHistory = NO_REPAIRS,
    lookup: ArtistLookup = NOT_LOOKED_UP,
    kinds: Sequence[MusicIssueKind] = ISSUE_KINDS,
) -> str:
    """Render the report as Markdown."""
    open_issues = [issue for issue in issues if diagnose.needs_decision(issue)]
    notes = [issue for issue in issues if not diagnose.needs_decision(issue)]
    sibling_folders = {album.place: album.sibling_folders for album in artist.albums}
    commands = FixCommands(paths.home, artist.path, paths.in_queue, sibling_folders)
    steps = next_steps.add_fixes(next_steps.build_steps(open_issues, kinds), open_issues, commands)
    musicbrainz = report_section.build_section(
        lookup, artist, _release_chooser(issues, commands, artist)
    )
    by_album = _group_by_album(open_issues, kinds)
    return render.render_template(
        "artist.md.j2",
        home=paths.home,
        artist=artist.name,
        holdings=_collection_facts(artist),
        outside=list(artist.outside_links.items()),
        refused=artist.refused_links,
        sums=_format_severities(open_issues),
        affected=len(by_album),
        parts=step_parts.divide_steps(
            steps,
            lambda step: any(kind.name in MUSIC.damage_kinds for kind in step.kinds),
            lambda step: any(fix.accepts for fix in step.remedies),
        ),
        sections=[]
        if _steps_name_all_issues(steps)
        else _album_sections(artist, open_issues, kinds),
        healthy=[
            issue_groups.album_title(album)
            for album in artist.albums
            if album.place not in by_album
        ],
        noted=format_count(len(notes), Severity.NOTE),
        notes=next_steps.add_blocked_reasons(next_steps.build_steps(notes, kinds), notes),
        repairs=repairs,
        musicbrainz=musicbrainz,
        choose=commands.edit_command(
            *(issue for issue in open_issues if issue.kind == ARTIST_KIND)
        ),
        awaited=lookup.state == "pending" and musicbrainz is None,
        take_back=commands.undo_command(repairs.sessions),
        audit_json=paths.json,
        audit_csv=paths.csv,
    )


def _release_chooser(
    issues: Iterable[Issue], commands: FixCommands, artist: Artist
) -> CommandForAlbums:
    """Return a function that builds the command to choose the release or edition of albums."""
    open_issues = {
        issue.album: issue for issue in issues if issue.kind in (RELEASE_KIND, EDITION_KIND)
    }
    loose = any(album.is_loose for album in artist.albums)

    def choose(*places: str) -> str:
        issues_at = [open_issues[place] for place in places if place in open_issues]
        is_ambiguous = commands.in_queue and issues_at and issues_at[0].kind == RELEASE_KIND
        if loose and "" in places and not is_ambiguous:  # the folder contains other albums, too
            return commands.edition_command() if issues_at else ""
        return commands.edit_command(*issues_at) or (
            commands.edition_command() if issues_at else ""
        )

    return choose


def _steps_name_all_issues(steps: Sequence[NextStep]) -> bool:
    """Return whether the steps at the top name every issue, so that no list by album is needed."""
    return len(steps) <= MAX_FIRST_STEPS and all(step.where.complete for step in steps)


def _group_by_album(
    issues: Iterable[Issue], kinds: Sequence[MusicIssueKind]
) -> dict[str, list[Issue]]:
    """Group issues by album, leaving out those of the artist as a whole."""
    artist_kinds = {kind.name for kind in kinds if kind.scope is MusicIssueScope.ARTIST}
    by_album: dict[str, list[Issue]] = {}
    for issue in issues:
        if issue.kind not in artist_kinds:
            by_album.setdefault(issue.album, []).append(issue)
    return by_album


def _album_sections(
    artist: Artist, issues: Sequence[Issue], kinds: Sequence[MusicIssueKind]
) -> list[AlbumSection]:
    by_album = _group_by_album(issues, kinds)
    sections = [
        AlbumSection(
            issue_groups.album_title(album),
            tuple(by_album[album.place]),
            tuple(issue_groups.group_issues(by_album[album.place], kinds, album)),
        )
        for album in artist.albums
        if album.place in by_album
    ]
    sections.sort(key=lambda section: [-count for count in _count_severities(section.issues)])
    artist_kinds = {kind.name for kind in kinds if kind.scope is MusicIssueScope.ARTIST}
    artist_issues = tuple(issue for issue in issues if issue.kind in artist_kinds)
    first = AlbumSection(
        _WHOLE_ARTIST_TITLE,
        artist_issues,
        tuple(issue_groups.group_issues(artist_issues, kinds, None)),
    )
    return [first, *sections] if artist_issues else sections


def _collection_facts(artist: Artist) -> dict[str, object]:
    facts = [track.facts for track in artist.tracks if track.facts]
    formats = Counter(fact.format for fact in facts).most_common()
    return {
        "tracks": sum(1 for _ in artist.tracks),
        "albums": len(artist.albums),
        "playing_time": render.format_playing_time(sum(fact.duration for fact in facts)),
        "formats": ", ".join(f"{count:,} {name}" for name, count in formats) or "none readable",
    }


def _count_severities(issues: Iterable[Issue]) -> list[int]:
    """Count errors, warnings and notes."""
    counts = Counter(issue.severity for issue in issues)
    return [counts[severity] for severity in Severity]


def _format_severities(issues: Iterable[Issue]) -> str:
    weights = zip(_count_severities(issues), Severity, strict=True)
    parts = [format_count(count, severity) for count, severity in weights if count]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
