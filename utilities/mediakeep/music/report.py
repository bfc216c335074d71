"""The report on an artist for people: what to do first, then album by album, worst first."""

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

FIRST = 5  # steps that stand at the top, each with what it means

_WHOLE = "The artist as a whole"


class Section(msgspec.Struct, frozen=True):
    """One album, or the artist as a whole, with its errors and warnings."""

    title: str
    issues: tuple[Issue, ...]
    groups: tuple[Group, ...]

    @property
    def sums(self) -> str:
        """How many issues of each severity, as text."""
        return _sums(self.issues)


class Paths(msgspec.Struct, frozen=True):
    """What a report points to: its home, and the paths of the audit's JSON and CSV below it."""

    home: Path
    json: str
    csv: str
    listed: bool = True  # in the list of reviews, as what a queue knows


NOTHING = Repaired(0, 0, (), ())


def render(
    artist: Artist,
    issues: Sequence[Issue],
    paths: Paths,
    repairs: Repaired = NOTHING,
    asked: Inquiry = UNASKED,
    kinds: Sequence[Kind] = KINDS,
) -> str:
    """Write the report as Markdown."""
    faults = [issue for issue in issues if diagnose.needs_person(issue)]
    notes = [issue for issue in issues if not diagnose.needs_person(issue)]
    beside = {album.place: album.sibling_folders for album in artist.albums}
    cures = Cures(paths.home, artist.path, paths.listed, beside)
    todo = remedies.added(steps.plan(faults, kinds), faults, cures)
    found = section.of(asked, artist, _chooser(issues, cures, artist))
    by_album = _by_album(faults, kinds)
    return page.render(
        "artist.md.j2",
        artist=artist.name,
        holdings=_holdings(artist),
        sums=_sums(faults),
        affected=len(by_album),
        first=todo[:FIRST],
        then=todo[FIRST:],
        sections=[] if _is_told(todo) else _sections(artist, faults, kinds),
        healthy=[grouping.title(album) for album in artist.albums if album.place not in by_album],
        noted=page.counted(len(notes), Severity.NOTE),
        notes=remedies.held(steps.plan(notes, kinds), notes),
        repairs=repairs,
        musicbrainz=found,
        choose=cures.write(*(one for one in faults if one.kind == ARTIST)),
        awaited=asked.state == "pending" and found is None,
        take_back=cures.take_back(repairs.sessions),
        audit_json=paths.json,
        audit_csv=paths.csv,
    )


def _chooser(issues: Iterable[Issue], cures: Cures, artist: Artist) -> Choose:
    """Return what gives the command that decides what an album is, or which edition of it."""
    open_ones = {issue.album: issue for issue in issues if issue.kind in (RELEASE, EDITION)}
    loose = any(album.is_loose for album in artist.albums)

    def choose(*places: str) -> str:
        found = [open_ones[place] for place in places if place in open_ones]
        by_id = cures.listed and found and found[0].kind == RELEASE
        if loose and "" in places and not by_id:  # the folder holds other albums, too
            return cures.choose_edition() if found else ""
        return cures.write(*found) or (cures.choose_edition() if found else "")

    return choose


def _is_told(todo: Sequence[Step]) -> bool:
    """Tell whether the steps at the top leave nothing to be said album by album."""
    return len(todo) <= FIRST and all(step.where.complete for step in todo)


def _by_album(faults: Iterable[Issue], kinds: Sequence[Kind]) -> dict[str, list[Issue]]:
    """Put issues under their albums, those of the artist as a whole left out."""
    whole = {kind.name for kind in kinds if kind.scope is Scope.ARTIST}
    found: dict[str, list[Issue]] = {}
    for issue in faults:
        if issue.kind not in whole:
            found.setdefault(issue.album, []).append(issue)
    return found


def _sections(artist: Artist, faults: Sequence[Issue], kinds: Sequence[Kind]) -> list[Section]:
    by_album = _by_album(faults, kinds)
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
    whole = {kind.name for kind in kinds if kind.scope is Scope.ARTIST}
    above = tuple(issue for issue in faults if issue.kind in whole)
    first = Section(_WHOLE, above, tuple(grouping.gather(above, kinds, None)))
    return [first, *sections] if above else sections


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
