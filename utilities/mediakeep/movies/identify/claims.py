"""The ids that are stated for a movie, taken at their word: the first that TMDb knows is the one.

Where ids contradict each other that is told; and where the name agrees with the movie of another
one, or with one that it finds, and hardly with that of the first, a person decides.
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

_RIVALS = 3  # other ids whose movies are asked for


class Claims:
    """What came of the stated ids; Outage, ServiceFailed and NotAsked as the service raises."""

    def __init__(self, tmdb: TMDb, clue: Clue, weights: Weights = WEIGHTS) -> None:
        self._tmdb, self._clue, self._weights = tmdb, clue, weights
        self.removed: list[int] = []  # ids that TMDb has no more
        self.conflicts: list[str] = []

    def settle(self, stated: Sequence[Stated]) -> Identity | None:
        """Return the movie of the first id that TMDb knows; None where it knows none."""
        for place, one in enumerate(stated):
            if movie := self._movie(one):
                return self._compared(one, movie, stated[place + 1 :])
        return None

    def _movie(self, one: Stated) -> Movie | None:
        if one.tmdb_id and one.tmdb_id not in self.removed:
            try:
                return self._tmdb.movie(one.tmdb_id)
            except NoSuchMovie:
                self.removed.append(one.tmdb_id)
        return self._by_imdb(one) if one.imdb_id else None

    def _by_imdb(self, one: Stated) -> Movie | None:
        """Ask by an id of IMDb; what it belongs to may be a series, which is no movie."""
        try:
            return self._tmdb.movie(one.imdb_id)
        except NoSuchMovie:
            hits = self._tmdb.find(one.imdb_id)
        if hits:
            return self._movie(Stated(one.by, hits[0].id))
        self._tell(f"{one.text}, and TMDb knows no movie of IMDb {one.imdb_id}.")
        return None

    def _compared(self, first: Stated, movie: Movie, others: Sequence[Stated]) -> Identity:
        rivals = [one for one in others if not one.fits(movie)]
        for one in rivals:
            self._tell(f"{first.text}, but {one.text}.")
        if not first.fits(movie):
            theirs = movie.imdb_id or "another one"
            self._tell(f"{first.text}, but that movie's id at IMDb is {theirs}.")
            rivals.insert(0, Stated(first.by, imdb_id=first.imdb_id))
        if first.by == "queue":
            return _taken(first, movie, self._candidate(movie), Sure.USER)
        return self._weighed(first, movie, rivals)

    def _weighed(self, first: Stated, movie: Movie, rivals: Sequence[Stated]) -> Identity:
        """Doubt an id that the name contradicts, if it agrees with another movie, as after a slip.

        That is the movie of another id, or the one that a search by the name is certain of.
        """
        own = self._candidate(movie)
        if own.confidence >= self._weights.gross or not self._clue.titles:
            return _taken(first, movie, own)
        for rival in rivals[:_RIVALS]:
            other = self._movie(rival)
            if other and self._candidate(other).confidence >= self._weights.bar:
                return self._doubted(first, own, other)
        other = self._by_name()
        is_doubted = other is not None and other.id != movie.id
        if is_doubted or own.against.get("title", 0.0) >= self._weights.gross:
            known, here = self._named(movie.title, movie.year), self._clue
            read = self._named(here.titles[0], here.year)
            self._tell(f"{first.text}, which is {known}; but its name reads {read}.")
        if other and is_doubted:
            return self._doubted(first, own, other)
        return _taken(first, movie, own)

    def _by_name(self) -> Movie | None:
        """Return the movie that a search by name and year is certain of."""
        if not self._clue.year:
            return None
        return Search(self._tmdb, self._clue, self._weights).run().movie

    def _doubted(self, first: Stated, own: Candidate, other: Movie) -> Identity:
        """Leave it to a person which of the two movies it is."""
        listed = tuple(score.ranked([own, self._candidate(other)]))
        best = listed[0].confidence
        return Identity(sure=Sure.REVIEW, by=first.by, confidence=best, candidates=listed)

    def _candidate(self, movie: Movie) -> Candidate:
        return score.candidate(self._clue, hit(movie), movie, self._weights)

    def _tell(self, sentence: str) -> None:
        """Note a conflict, as a sentence of its own."""
        self.conflicts.append(sentence[0].upper() + sentence[1:])

    @staticmethod
    def _named(title: str, year: int) -> str:
        return f'"{files.printable(title)}"' + (f" ({year})" if year else "")


def hit(movie: Movie) -> Hit:
    """Return a movie as a search would list it."""
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


def _taken(one: Stated, movie: Movie, own: Candidate, sure: Sure = Sure.AUTO) -> Identity:
    """Believe an id: that its movie is the one needs no likeness."""
    return Identity(
        sure=sure,
        by=one.by,
        tmdb_id=movie.id,
        imdb_id=movie.imdb_id,
        confidence=1.0,
        movie=movie,
        candidates=(own,),
    )
