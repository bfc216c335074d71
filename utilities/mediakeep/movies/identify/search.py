"""Search for a movie by name, with no more requests than needed to be certain.

1. Searches run one by one, starting with those most likely to find it, until a movie is accepted:
   each reading of the name among movies first released in its year, then among all. As only one
   page of the second search is read, further ones look in that year by the date of any release,
   and in the years next to it. If something speaks against a movie of the name's year, the search
   of all years may still find a better one.
2. The details of the best candidate are fetched. If it keeps its rank with them, ahead of all
   that might still come near, it is accepted; otherwise the next one's details are fetched.
3. If no title is similar, the right movie may be among the results under another title: the
   details of the first few tell, immediately if there are only one or two results of that year.
4. If nothing similar was found, the name is changed: without the number of a part, with "&" for
   "and", without its subtitle, and then each half alone, as the other may be misspelled.
5. If the user has to decide, the first few candidates come with details. If none is similar,
   the nearest ones are listed anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from mediakeep.errors import NoSuchMovie
from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.lookups.tmdb.model import Movie, MovieSummary
from mediakeep.movies.identify import score
from mediakeep.movies.identify.clues import MovieClues, year_outside_title
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.identify.weights import WEIGHTS, MovieMatchWeights

if TYPE_CHECKING:
    from mediakeep.lookups.tmdb.client import TmdbClient

_MAX_DETAILS = 6  # movies whose details are fetched at most to decide
_MAX_UNLIKE_DETAILS = 3  # of these, movies whose known titles are not similar
_FEW_HITS = 2  # results of a search whose details are fetched before the next search
DETAILED_CANDIDATES = 3  # candidates shown with details
_MAX_CANDIDATES = 5
PAGE_SIZE = 20  # movies on a page of search results
_MAX_READINGS = 3  # of a name
_MAX_QUERY_LENGTH = 200  # characters of a query
_SUBTITLE_PATTERN = re.compile(r"(?::\s|\s[-–—]\s).*$")
_PART_PATTERN = re.compile(
    r"\s+(?:(?:part|pt|chapter|vol|volume|teil|kapitel|partie|parte)\.?\s+\w+"
    r"|[2-9]|1\d|[ivx]{2,4}|[vx])(?=$|[:\s])",
    re.IGNORECASE,
)


class MovieSearchResult(msgspec.Struct, frozen=True):
    """The result of a movie search: match status and candidates, best first.

    `movie` is the details of the first candidate if it is accepted, else None.
    """

    status: MatchStatus
    candidates: tuple[MovieCandidate, ...] = ()
    movie: Movie | None = None


class MovieSearch:
    """One search for a movie by name.

    Its methods raise Outage, ServiceFailed and LookupSkipped like the TMDb client.
    """

    def __init__(
        self, tmdb: TmdbClient, clues: MovieClues, weights: MovieMatchWeights = WEIGHTS
    ) -> None:
        self._tmdb, self._clue, self._weights = tmdb, clues, weights
        self._hits: dict[int, MovieSummary] = {}  # in the service's order
        self._movies: dict[int, Movie] = {}
        self._complete_texts: set[str] = set()  # texts whose results are all known

    def run(self) -> MovieSearchResult:
        """Search until a movie is accepted or all search steps are done."""
        if not self._clue.titles:
            return MovieSearchResult(MatchStatus.UNMATCHED)
        status = self._run_steps(list_exact_searches(self._clue))
        if status is not MatchStatus.AUTO and not self._has_candidate_above(self._weights.bar):
            status = self._fetch_first_details(_MAX_UNLIKE_DETAILS)
        if status is MatchStatus.UNMATCHED:
            status = self._run_steps(list_relaxed_searches(self._clue))
        return self._build_result(status)

    def _run_steps(self, steps: Iterable[SearchStep]) -> MatchStatus:
        status = MatchStatus.UNMATCHED
        for step in steps:
            if step.text in self._complete_texts:
                continue
            hits = self._tmdb.search_movies(step.text, step.year, primary=step.is_first_release)
            if not step.year and len(hits) < PAGE_SIZE:
                self._complete_texts.add(step.text)
            if any(hit.id not in self._hits for hit in hits):
                self._hits = {hit.id: hit for hit in hits} | self._hits
                status = self._fetch_deciding_details()
            if (
                step.year
                and 0 < len(hits) <= _FEW_HITS
                and not self._has_candidate_above(self._weights.shown)
            ):
                status = self._fetch_first_details(_FEW_HITS)
            if status is MatchStatus.AUTO and (
                not step.year or self._has_candidate_above(self._weights.sound)
            ):
                break
        return status

    def _fetch_deciding_details(self) -> MatchStatus:
        """Fetch details of candidates as long as they may change which movie is accepted."""
        while True:
            best_first = self._rank_hits()
            status = score.decide_status(best_first, self._weights)
            if not best_first or best_first[0].confidence < self._weights.bar:
                return status
            doubtful = [best_first[0], *score.find_close_candidates(best_first, self._weights)]
            unknown = [rated.hit for rated in doubtful if rated.hit.id not in self._movies]
            if not unknown:
                return status
            if len(self._movies) >= _MAX_DETAILS:
                return MatchStatus.REVIEW
            self._fetch_details(unknown[0])

    def _fetch_first_details(self, max_count: int) -> MatchStatus:
        """Fetch the details of the first `max_count` search results that have none yet.

        The details contain all titles of a movie.
        """
        hits = [hit for hit in self._hits.values() if hit.id not in self._movies]
        year = self._clue.year
        of_that_year = [hit for hit in hits if not year or abs(hit.year - year) <= 1]
        for hit in of_that_year[:max_count]:
            self._fetch_details(hit)
            if self._has_candidate_above(self._weights.bar):
                break
        return self._fetch_deciding_details()

    def _has_candidate_above(self, min_confidence: float) -> bool:
        return any(rated.confidence >= min_confidence for rated in self._rank_hits())

    def _rank_hits(self) -> list[MovieCandidate]:
        return score.rank_candidates(
            score.rate_candidate(self._clue, hit, self._movies.get(hit.id), self._weights)
            for hit in self._hits.values()
        )

    def _fetch_details(self, hit: MovieSummary) -> None:
        """Fetch the details of a search result.

        A movie that was removed from TMDb since the search is dropped.
        """
        try:
            self._movies[hit.id] = self._tmdb.get_movie(hit.id)
        except NoSuchMovie:
            del self._hits[hit.id]

    def _build_result(self, status: MatchStatus) -> MovieSearchResult:
        if status is MatchStatus.REVIEW:
            for rated in self._rank_hits()[:DETAILED_CANDIDATES]:
                if rated.hit.id not in self._movies:
                    self._fetch_details(rated.hit)
            status = self._fetch_deciding_details()
        ranked = self._rank_hits()
        similar = [rated for rated in ranked if rated.confidence >= self._weights.shown]
        listed = tuple(similar[:_MAX_CANDIDATES] or ranked[:DETAILED_CANDIDATES])
        return MovieSearchResult(
            status, listed, self._movies[listed[0].hit.id] if status is MatchStatus.AUTO else None
        )


class SearchStep(msgspec.Struct, frozen=True):
    """One search for a movie at TMDb by text and year.

    If `is_first_release` is True, the year is that of the first release in any country.
    """

    text: str
    year: int = 0
    is_first_release: bool = True


def list_exact_searches(clues: MovieClues) -> Iterator[SearchStep]:
    """Yield the searches for a movie's name as written."""
    readings = [title[:_MAX_QUERY_LENGTH].strip() for title in clues.titles if title.strip()][
        :_MAX_READINGS
    ]
    for text in dict.fromkeys(readings):
        if year := year_outside_title(text, clues.year):
            yield SearchStep(text, year)
        yield SearchStep(text)
    for text in readings[:1] if clues.year else ():
        yield SearchStep(text, clues.year, is_first_release=False)
        yield from (SearchStep(text, clues.year + off) for off in (-1, 1))


def list_relaxed_searches(clues: MovieClues) -> Iterator[SearchStep]:
    """Yield the searches for changed forms of a movie's name.

    They find a movie whose title is written differently.
    """
    if not clues.titles:
        return
    text = clues.titles[0][:_MAX_QUERY_LENGTH]
    for variant in dict.fromkeys(
        (_PART_PATTERN.sub("", text), _swap_ampersand(text), _SUBTITLE_PATTERN.sub("", text))
    ):
        if variant and variant != text:
            yield SearchStep(variant, clues.year)
    yield from (SearchStep(half, clues.year) for half in _split_in_halves(text.split()))


def _swap_ampersand(text: str) -> str:
    return text.replace("&", "and") if "&" in text else re.sub(r"\band\b", "&", text)


def _split_in_halves(words: list[str]) -> list[str]:
    """Split the words of a name into two parts of about equal length."""
    cuts = [[" ".join(words[:place]), " ".join(words[place:])] for place in range(1, len(words))]
    return min(cuts, key=lambda cut: abs(len(cut[0]) - len(cut[1])), default=[])
