"""What an answer would change, and what the user needs to know to give one.

preview           returns the changes of an answer, file by file
read_candidates   returns the releases, artists or movies that a question leaves open
read_choices      returns them, and other editions of the releases
search_candidates returns those that a service finds by another title
list_covers       returns the pictures in the folder of an album, with their sizes
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.app.console import CollectingConsole
from mediakeep.app.edit.edit_result import EditResult
from mediakeep.app.reviews import (
    accept_proposals,
    choose_release,
    preview_movie,
    review_session,
)
from mediakeep.app.reviews.accept_proposals import RereadArtist
from mediakeep.app.reviews.preview_movie import SidecarPreview
from mediakeep.app.reviews.questions import ReviewQuestion
from mediakeep.app.reviews.review_list import ReviewFilter
from mediakeep.app.reviews.review_session import ReviewDecision, ReviewSession
from mediakeep.errors import Unreadable, UsageError
from mediakeep.lookups.musicbrainz import search_query
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.musicbrainz.lookup_store import PossibleArtist
from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.lookups.tmdb.model import MovieSummary
from mediakeep.media import pictures
from mediakeep.movies.item import MOVIES
from mediakeep.movies.outputs import movie_record, record_model
from mediakeep.movies.outputs.record_model import RecordedCandidate
from mediakeep.music.artist_lookup import report_matches
from mediakeep.music.artist_lookup.report_matches import ReleaseOption
from mediakeep.music.matching.match_result import AlbumMatch, ReleaseCandidate
from mediakeep.music.repairs import plans
from mediakeep.music.repairs.plans import FilePlan
from mediakeep.music.reports import fix_commands
from mediakeep.views import review

_MUSICBRAINZ_URL, _TMDB_URL = "https://musicbrainz.org", "https://www.themoviedb.org/movie"
_DATED_TITLE = re.compile(r"(.*\S) *\(([12]\d{3})\)")
_MAX_FOUND = 9  # results of a search; each has a key
_PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})


class AnswerPreview(msgspec.Struct, frozen=True):
    """The changes that an answer would make, and the questions that it would not settle."""

    files: tuple[FilePlan, ...] = ()
    refused: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    digest: str = ""  # for ReviewDecision.expected
    sidecars: tuple[SidecarPreview, ...] = ()  # that the next batch writes for a chosen movie

    @property
    def changes_all_cleanly(self) -> bool:
        """Whether the answer changes files, with no question refused and no notes."""
        return bool(self.files) and not self.refused and not self.notes


class Candidate(msgspec.Struct, frozen=True):
    """A release, artist or movie to choose: `value` is its id for the decision.

    `is_edition` is True if it is no match itself, but another edition of one.
    """

    value: str
    name: str
    facts: str = ""
    confidence: str = ""
    against: tuple[str, ...] = ()
    link: str = ""
    is_edition: bool = False


class CoverChoice(msgspec.Struct, frozen=True):
    """A picture in the folder of an album: its escaped name, size in pixels and bytes, and URL."""

    name: str
    width: int
    height: int
    size: int
    link: str


def preview(
    session: ReviewSession,
    asked: Sequence[ReviewQuestion],
    decision: ReviewDecision,
    access: ServiceConfig | None = None,
) -> AnswerPreview:
    """Return what an answer would change; nothing is written.

    With access to TMDb, this includes the files that a batch would write for a chosen movie.

    Raise UsageError if the answer is invalid.
    """
    review_session.check_action(asked, decision)
    if decision.action in ("later", "never"):
        return AnswerPreview()
    if asked[0].queue == MOVIES.name:
        sidecars: tuple[SidecarPreview, ...] = ()
        note = preview_movie.NOTE
        if decision.action == "choose" and access:
            sidecars, note = preview_movie.preview_choice(session, asked[0], decision.value, access)
        return AnswerPreview(notes=(note,), sidecars=sidecars)
    result, output = EditResult(), CollectingConsole(agrees=True)
    edits = review_session.build_edits(session, asked, decision, result)
    session.build_command(output, dry_run=True, is_proposal=decision.action == "accept").apply(
        edits.all, result
    )
    return AnswerPreview(
        tuple(result.changed),
        result.failed,
        (*result.notes, *output.messages),
        plans.digest_plans(result.changed),
    )


def read_candidates(session: ReviewSession, question: ReviewQuestion) -> list[Candidate]:
    """Return what can be chosen for a question, most likely first; no request is made."""
    return [candidate for candidate in read_choices(session, question) if not candidate.is_edition]


def read_choices(session: ReviewSession, question: ReviewQuestion) -> list[Candidate]:
    """Return what can be chosen, and then other known editions of the releases among it."""
    if not question.is_choice:
        return []
    if question.queue == MOVIES.name:
        item = preview_movie.read_movie(session, question)
        path = session.home / movie_record.record_place(item.output_name)
        return list(map(_describe_movie, movie_record.read(path).match.candidates))
    choice = ReviewFilter((question.id,))
    for visit in accept_proposals.reread_artists(
        session.home, Path(review.FILE), choice, EditResult(), session.music
    ):
        if question.kind == fix_commands.RELEASE_KIND:
            match = visit.artist.matches.get(question.album)
            return list(_describe_releases(visit, match)) if match else []
        resolved = visit.lookup.resolved
        return list(map(_describe_artist, resolved.choices if resolved else ()))
    return []


def search_candidates(
    session: ReviewSession,
    question: ReviewQuestion,
    title: str,
    access: ServiceConfig,
) -> list[Candidate]:
    """Return the movies, artists or releases that a service finds by a title or name.

    That of a movie may end with its year, as in "Emma (1996)". Raise LookupSkipped or
    ServiceFailed if the service cannot be queried.
    """
    name, folder = " ".join(title.split()), session.home / "status" / "cache"
    if not name or not name.isprintable():
        raise UsageError("There is nothing to search for.")
    if question.queue == MOVIES.name:
        dated = _DATED_TITLE.fullmatch(name)
        wanted = (dated[1], int(dated[2])) if dated else (name, 0)
        with contextlib.closing(TmdbContext(folder, access)) as tmdb:
            return [_describe_hit(hit) for hit in tmdb.tmdb.search_movies(*wanted)[:_MAX_FOUND]]
    with contextlib.closing(MusicBrainzContext(folder, access)) as context:
        client = context.musicbrainz
        if question.kind == fix_commands.ARTIST_KIND:
            artists = client.search_artists(search_query.artists_by_name(name))
            return [_describe_artist(PossibleArtist(hit)) for hit in artists[:_MAX_FOUND]]
        query = search_query.releases_by_name(question.name, [name])
        return list(map(_describe_other, client.search_releases(query)[:_MAX_FOUND]))


def _describe_releases(visit: RereadArtist, match: AlbumMatch) -> Iterator[Candidate]:
    """Yield the releases of a match, and then the other editions of their albums."""
    yield from map(_describe_release, match.candidates)
    seen = {release.id for release in match.releases}
    groups = {release.release_group.id for release in match.releases if release.release_group}
    for release in choose_release.list_lookup_releases(visit):
        group = release.release_group
        if group and group.id in groups and release.id not in seen:
            seen.add(release.id)
            yield _describe_other(release, is_edition=True)


def _describe_other(release: Release, *, is_edition: bool = False) -> Candidate:
    """Return a release that no match has."""
    described = _describe_release(ReleaseCandidate(release=release, distance=0.0))
    return msgspec.structs.replace(described, confidence="", is_edition=is_edition)


def _describe_release(candidate: ReleaseCandidate) -> Candidate:
    option: ReleaseOption = report_matches.build_option(candidate)
    link = f"{_MUSICBRAINZ_URL}/release/{option.mbid}"
    return Candidate(option.mbid, option.name, option.facts, option.sure, option.against, link)


def _describe_artist(choice: PossibleArtist) -> Candidate:
    artist = choice.artist
    facts = filter(None, (artist.disambiguation or "", artist.country or ""))
    albums = f"albums here: {', '.join(choice.titles)}" if choice.titles else ""
    return Candidate(
        artist.id,
        artist.name,
        ", ".join((*facts, *([albums] if albums else []))),
        link=f"{_MUSICBRAINZ_URL}/artist/{artist.id}",
    )


def _describe_movie(candidate: RecordedCandidate) -> Candidate:
    original = candidate.original_title if candidate.original_title != candidate.title else ""
    penalties = record_model.list_shown_penalties(candidate.against)
    facts = (
        original,
        f"by {candidate.director}" if candidate.director else "",
        f"{candidate.runtime} min" if candidate.runtime else "",
    )
    return Candidate(
        str(candidate.tmdb_id),
        _format_title(candidate.title, candidate.year),
        ", ".join(filter(None, facts)),
        f"{100 * candidate.confidence:.0f} %",
        tuple(f"{name} (-{100 * penalty:.0f} %)" for name, penalty in penalties),
        f"{_TMDB_URL}/{candidate.tmdb_id}",
    )


def _describe_hit(hit: MovieSummary) -> Candidate:
    original = hit.original_title if hit.original_title != hit.title else ""
    link = f"{_TMDB_URL}/{hit.id}"
    return Candidate(str(hit.id), _format_title(hit.title, hit.year), original, link=link)


def _format_title(title: str, year: int) -> str:
    return f"{title} ({year})" if year else title


def list_covers(question: ReviewQuestion) -> list[CoverChoice]:
    """Return the readable pictures in the folder of an album, the largest first."""
    found = _read_covers(sorted(question.place.iterdir())) if question.place.is_dir() else ()
    return sorted(found, key=lambda cover: -cover.width * cover.height)


def _read_covers(paths: Iterable[Path]) -> Iterator[CoverChoice]:
    for path in paths:
        if path.suffix.lower() in _PICTURE_SUFFIXES:
            with contextlib.suppress(OSError, Unreadable):
                mime, width, height = pictures.read_picture_info(path)
                if mime:
                    name, link = path_text.escape_path(path.name), path.absolute().as_uri()
                    yield CoverChoice(name, width, height, path.stat().st_size, link)
