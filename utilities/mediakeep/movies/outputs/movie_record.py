"""Read and write the JSON record of a movie; docs/movie-files.md describes the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import command_text, path_text
from mediakeep.errors import Unreadable
from mediakeep.issue import Issue, sort_by_urgency
from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.lookups.tmdb.model import MovieSummary
from mediakeep.movies.identify.model import MatchStatus, MovieIdentity
from mediakeep.movies.issue_kinds import KINDS_BY_NAME
from mediakeep.movies.item import MOVIES
from mediakeep.movies.outputs import choose_commands
from mediakeep.movies.outputs.record_model import (
    RECORD_FORMAT,
    MovieRecord,
    RecordedCandidate,
    RecordedMatch,
    RecordedMovieInfo,
    RecordedNfo,
)
from mediakeep.movies.result import MovieResult, NfoStatus
from mediakeep.untrusted_files import JsonDecoder, read_record

_RECREATE_HINT = "Remove it and reset the movie: the next batch writes it again."
_MISSING_HINT = "Run {}: the next batch writes it again."
_MAX_NUMBER = 2**53  # mediakeep never writes larger numbers


_DECODER = JsonDecoder(MovieRecord)


def record_place(output_name: str) -> str:
    """Return the path of a movie's JSON record, relative to the home folder."""
    return f"outputs/movies/{output_name}.json"


def render_json(result: MovieResult, issues: Sequence[Issue], report: str) -> bytes:
    """Return the record of a movie as JSON.

    `report` is the path of its report, relative to the home folder.
    """
    record = build_record(result, issues, report)
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def build_record(result: MovieResult, issues: Sequence[Issue], report: str) -> MovieRecord:
    """Build the record of a movie from the result of processing it.

    `report` is the path of its report, relative to the home folder.
    """
    local = result.local
    return MovieRecord(
        format=RECORD_FORMAT,
        key=local.key,
        path=local.path,
        root=local.root,
        report=report,
        title=result.title,
        year=result.year,
        edition=result.edition,
        disc=local.disc,
        locale=result.locale,
        name=local.name,
        match=_record_match(result.identity),
        facts=_record_movie_info(result),
        duration=round(local.duration, 3),
        videos=local.videos,
        subtitles=local.subtitles,
        images=local.images,
        nfo=_record_nfo(result.nfo),
        made=result.written,
        held=result.blocked,
        twins=result.duplicates,
        gaps=tuple(map(_record_missing_movie, result.missing_in_collection)),
        issues=tuple(issues),
    )


def read(path: Path) -> MovieRecord:
    """Read the JSON record of a movie.

    Raise Unreadable if the file is missing or damaged, and NewerFormat if a later version wrote it.
    """
    missing_hint = _MISSING_HINT.format(
        command_text.format_command(MOVIES.manager_script, words="--repair")
    )
    record = read_record(path, _DECODER, RECORD_FORMAT, _RECREATE_HINT, missing_hint)
    numbers = [record.year, record.duration, *(video.size for video in record.videos)]
    if not all(0 <= number <= _MAX_NUMBER for number in numbers):
        raise Unreadable(path_text.escape_path(path), "it has an impossible number", _RECREATE_HINT)
    return record


def read_issues(path: Path) -> list[Issue]:
    """Return all issues in a movie's JSON record, most urgent first.

    Raise the same errors as `read`.
    """
    return sort_by_urgency(read(path).issues, KINDS_BY_NAME)


def read_reviews(path: Path, home: Path, place: str = "") -> list[dict[str, str]]:
    """Return the issues in a movie's JSON record that need a decision by the user.

    Each entry has id, movie, path, kind, severity, detail, proposal, held, command and report.
    `place` is the current escaped path of the movie. Raise the same errors as `read`.
    """
    record = read(path)
    key = _current_key(record, place)
    return [
        {
            "id": issue.id,
            "movie": key,
            "path": issue.path,
            "kind": issue.kind,
            "severity": issue.severity.value,
            "detail": issue.detail,
            "proposal": issue.proposal,
            "held": issue.held,
            "command": choose_commands.format_fix_command(
                home, key, issue, is_chosen=record.match.match == MatchStatus.USER
            ),
            "report": record.report,
        }
        for issue in sort_by_urgency(record.decisions, KINDS_BY_NAME)
    ]


def _record_match(identity: MovieIdentity) -> RecordedMatch:
    return RecordedMatch(
        match=identity.status.value,
        by=identity.decided_by,
        tmdb_id=identity.tmdb_id,
        imdb_id=identity.imdb_id,
        confidence=round(identity.confidence, 3),
        candidates=tuple(map(_record_candidate, identity.candidates)),
        conflicts=identity.conflicts,
        removed=identity.removed_ids,
        why=identity.lookup_error,
    )


def _record_candidate(candidate: MovieCandidate) -> RecordedCandidate:
    return RecordedCandidate(
        tmdb_id=candidate.hit.id,
        title=candidate.hit.title,
        year=candidate.hit.year,
        original_title=candidate.hit.original_title,
        confidence=round(candidate.confidence, 3),
        director=candidate.director,
        runtime=candidate.runtime,
        against=candidate.against,
    )


def _record_missing_movie(hit: MovieSummary) -> RecordedCandidate:
    return RecordedCandidate(
        tmdb_id=hit.id, title=hit.title, year=hit.year, original_title=hit.original_title
    )


def _record_movie_info(result: MovieResult) -> RecordedMovieInfo | None:
    movie = result.identity.movie
    if movie is None:
        return None
    certificates = (
        release for release in movie.certificates if release.country == result.locale.country
    )
    plain: dict[str, Any] = {
        name: getattr(movie, name)
        for name in ("title", "original_title", "original_language", "release_date")
    }
    return RecordedMovieInfo(
        **plain,
        runtime=movie.runtime,
        rating=movie.rating,
        votes=movie.votes,
        genres=tuple(genre.name for genre in movie.genres),
        countries=tuple(country.code for country in movie.countries),
        directors=movie.directors,
        certificate=next(
            (release.certification for release in certificates if release.certification), ""
        ),
        collection_id=movie.collection.id if movie.collection else 0,
        collection=movie.collection.name if movie.collection else "",
    )


def _record_nfo(nfo: NfoStatus) -> RecordedNfo:
    plot = nfo.details is not None and bool(nfo.details.plot.strip())
    return RecordedNfo(nfo.state, nfo.place, plot)


def _current_key(record: MovieRecord, place: str) -> str:
    """Return the current key of a movie.

    `place` is its current path, "" if unknown.
    """
    library = record.path.removesuffix(record.key)
    has_moved = (
        place and record.path != place and library != record.path and place.startswith(library)
    )
    return place.removeprefix(library) if has_moved else record.key
