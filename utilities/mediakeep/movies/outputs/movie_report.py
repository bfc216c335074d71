"""The Markdown report of a movie: its identity, what to do, its files, what was written.

It has no date: the same movie always gives the same report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from mediakeep import command_text, path_text, size_text
from mediakeep.issue import Issue, Severity
from mediakeep.movies import diagnose, language_names, media_text
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.issue_kinds import KINDS_BY_NAME
from mediakeep.movies.item import MOVIES
from mediakeep.movies.model import MovieVideo
from mediakeep.movies.outputs import choose_commands, record_model
from mediakeep.movies.result import MovieResult, NfoState
from mediakeep.pages import render, step_parts
from mediakeep.size_text import format_count

ATTRIBUTION = MOVIES.attribution

_MAX_FILES = 12  # files per section
_TMDB_URL = "https://www.themoviedb.org/movie"
_DECIDED_BY = {
    "queue": "you chose it",
    "person": "you chose it",
    "nfo": "by its NFO",
    "name": "by the id in its name",
    "search": "by its name",
}


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
        lead=format_match(result),
        link=tmdb_url(result),
        options=list(list_options(result, home)),
        why=result.identity.lookup_error,
        parts=step_parts.divide_steps(
            _build_steps(result, faults, home),
            lambda step: step.kind in MOVIES.damage_kinds,
            lambda step: bool(step.command),
        ),
        notes=list(_build_steps(result, others, home)),
        place=result.local.path,
        length=_format_length(result),
        videos=[_describe_video(video) for video in result.local.videos],
        more=max(0, len(result.local.videos) - _MAX_FILES),
        beside=list(_list_adjacent_files(result)),
        made=result.written,
        undo=command_text.format_command(
            "undo_changes.py", home, f"--movie {path_text.quote_escaped(result.local.key)}"
        ),
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
            cure=kind.cure if kind and not same[0].proposal else "",
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


class MatchOption(msgspec.Struct, frozen=True):
    """A candidate for a movie, as listed in the movie's report."""

    title: str
    facts: str
    confidence: str
    against: str
    link: str
    command: str


def format_match(result: MovieResult) -> str:
    """Return the sentence that says which movie was identified, with its confidence."""
    identity = result.identity
    if identity.status is MatchStatus.UNKNOWN:
        return "Not looked up yet: what follows is based on the files alone"
    if identity.status is MatchStatus.UNMATCHED:
        no_match = "TMDb has no movie with a similar name"
        return no_match if result.local.name.title else "Its name has no title to search for"
    if identity.status is MatchStatus.REVIEW:
        return "Not certain: nothing is written until you choose"
    source = _DECIDED_BY.get(identity.decided_by, "")
    confidence = (
        f"{identity.confidence * 100:.0f} % sure" if identity.decided_by == "search" else ""
    )
    return ", ".join(filter(None, (_format_movie(result), source, confidence)))


def _format_movie(result: MovieResult) -> str:
    movie = result.identity.movie
    if movie is None:
        return f"TMDb {result.identity.tmdb_id}"
    name = f"{movie.title} ({movie.year})" if movie.year else movie.title
    other = movie.original_title not in ("", movie.title)
    original = f'originally "{movie.original_title}"' if other else ""
    by = f"by {' and '.join(movie.directors[:2])}" if movie.directors else ""
    length = f"{movie.runtime} min" if movie.runtime else ""
    return ", ".join(filter(None, (name, original, by, length)))


def tmdb_url(result: MovieResult) -> str:
    """Return the URL of the identified movie at TMDb, or "" if it is not identified."""
    tmdb_id = result.identity.tmdb_id
    return f"{_TMDB_URL}/{tmdb_id}" if tmdb_id and result.is_certain else ""


def list_options(result: MovieResult, home: Path) -> Iterator[MatchOption]:
    """Yield the candidates that the user can choose from, most likely first.

    Yield nothing if the movie is identified.
    """
    if result.is_certain:
        return
    for candidate in result.identity.candidates:
        year = f" ({candidate.hit.year})" if candidate.hit.year else ""
        length = f"{candidate.runtime} min" if candidate.runtime else ""
        by = f"by {candidate.director}" if candidate.director else ""
        original = (
            candidate.hit.original_title
            if candidate.hit.original_title != candidate.hit.title
            else ""
        )
        yield MatchOption(
            title=f"{candidate.hit.title}{year}",
            facts=", ".join(filter(None, (original, by, length))),
            confidence=f"{candidate.confidence:.2f}",
            against=", ".join(
                f"{name} {penalty:.2f}"
                for name, penalty in record_model.list_shown_penalties(candidate.against)
            ),
            link=f"{_TMDB_URL}/{candidate.hit.id}",
            command=choose_commands.format_choose_command(home, result.local.key, candidate.hit.id),
        )
