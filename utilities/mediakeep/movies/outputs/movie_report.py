"""The Markdown report of a movie: its identity, what to do, its files, what was written.

It has no date: the same movie always gives the same report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from mediakeep import size_text
from mediakeep.issue import Issue, Severity
from mediakeep.movies import diagnose, language_names, media_text
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.issue_kinds import KINDS_BY_NAME
from mediakeep.movies.item import MOVIES
from mediakeep.movies.model import MovieVideo
from mediakeep.movies.outputs import choose_commands, match_text
from mediakeep.movies.result import MovieResult, NfoState
from mediakeep.pages import render
from mediakeep.size_text import format_count

ATTRIBUTION = MOVIES.attribution

_MAX_FILES = 12  # files per section


class MovieReportStep(msgspec.Struct, frozen=True):
    """The issues of one kind in a movie's report: its meaning, the files with it, what to do."""

    kind: str
    severity: str
    places: tuple[tuple[str, str], ...]  # path, detail
    meaning: str
    cure: str
    command: str = ""
    remark: str = ""


def report_place(output_name: str) -> str:
    """Return the path of a movie's report, relative to the home folder."""
    return f"issues/movies/{output_name}_library_issues.md"


def render_markdown(result: MovieResult, issues: Sequence[Issue], home: Path) -> str:
    """Return the report of a movie as Markdown."""
    faults = [issue for issue in issues if diagnose.needs_decision(issue)]
    others = [issue for issue in issues if not diagnose.needs_decision(issue)]
    return render.render_template(
        "movie.md.j2",
        home=home,
        title=result.title,
        year=result.year,
        edition=result.edition,
        sums=_format_counts(faults),
        noted=format_count(len(others), "note") if others else "",
        lead=match_text.format_match(result),
        link=match_text.tmdb_url(result),
        options=list(match_text.list_options(result, home)),
        why=result.identity.lookup_error,
        steps=list(_build_steps(result, faults, home)),
        notes=list(_build_steps(result, others, home)),
        place=result.local.path,
        length=_format_length(result),
        videos=[_describe_video(video) for video in result.local.videos],
        more=max(0, len(result.local.videos) - _MAX_FILES),
        beside=list(_list_adjacent_files(result)),
        made=result.written,
        due=result.pending,
        held=list(_list_unwritten(result)),
        notice=ATTRIBUTION,
    )


def _build_steps(
    result: MovieResult, issues: Iterable[Issue], home: Path
) -> Iterator[MovieReportStep]:
    listed = not result.is_certain and result.identity.candidates  # each has its own command
    is_chosen = result.identity.status is MatchStatus.USER
    for name, group in groupby(issues, lambda issue: issue.kind):
        same = list(group)
        kind = KINDS_BY_NAME.get(name)
        yield MovieReportStep(
            kind=name,
            severity=same[0].severity.value,
            places=tuple((issue.path, issue.detail) for issue in same),
            meaning=kind.meaning if kind else "",
            cure=kind.fix_hint if kind and not same[0].proposal else "",
            command=""
            if listed
            else choose_commands.format_fix_command(
                home, result.local.key, same[0], is_chosen=is_chosen
            ),
            remark=same[0].held or same[0].proposal,
        )


def _format_length(result: MovieResult) -> str:
    return media_text.format_duration(result.local.duration) if result.local.duration else ""


def _describe_video(video: MovieVideo) -> dict[str, str]:
    """Return the cells of a video file in the table of a movie's report, by column."""
    facts = video.facts
    subtitles = dict.fromkeys(
        language_names.language_name(language_names.language_code(track.language)) or "unknown"
        for track in (facts.subtitles if facts else ())
    )
    return {
        "place": video.place or "the film of the disc",
        "size": size_text.format_size(video.size),
        "length": media_text.format_duration(facts.duration) if facts and facts.duration else "",
        "picture": media_text.format_video(media_text.largest_video_stream([video]))
        or video.trouble,
        "sound": media_text.format_audio(facts.audio) if facts else "",
        "subtitles": ", ".join(subtitles),
    }


def _list_adjacent_files(result: MovieResult) -> Iterator[tuple[str, str]]:
    """Yield the kind and the path of the movie's files that are not videos."""
    local = result.local
    if result.nfo.place:
        state = result.nfo.reason if result.nfo.state is NfoState.NONE else result.nfo.state
        yield "NFO", f"{result.nfo.place} ({state})"
    for image in local.images:
        size = f" ({image.width} x {image.height})" if image.width else ""
        yield image.role, f"{image.place}{size}"
    for subtitle in local.subtitles:
        yield "subtitles", subtitle.place
    yield from (("extra", place) for place in local.extras)


def _list_unwritten(result: MovieResult) -> Iterator[tuple[str, str]]:
    if result.local.lock_reason:
        yield "", result.local.lock_reason
    yield from ((sidecar.place, sidecar.why) for sidecar in result.blocked)


def _format_counts(issues: Iterable[Issue]) -> str:
    counts = Counter(issue.severity for issue in issues)
    parts = [format_count(counts[level], level) for level in Severity if counts[level]]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
