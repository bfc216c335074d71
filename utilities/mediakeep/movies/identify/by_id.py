"""Identify a movie by its known IDs: the first one that TMDb has is accepted.

IDs that contradict each other are reported as conflicts. The user decides if the name hardly fits
the movie of the first ID, but fits that of another ID or a confident search result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mediakeep import path_text
from mediakeep.errors import NoSuchMovie
from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.lookups.tmdb.model import Movie, MovieSummary
from mediakeep.movies.identify import score
from mediakeep.movies.identify.clues import MovieClues
from mediakeep.movies.identify.known_ids import KnownIds
from mediakeep.movies.identify.model import MatchStatus, MovieIdentity
from mediakeep.movies.identify.search import MovieSearch
from mediakeep.movies.identify.weights import WEIGHTS, MovieMatchWeights

if TYPE_CHECKING:
    from mediakeep.lookups.tmdb.client import TmdbClient

_MAX_RIVALS = 3  # other IDs whose movies are looked up


class IdLookup:
    """Looks up the known IDs of a movie at TMDb.

    Its methods raise Outage, ServiceFailed and LookupSkipped like the TMDb client.
    """

    def __init__(
        self, tmdb: TmdbClient, clues: MovieClues, weights: MovieMatchWeights = WEIGHTS
    ) -> None:
        self._tmdb, self._clue, self._weights = tmdb, clues, weights
        self.removed_ids: list[int] = []  # IDs that TMDb does not have any more
        self.conflicts: list[str] = []

    def resolve(self, stated: Sequence[KnownIds]) -> MovieIdentity | None:
        """Return the identity by the first known ID that TMDb has, or None if there is none."""
        for number, ids in enumerate(stated, 1):
            if movie := self._find_movie(ids):
                return self._check_conflicts(ids, movie, stated[number:])
        return None

    def _find_movie(self, ids: KnownIds) -> Movie | None:
        if ids.tmdb_id and ids.tmdb_id not in self.removed_ids:
            try:
                return self._tmdb.get_movie(ids.tmdb_id)
            except NoSuchMovie:
                self.removed_ids.append(ids.tmdb_id)
        return self._find_by_imdb_id(ids) if ids.imdb_id else None

    def _find_by_imdb_id(self, ids: KnownIds) -> Movie | None:
        """Return the movie with an IMDb ID, or None.

        The ID may belong to a series instead of a movie.
        """
        try:
            return self._tmdb.get_movie(ids.imdb_id)
        except NoSuchMovie:
            hits = self._tmdb.find_by_imdb_id(ids.imdb_id)
        if hits:
            return self._find_movie(KnownIds(ids.by, hits[0].id))
        self._add_conflict(f"{ids.text}, and TMDb knows no movie of IMDb {ids.imdb_id}.")
        return None

    def _check_conflicts(
        self, first: KnownIds, movie: Movie, others: Sequence[KnownIds]
    ) -> MovieIdentity:
        rivals = [ids for ids in others if not ids.agrees_with(movie)]
        for rival in rivals:
            self._add_conflict(f"{first.text}, but {rival.text}.")
        if not first.agrees_with(movie):
            theirs = movie.imdb_id or "another one"
            self._add_conflict(f"{first.text}, but that movie's id at IMDb is {theirs}.")
            rivals.insert(0, KnownIds(first.by, imdb_id=first.imdb_id))
        if first.by == "queue":
            return _accept_movie(first, movie, self._rate_movie(movie), MatchStatus.USER)
        return self._check_name(first, movie, rivals)

    def _check_name(
        self, first: KnownIds, movie: Movie, rivals: Sequence[KnownIds]
    ) -> MovieIdentity:
        """Compare the movie of a known ID with the movie's name, as the ID may be a mistake.

        If the name contradicts it, another ID's movie or a confident search result may fit better.
        """
        own = self._rate_movie(movie)
        if own.confidence >= self._weights.gross or not self._clue.titles:
            return _accept_movie(first, movie, own)
        for rival in rivals[:_MAX_RIVALS]:
            other = self._find_movie(rival)
            if other and self._rate_movie(other).confidence >= self._weights.bar:
                return self._leave_to_user(first, own, other)
        other = self._find_by_name()
        is_contradicted = other is not None and other.id != movie.id
        if is_contradicted or own.against.get("title", 0.0) >= self._weights.gross:
            found_title, clue = self._format_title(movie.title, movie.year), self._clue
            own_title = self._format_title(clue.titles[0], clue.year)
            self._add_conflict(
                f"{first.text}, which is {found_title}; but its name reads {own_title}."
            )
        if other and is_contradicted:
            return self._leave_to_user(first, own, other)
        return _accept_movie(first, movie, own)

    def _find_by_name(self) -> Movie | None:
        """Return the movie that a search by name and year finds with confidence, or None."""
        if not self._clue.year:
            return None
        return MovieSearch(self._tmdb, self._clue, self._weights).run().movie

    def _leave_to_user(
        self, first: KnownIds, first_candidate: MovieCandidate, other: Movie
    ) -> MovieIdentity:
        """Return an identity that leaves the choice between two movies to the user."""
        listed = tuple(score.rank_candidates([first_candidate, self._rate_movie(other)]))
        best = listed[0].confidence
        return MovieIdentity(
            status=MatchStatus.REVIEW, decided_by=first.by, confidence=best, candidates=listed
        )

    def _rate_movie(self, movie: Movie) -> MovieCandidate:
        return score.rate_candidate(self._clue, movie_to_summary(movie), movie, self._weights)

    def _add_conflict(self, sentence: str) -> None:
        """Record that known IDs contradict each other, as a sentence."""
        self.conflicts.append(sentence[0].upper() + sentence[1:])

    @staticmethod
    def _format_title(title: str, year: int) -> str:
        return f'"{path_text.to_printable(title)}"' + (f" ({year})" if year else "")


def movie_to_summary(movie: Movie) -> MovieSummary:
    """Convert the details of a movie to the summary that a search result would have."""
    return MovieSummary(
        id=movie.id,
        title=movie.title,
        original_title=movie.original_title,
        original_language=movie.original_language,
        release_date=movie.release_date,
        popularity=movie.popularity,
        vote_count=movie.votes,
        overview=movie.overview,
        poster=movie.posters[0].path if movie.posters else "",
    )


def _accept_movie(
    ids: KnownIds,
    movie: Movie,
    candidate: MovieCandidate,
    match_status: MatchStatus = MatchStatus.AUTO,
) -> MovieIdentity:
    """Return an identity that accepts the movie of a known ID, whatever the name says."""
    return MovieIdentity(
        status=match_status,
        decided_by=ids.by,
        tmdb_id=movie.id,
        imdb_id=movie.imdb_id,
        confidence=1.0,
        movie=movie,
        candidates=(candidate,),
    )
