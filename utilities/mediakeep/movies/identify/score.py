"""How sure it is that a movie is the one that is meant: decided by what is known, and pure.

Of a confidence of 1 everything is taken off that speaks against it. What a movie is known by
decides as well: a search tells titles and a date, details tell all titles and the running time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mediakeep.lookups.tmdb.films import Hit, Movie
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.identify import costs
from mediakeep.movies.identify.clue import Clue
from mediakeep.movies.identify.verdict import Sure
from mediakeep.movies.identify.weights import WEIGHTS, Weights

_HAIR = 1e-6  # what figures of three places are off by


def candidate(
    clue: Clue, hit: Hit, movie: Movie | None = None, weights: Weights = WEIGHTS
) -> Candidate:
    """Weigh a movie; without its details a running time that may still tell takes nothing off."""
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
    """Sort candidates, the best first; among equals the better known, which decides nothing."""
    return sorted(candidates, key=lambda one: (-one.confidence, -one.hit.popularity, one.hit.id))


def verdict(best_first: Sequence[Candidate], weights: Weights = WEIGHTS) -> Sure:
    """Tell how sure it is that the first one is meant."""
    if not best_first or best_first[0].confidence < weights.shown:
        return Sure.UNMATCHED
    if best_first[0].confidence < weights.bar or rivals(best_first, weights):
        return Sure.REVIEW
    return Sure.AUTO


def rivals(best_first: Sequence[Candidate], weights: Weights = WEIGHTS) -> list[Candidate]:
    """Return those that the first one is not clearly ahead of."""
    least = best_first[0].confidence - weights.margin if best_first else 1.0
    return [one for one in best_first[1:] if one.confidence > least + _HAIR]
