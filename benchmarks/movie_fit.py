"""Weights of movies fitted on one half: each in its turn made larger and smaller, while that helps.

What is fitted has to be right with a lower bar as well, as the bar would else come to lie right
above the first movie that is answered wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from benchmarks import movie_answers, table
from benchmarks.movie_names import Case
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.movies import model
from mediakeep.movies.identify.weights import WEIGHTS, MovieMatchWeights
from mediakeep_simulator.server import SimulatorServer

_STEPS = (1.5, 1.15)  # of the rounds: by so much a weight is multiplied, or divided
_WRONG = 10.0  # against one that is missed
_ROOM = 0.98  # times the bar
_LEAST = 1.5  # what a change must bring: less may be chance
_FIXED = frozenset({"years", "whole", "bar"})


def run(cases: Sequence[Case], server: SimulatorServer, folder: Path) -> MovieMatchWeights:
    """Fit the weights from those in use, and print what they become."""
    local = movie_answers.read(cases)
    with movie_answers.open_context(folder, server) as context:
        best, rows = _fitted(local, server, context)
    table.show("Weights fitted", ("changed", "to", "loss"), rows)
    return best


def _fitted(
    local: Sequence[tuple[Case, model.LocalMovie]], server: SimulatorServer, context: TmdbContext
) -> tuple[MovieMatchWeights, list[list[str]]]:
    def loss(weights: MovieMatchWeights) -> float:
        lower = structs.replace(weights, bar=weights.bar * _ROOM)
        scores = [
            movie_answers.score(
                movie_answers.answer_all(local, server, movie_answers.weighed(context, one))
            )
            for one in (weights, lower)
        ]
        missed = scores[0].known - scores[0].right
        return missed + _WRONG * sum(score.wrong for score in scores)

    best, least = WEIGHTS, loss(WEIGHTS)
    rows = [["in use", "", f"{least:.1f}"]]
    for step in _STEPS:
        for name in [name for name in structs.asdict(WEIGHTS) if name not in _FIXED]:
            for factor in (step, 1 / step):
                value = float(f"{getattr(best, name) * factor:.3g}")
                tried = structs.replace(best, **{name: value})
                if (now := loss(tried)) < least - _LEAST:
                    best, least = tried, now
                    rows.append([name, f"{value:g}", f"{now:.1f}"])
                    break
    return best, rows
