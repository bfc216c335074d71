"""Rate candidates: pure functions of what is known of them.

The confidence starts at 1, and each contradiction is deducted. It depends on what is known of a
movie: search results have titles and a date, details have all titles and the runtime.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mediakeep.lookups.tmdb.films import Hit, Movie
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.identify import costs
from mediakeep.movies.identify.clue import Clue
from mediakeep.movies.identify.verdict import Sure
from mediakeep.movies.identify.weights import WEIGHTS, Weights

_HAIR = 1e-6  # tolerance for figures rounded to three decimals


def candidate(
    clue: Clue, hit: Hit, movie: Movie | None = None, weights: Weights = WEIGHTS
) -> Candidate:
    """Rate a movie. Without its details, the runtime is not deducted."""
    nearest, against = costs.of_name(clue, hit, movie, weights)
    if movie or not clue.minutes:
        against["runtime"] = costs.of_runtime(clue, movie, weights)
    if clue.episode:
        against["episode"] = weights.episode
    against = {name: round(value, 3) for name, value in against.items() if value}
    return Candidate(
        hit=hit,
        confidence=round(max(0.0, 1.0 - sum(against.values())), 3),
        director=", ".join(movie.directors[:2]) if movie else "",
        runtime=movie.runtime if movie else 0,
        title=nearest,
        against=against,
    )


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Sort candidates, best first; equal ones by popularity, which decides nothing."""
    return sorted(
        candidates, key=lambda rated: (-rated.confidence, -rated.hit.popularity, rated.hit.id)
    )


def verdict(best_first: Sequence[Candidate], weights: Weights = WEIGHTS) -> Sure:
    """Return whether the first candidate is accepted."""
    if not best_first or best_first[0].confidence < weights.shown:
        return Sure.UNMATCHED
    if best_first[0].confidence < weights.bar or rivals(best_first, weights):
        return Sure.REVIEW
    return Sure.AUTO


def rivals(best_first: Sequence[Candidate], weights: Weights = WEIGHTS) -> list[Candidate]:
    """Return the candidates that the first one is not clearly ahead of."""
    least = best_first[0].confidence - weights.margin if best_first else 1.0
    return [other for other in best_first[1:] if other.confidence > least + _HAIR]
