"""Identify a movie by its known IDs: the first one that TMDb has is accepted.

IDs that contradict each other are reported as conflicts. The user decides if the name hardly fits
the movie of the first ID, but fits that of another ID or a confident search result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mediakeep import files
from mediakeep.errors import NoSuchMovie
from mediakeep.lookups.tmdb.films import Hit, Movie
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.identify import score
from mediakeep.movies.identify.clue import Clue
from mediakeep.movies.identify.search import Search
from mediakeep.movies.identify.stated import Stated
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.identify.weights import WEIGHTS, Weights

if TYPE_CHECKING:
    from mediakeep.lookups.tmdb.service import TMDb

_RIVALS = 3  # other IDs whose movies are looked up


class Claims:
    """Look up known IDs. Raise Outage, ServiceFailed and NotAsked like the client."""

    def __init__(self, tmdb: TMDb, clue: Clue, weights: Weights = WEIGHTS) -> None:
        self._tmdb, self._clue, self._weights = tmdb, clue, weights
        self.removed: list[int] = []  # IDs that TMDb does not have any more
        self.conflicts: list[str] = []

    def settle(self, stated: Sequence[Stated]) -> Identity | None:
        """Return the movie of the first ID that TMDb has, or None if it has none of them."""
        for number, ids in enumerate(stated, 1):
            if movie := self._movie(ids):
                return self._compared(ids, movie, stated[number:])
        return None

    def _movie(self, ids: Stated) -> Movie | None:
        if ids.tmdb_id and ids.tmdb_id not in self.removed:
            try:
                return self._tmdb.movie(ids.tmdb_id)
            except NoSuchMovie:
                self.removed.append(ids.tmdb_id)
        return self._by_imdb(ids) if ids.imdb_id else None

    def _by_imdb(self, ids: Stated) -> Movie | None:
        """Look up an IMDb ID, which may belong to a series instead of a movie."""
        try:
            return self._tmdb.movie(ids.imdb_id)
        except NoSuchMovie:
            hits = self._tmdb.find(ids.imdb_id)
        if hits:
            return self._movie(Stated(ids.by, hits[0].id))
        self._tell(f"{ids.text}, and TMDb knows no movie of IMDb {ids.imdb_id}.")
        return None

    def _compared(self, first: Stated, movie: Movie, others: Sequence[Stated]) -> Identity:
        rivals = [ids for ids in others if not ids.fits(movie)]
        for rival in rivals:
            self._tell(f"{first.text}, but {rival.text}.")
        if not first.fits(movie):
            theirs = movie.imdb_id or "another one"
            self._tell(f"{first.text}, but that movie's id at IMDb is {theirs}.")
            rivals.insert(0, Stated(first.by, imdb_id=first.imdb_id))
        if first.by == "queue":
            return _taken(first, movie, self._candidate(movie), Sure.USER)
        return self._weighed(first, movie, rivals)

    def _weighed(self, first: Stated, movie: Movie, rivals: Sequence[Stated]) -> Identity:
        """Compare the movie of an ID with the name, as the ID may be a slip.

        If the name contradicts it, another ID's movie or a confident search result may fit better.
        """
        own = self._candidate(movie)
        if own.confidence >= self._weights.gross or not self._clue.titles:
            return _taken(first, movie, own)
        for rival in rivals[:_RIVALS]:
            other = self._movie(rival)
            if other and self._candidate(other).confidence >= self._weights.bar:
                return self._doubted(first, own, other)
        other = self._by_name()
        is_contradicted = other is not None and other.id != movie.id
        if is_contradicted or own.against.get("title", 0.0) >= self._weights.gross:
            found_title, clue = self._named(movie.title, movie.year), self._clue
            own_title = self._named(clue.titles[0], clue.year)
            self._tell(f"{first.text}, which is {found_title}; but its name reads {own_title}.")
        if other and is_contradicted:
            return self._doubted(first, own, other)
        return _taken(first, movie, own)

    def _by_name(self) -> Movie | None:
        """Return the movie that a search by name and year finds with confidence, or None."""
        if not self._clue.year:
            return None
        return Search(self._tmdb, self._clue, self._weights).run().movie

    def _doubted(self, first: Stated, own: Candidate, other: Movie) -> Identity:
        """Leave the choice between two movies to the user."""
        listed = tuple(score.ranked([own, self._candidate(other)]))
        best = listed[0].confidence
        return Identity(sure=Sure.REVIEW, by=first.by, confidence=best, candidates=listed)

    def _candidate(self, movie: Movie) -> Candidate:
        return score.candidate(self._clue, hit(movie), movie, self._weights)

    def _tell(self, sentence: str) -> None:
        """Record a conflict as a sentence."""
        self.conflicts.append(sentence[0].upper() + sentence[1:])

    @staticmethod
    def _named(title: str, year: int) -> str:
        return f'"{files.printable(title)}"' + (f" ({year})" if year else "")


def hit(movie: Movie) -> Hit:
    """Return a movie as the search result that lists it."""
    return Hit(
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


def _taken(ids: Stated, movie: Movie, candidate: Candidate, sure: Sure = Sure.AUTO) -> Identity:
    """Accept the movie of an ID, whatever its similarity to the name."""
    return Identity(
        sure=sure,
        by=ids.by,
        tmdb_id=movie.id,
        imdb_id=movie.imdb_id,
        confidence=1.0,
        movie=movie,
        candidates=(candidate,),
    )
