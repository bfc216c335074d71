"""The search for a movie by its name: as few questions as make it certain, and not one more.

1. The ladder's searches are made one by one, until a movie is accepted. Where something speaks
   against one of the name's year, the search of all years may still find a better.
2. The best of what was found is asked for its details. A movie that keeps its rank with them, ahead
   of all that might still come near, is the one; else the next is asked for its own.
3. Where nothing is near, what a search found all the same has another title that is: the details
   of the first few tell it, at once where there are but one or two of that year.
4. What is left to a person comes with the details of the first few. Where nothing is near, the
   nearest are listed all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from mediakeep.errors import NoSuchMovie
from mediakeep.lookups.tmdb.films import Hit, Movie
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.identify import ladder, score
from mediakeep.movies.identify.clue import Clue
from mediakeep.movies.identify.ladder import Step
from mediakeep.movies.identify.verdict import Sure
from mediakeep.movies.identify.weights import WEIGHTS, Weights

if TYPE_CHECKING:
    from mediakeep.lookups.tmdb.service import TMDb

_WEIGHED = 6  # movies whose details are asked for to decide
_UNLIKE = 3  # of these, movies whose known titles are nothing like the name
_LONE = 2  # so few that a search finds are looked at more closely before the next one
SHOWN = 3  # movies whose details a person sees
_LISTED = 5


class Found(msgspec.Struct, frozen=True):
    """What a search came to; the `movie` is that of the first candidate, where it is accepted."""

    sure: Sure
    candidates: tuple[Candidate, ...] = ()
    movie: Movie | None = None


class Search:
    """One search by name; Outage, ServiceFailed and NotAsked as the service raises them."""

    def __init__(self, tmdb: TMDb, clue: Clue, weights: Weights = WEIGHTS) -> None:
        self._tmdb, self._clue, self._weights = tmdb, clue, weights
        self._hits: dict[int, Hit] = {}  # in the order of the service
        self._movies: dict[int, Movie] = {}
        self._whole: set[str] = set()  # texts of which every movie is known that they find

    def run(self) -> Found:
        """Search until a movie is accepted, or everything was tried."""
        if not self._clue.titles:
            return Found(Sure.UNMATCHED)
        sure = self._climb(ladder.plain(self._clue))
        if sure is not Sure.AUTO and not self._is_near(self._weights.bar):
            sure = self._look_closer(_UNLIKE)
        if sure is Sure.UNMATCHED:
            sure = self._climb(ladder.bent(self._clue))
        return self._found(sure)

    def _climb(self, steps: Iterable[Step]) -> Sure:
        sure = Sure.UNMATCHED
        for step in steps:
            if step.text in self._whole:
                continue
            hits = self._tmdb.search(step.text, step.year, primary=step.primary)
            if not step.year and len(hits) < ladder.FULL:
                self._whole.add(step.text)
            if any(hit.id not in self._hits for hit in hits):
                self._hits = {hit.id: hit for hit in hits} | self._hits
                sure = self._weighed()
            if step.year and 0 < len(hits) <= _LONE and not self._is_near(self._weights.shown):
                sure = self._look_closer(_LONE)
            if sure is Sure.AUTO and (not step.year or self._is_near(self._weights.sound)):
                break
        return sure

    def _weighed(self) -> Sure:
        """Ask for details as long as they may change what is accepted."""
        while True:
            best_first = self._ranked()
            sure = score.verdict(best_first, self._weights)
            if not best_first or best_first[0].confidence < self._weights.bar:
                return sure
            doubtful = [best_first[0], *score.rivals(best_first, self._weights)]
            unknown = [one.hit for one in doubtful if one.hit.id not in self._movies]
            if not unknown:
                return sure
            if len(self._movies) >= _WEIGHED:
                return Sure.REVIEW
            self._ask(unknown[0])

    def _look_closer(self, most: int) -> Sure:
        """Learn all titles of the movies that were found first, and not by those that are known."""
        hits = [hit for hit in self._hits.values() if hit.id not in self._movies]
        year = self._clue.year
        timely = [hit for hit in hits if not year or abs(hit.year - year) <= 1]
        for hit in timely[:most]:
            self._ask(hit)
            if self._is_near(self._weights.bar):
                break
        return self._weighed()

    def _is_near(self, least: float) -> bool:
        return any(one.confidence >= least for one in self._ranked())

    def _ranked(self) -> list[Candidate]:
        return score.ranked(
            score.candidate(self._clue, hit, self._movies.get(hit.id), self._weights)
            for hit in self._hits.values()
        )

    def _ask(self, hit: Hit) -> None:
        """Ask for the details of a movie; one that is gone since the search counts no more."""
        try:
            self._movies[hit.id] = self._tmdb.movie(hit.id)
        except NoSuchMovie:
            del self._hits[hit.id]

    def _found(self, sure: Sure) -> Found:
        if sure is Sure.REVIEW:
            for one in self._ranked()[:SHOWN]:
                if one.hit.id not in self._movies:
                    self._ask(one.hit)
            sure = self._weighed()
        found = self._ranked()
        near = [one for one in found if one.confidence >= self._weights.shown]
        listed = tuple(near[:_LISTED] or found[:SHOWN])
        return Found(sure, listed, self._movies[listed[0].hit.id] if sure is Sure.AUTO else None)
