"""Search for a movie by name, with no more requests than needed to be certain.

1. The searches of `search_steps` run one by one until a movie is accepted. If something speaks
   against a movie of the name's year, the search of all years may still find a better one.
2. The details of the best candidate are fetched. If it keeps its rank with them, ahead of all
   that might still come near, it is accepted; otherwise the next one's details are fetched.
3. If no title is similar, the right movie may be among the results under another title: the
   details of the first few tell, immediately if there are only one or two results of that year.
4. If the user has to decide, the first few candidates come with details. If none is similar,
   the nearest ones are listed anyway.
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

_WEIGHED = 6  # movies whose details are fetched at most to decide
_UNLIKE = 3  # of these, movies whose known titles are not similar
_LONE = 2  # results of a search whose details are fetched before the next search
SHOWN = 3  # candidates shown with details
_LISTED = 5


class Found(msgspec.Struct, frozen=True):
    """The result of a search; `movie` is that of the first candidate if it is accepted."""

    sure: Sure
    candidates: tuple[Candidate, ...] = ()
    movie: Movie | None = None


class Search:
    """One search by name. Raise Outage, ServiceFailed and NotAsked like the client."""

    def __init__(self, tmdb: TMDb, clue: Clue, weights: Weights = WEIGHTS) -> None:
        self._tmdb, self._clue, self._weights = tmdb, clue, weights
        self._hits: dict[int, Hit] = {}  # in the service's order
        self._movies: dict[int, Movie] = {}
        self._whole: set[str] = set()  # texts whose results are all known

    def run(self) -> Found:
        """Search until a movie is accepted, or all steps are done."""
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
        """Fetch details as long as they may change which movie is accepted."""
        while True:
            best_first = self._ranked()
            sure = score.verdict(best_first, self._weights)
            if not best_first or best_first[0].confidence < self._weights.bar:
                return sure
            doubtful = [best_first[0], *score.rivals(best_first, self._weights)]
            unknown = [rated.hit for rated in doubtful if rated.hit.id not in self._movies]
            if not unknown:
                return sure
            if len(self._movies) >= _WEIGHED:
                return Sure.REVIEW
            self._ask(unknown[0])

    def _look_closer(self, most: int) -> Sure:
        """Fetch all titles of the first results whose details are unknown."""
        hits = [hit for hit in self._hits.values() if hit.id not in self._movies]
        year = self._clue.year
        of_that_year = [hit for hit in hits if not year or abs(hit.year - year) <= 1]
        for hit in of_that_year[:most]:
            self._ask(hit)
            if self._is_near(self._weights.bar):
                break
        return self._weighed()

    def _is_near(self, least: float) -> bool:
        return any(rated.confidence >= least for rated in self._ranked())

    def _ranked(self) -> list[Candidate]:
        return score.ranked(
            score.candidate(self._clue, hit, self._movies.get(hit.id), self._weights)
            for hit in self._hits.values()
        )

    def _ask(self, hit: Hit) -> None:
        """Fetch the details of a movie; drop it if it was removed since the search."""
        try:
            self._movies[hit.id] = self._tmdb.movie(hit.id)
        except NoSuchMovie:
            del self._hits[hit.id]

    def _found(self, sure: Sure) -> Found:
        if sure is Sure.REVIEW:
            for rated in self._ranked()[:SHOWN]:
                if rated.hit.id not in self._movies:
                    self._ask(rated.hit)
            sure = self._weighed()
        ranked = self._ranked()
        similar = [rated for rated in ranked if rated.confidence >= self._weights.shown]
        listed = tuple(similar[:_LISTED] or ranked[:SHOWN])
        return Found(sure, listed, self._movies[listed[0].hit.id] if sure is Sure.AUTO else None)
