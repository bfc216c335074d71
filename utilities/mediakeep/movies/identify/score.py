"""Rate the candidates for a movie, without any requests.

The confidence starts at 1, and each contradiction is deducted. It depends on what is known of a
candidate: search results have titles and a date, details have all titles and the runtime.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.lookups.tmdb.model import Movie, MovieSummary
from mediakeep.movies.identify import penalties
from mediakeep.movies.identify.clues import MovieClues
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.identify.weights import WEIGHTS, MovieMatchWeights

_ROUNDING_ERROR = 1e-6  # tolerance for figures rounded to three decimals


def rate_candidate(
    clues: MovieClues,
    summary: MovieSummary,
    movie: Movie | None = None,
    weights: MovieMatchWeights = WEIGHTS,
) -> MovieCandidate:
    """Return a candidate for a movie with its confidence from 0 to 1.

    Without the candidate's details, the runtime is not compared.
    """
    nearest, against = penalties.compute_name_penalties(clues, summary, movie, weights)
    if movie or not clues.minutes:
        against["runtime"] = penalties.compute_runtime_penalty(clues, movie, weights)
    if clues.episode:
        against["episode"] = weights.episode
    against = {name: round(value, 3) for name, value in against.items() if value}
    return MovieCandidate(
        hit=summary,
        confidence=round(max(0.0, 1.0 - sum(against.values())), 3),
        director=", ".join(movie.directors[:2]) if movie else "",
        runtime=movie.runtime if movie else 0,
        title=nearest,
        against=against,
    )


def rank_candidates(candidates: Iterable[MovieCandidate]) -> list[MovieCandidate]:
    """Sort candidates by confidence, best first.

    Equal ones are sorted by popularity, which has no other effect.
    """
    return sorted(
        candidates, key=lambda rated: (-rated.confidence, -rated.hit.popularity, rated.hit.id)
    )


def decide_status(
    best_first: Sequence[MovieCandidate], weights: MovieMatchWeights = WEIGHTS
) -> MatchStatus:
    """Return the match status for sorted candidates, which says if the first is accepted."""
    if not best_first or best_first[0].confidence < weights.shown:
        return MatchStatus.UNMATCHED
    if best_first[0].confidence < weights.bar or find_close_candidates(best_first, weights):
        return MatchStatus.REVIEW
    return MatchStatus.AUTO


def find_close_candidates(
    best_first: Sequence[MovieCandidate], weights: MovieMatchWeights = WEIGHTS
) -> list[MovieCandidate]:
    """Return the candidates whose confidence is too close to that of the first one."""
    min_confidence = best_first[0].confidence - weights.margin if best_first else 1.0
    return [
        other for other in best_first[1:] if other.confidence > min_confidence + _ROUNDING_ERROR
    ]
