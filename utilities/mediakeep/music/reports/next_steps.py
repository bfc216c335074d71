"""The steps that resolve the issues of an artist, with the commands to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from mediakeep.issue import Issue, Severity
from mediakeep.music.issue_kinds import MusicIssueKind, MusicIssueScope
from mediakeep.music.reports import issue_groups
from mediakeep.music.reports.fix_commands import (
    ARTIST_KIND,
    COVER_KINDS,
    MAX_LISTED_IDS,
    RELEASE_KIND,
    FixCommands,
)
from mediakeep.music.reports.issue_groups import LOOSE_TRACKS_TITLE
from mediakeep.size_text import format_count

MAX_PLACES = 3  # places named in a step
MAX_NOTE_ALBUMS = 6  # albums whose most frequent causes a note shows
MAX_CAUSES = 3  # causes shown per album


class StepLocation(msgspec.Struct, frozen=True):
    """A place where an issue occurs, with a detail or a count; either may be empty."""

    name: str
    remark: str = ""


class StepLocations(msgspec.Struct, frozen=True):
    """How often and where a kind of issue occurs; `complete` is True if no detail is left out."""

    head: str  # text before the places, such as "34 tracks in 5 albums: "
    places: tuple[StepLocation, ...]
    more: str = ""  # such as "and 2 more albums"
    complete: bool = False


class SuggestedFix(msgspec.Struct, frozen=True):
    """A suggestion: the start of a sentence and a command to paste; either may be ""."""

    text: str
    command: str
    accepts: bool = False  # whether the command accepts proposals


class NextStep(msgspec.Struct, frozen=True):
    """A step for the user: kinds of issues of one severity that occur at the same places."""

    kinds: tuple[MusicIssueKind, ...]
    where: StepLocations
    remedies: tuple[SuggestedFix, ...] = ()

    @property
    def severity(self) -> Severity:
        return self.kinds[0].severity


def build_steps(issues: Iterable[Issue], kinds: Sequence[MusicIssueKind]) -> list[NextStep]:
    """Build a step for each kind of issue that an artist has, most urgent first."""
    by_kind: dict[str, list[Issue]] = {}
    for issue in issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    by_location: dict[
        tuple[Severity, StepLocations, frozenset[tuple[str, str]]], list[MusicIssueKind]
    ] = {}
    for kind in kinds:
        if of_kind := by_kind.get(kind.name):
            places = frozenset((issue.album, issue.path) for issue in of_kind)
            key = kind.severity, _locate_issues(kind, of_kind), places
            by_location.setdefault(key, []).append(kind)
    return [NextStep(tuple(same_kinds), where) for (_, where, _), same_kinds in by_location.items()]


def _locate_issues(kind: MusicIssueKind, issues: Sequence[Issue]) -> StepLocations:
    count = format_count(len(issues), kind.scope)
    if len(issues) <= MAX_PLACES:
        places = tuple(StepLocation(_place_name(issue, kind), issue.detail) for issue in issues)
        return StepLocations("" if len(issues) == 1 else f"{count}: ", places, complete=True)
    albums = Counter(issue.album or LOOSE_TRACKS_TITLE for issue in issues)
    remarks = (
        _frequent_causes(issues)
        if (kind.severity, kind.scope) == (Severity.NOTE, MusicIssueScope.TRACK)
        else {}
    )
    if len(albums) == 1:
        places = tuple(StepLocation(name, remarks.get(name, "")) for name in albums)
        return StepLocations(f"{count}, all in ", places)
    return _locate_in_albums(kind, count, albums, remarks)


def _locate_in_albums(
    kind: MusicIssueKind, count: str, albums: Counter[str], remarks: Mapping[str, str]
) -> StepLocations:
    """Name the albums in which the issue occurs most often."""
    within = (
        "" if kind.scope is MusicIssueScope.ALBUM else f" in {format_count(len(albums), 'album')}"
    )
    places = tuple(
        StepLocation(
            name, "; ".join(filter(None, (f"{number:,}" if within else "", remarks.get(name))))
        )
        for name, number in albums.most_common(MAX_NOTE_ALBUMS if remarks else MAX_PLACES)
    )
    rest = len(albums) - len(places)
    remaining = f"and {format_count(rest, 'more album')}" if rest else ""
    return StepLocations(f"{count}{within}: ", places, remaining)


def _frequent_causes(issues: Iterable[Issue]) -> dict[str, str]:
    """Return the most frequent causes among the tracks of each album, as text by album.

    Causes that differ for every track, such as titles, are shown by an example.
    """
    by_album: dict[str, Counter[str]] = {}
    for issue in issues:
        causes = issue_groups.split_causes(issue.detail) if issue.detail else []
        by_album.setdefault(issue.album or LOOSE_TRACKS_TITLE, Counter()).update(
            dict.fromkeys(causes, 1)
        )
    return {name: _format_frequent_causes(causes) for name, causes in by_album.items() if causes}


def _format_frequent_causes(causes: Counter[str]) -> str:
    by_field: dict[str, list[str]] = {}  # causes that only one track has
    for cause, number in causes.items():
        if number == 1:
            by_field.setdefault(cause.partition(' "')[0], []).append(cause)
    frequencies = Counter({cause: number for cause, number in causes.items() if number > 1})
    for single_causes in by_field.values():
        frequencies[f"{single_causes[0]}{' and others' if single_causes[1:] else ''}"] = len(
            single_causes
        )
    rest = len(frequencies) - MAX_CAUSES
    shown = [f"{cause} ({number:,})" for cause, number in frequencies.most_common(MAX_CAUSES)]
    return "; ".join([*shown, *([f"and {rest} more"] if rest > 0 else [])])


def _place_name(issue: Issue, kind: MusicIssueKind) -> str:
    return (
        ""
        if kind.scope is MusicIssueScope.ARTIST
        else issue.path or issue.album or LOOSE_TRACKS_TITLE
    )


# settled in the section that lists the candidates
_MBID_KINDS = frozenset({ARTIST_KIND, RELEASE_KIND})


def add_fixes(
    steps: Iterable[NextStep], issues: Iterable[Issue], commands: FixCommands
) -> list[NextStep]:
    """Add to each step the fixes for its issues."""
    by_kind: dict[str, list[Issue]] = {}
    for issue in issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    return [
        replace(step, remedies=tuple(_suggest_fixes(step, by_kind, commands))) for step in steps
    ]


def _suggest_fixes(
    step: NextStep, by_kind: dict[str, list[Issue]], commands: FixCommands
) -> Iterator[SuggestedFix]:
    for kind in step.kinds:
        of_kind = by_kind[kind.name]
        unblocked = [issue for issue in of_kind if not (issue.held or kind.name in _MBID_KINDS)]
        if blocked := [issue for issue in of_kind if issue.held]:
            yield SuggestedFix(_format_blocked_reasons(blocked), "")
        if proposed := [issue for issue in of_kind if issue.proposal]:
            command = commands.accept_command(proposed)
            text = _format_proposals(proposed, len(of_kind))
            yield SuggestedFix(
                f"{text}. To accept" if command else f"{text}.", command, bool(command)
            )
        else:
            yield from (
                SuggestedFix("By hand", command)
                for command in _manual_commands(kind.name, unblocked, commands)
            )


def _manual_commands(kind: str, issues: Sequence[Issue], commands: FixCommands) -> list[str]:
    """Return the commands to resolve issues by hand: one for all, or for covers one per album."""
    albums = len({issue.album for issue in issues})
    if kind in COVER_KINDS and 1 < albums <= MAX_LISTED_IDS:
        return [commands.edit_command(issue) for issue in issues]
    return list(filter(None, [commands.edit_command(*issues)]))


def add_blocked_reasons(steps: Iterable[NextStep], issues: Sequence[Issue]) -> list[NextStep]:
    """Return the steps with the reasons why safe repairs were not made.

    Steps that need a decision are left unchanged.
    """
    reasons = {
        step: [
            issue
            for issue in issues
            if issue.held and issue.kind in {kind.name for kind in step.kinds}
        ]
        for step in steps
    }
    return [
        replace(step, remedies=(SuggestedFix(_format_blocked_reasons(blocked), ""),))
        if blocked
        else step
        for step, blocked in reasons.items()
    ]


def _format_proposals(issues: Sequence[Issue], total: int) -> str:
    """Describe what is proposed for issues; of several proposals, the first is an example."""
    proposals = list(dict.fromkeys(issue.proposal for issue in issues))
    if len(issues) < total:
        return f"Proposed for {len(issues):,} of {total:,}, such as: {proposals[0]}"
    return f"Proposed{', such as' if len(proposals) > 1 else ''}: {proposals[0]}"


def _format_blocked_reasons(issues: Sequence[Issue]) -> str:
    reasons = list(dict.fromkeys(issue.held for issue in issues))
    remaining = f", and {len(reasons) - 1:,} more reasons" if len(reasons) > 1 else ""
    return f"Not repaired automatically: {reasons[0]}{remaining}"
