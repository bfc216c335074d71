"""Weights fitted on one half: each in its turn made larger and smaller, while that helps.

What is fitted has to be right with a higher bar as well: else the bar would come to lie right below
the first album that is answered wrongly, which in another library is a little nearer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context

from msgspec import structs

from benchmarks import matching_ours, matching_score, script_runs, table
from benchmarks.matching_albums import Library
from benchmarks.matching_answers import Answer, Score
from benchmarks.matching_ours import Call
from mediakeep.music.matching.weights import WEIGHTS, MatchingWeights

_STEPS = (1.5, 1.15)  # of the rounds: by so much a weight is multiplied, or divided
_WRONG, _ABSENT, _EDITION = 50.0, 200.0, 8.0  # against one that is missed: a wrong answer
_ROOM = 1.15  # the higher bar
# The albums have no identifiers of editions that no catalogue lists, which these guard against.
_LEFT = frozenset({"barcode", "disc_id", "catalogue", "doubt"})
_LEAST = 0.5  # what a change must bring: the figures of one album more may be chance

_PARTS = range(script_runs.WORKERS)
_KEPT: list[Call] = []  # of each process its own


def run(library: Library, calls: Sequence[Call]) -> MatchingWeights:
    """Fit all weights, from those in use, and print them; always the same for the same albums."""
    keys = [(album.folder, album.album.place) for album in library.albums]
    with ExitStack() as stack:
        pools = [
            stack.enter_context(_pool(calls[worker :: script_runs.WORKERS])) for worker in _PARTS
        ]

        def told(weights: MatchingWeights) -> Score:
            parts = [pool.submit(_answered, weights) for pool in pools]
            answers = {key: answer for part in parts for key, answer in part.result().items()}
            return matching_score.score_family(
                library, [answers.get(key, Answer()) for key in keys]
            )

        def loss(weights: MatchingWeights) -> float:
            higher = structs.replace(weights, bar=weights.bar * _ROOM)
            score = told(weights)
            return _missed(score) + _mistaken(score) + _mistaken(told(higher))

        best, rows = _fitted(loss)
    table.show(f"Weights fitted on the {library.half} half", ("changed", "to", "loss"), rows)
    _show(best)
    return best


def _fitted(loss: Callable[[MatchingWeights], float]) -> tuple[MatchingWeights, list[list[str]]]:
    best, least = WEIGHTS, loss(WEIGHTS)
    rows = [["in use", "", f"{least:.1f}"]]
    for step in _STEPS:
        for name in [name for name in structs.asdict(WEIGHTS) if name not in _LEFT]:
            for tried in _steps(best, name, step):
                if (now := loss(tried)) < least - _LEAST:
                    best, least = tried, now
                    rows.append([name, f"{getattr(best, name):g}", f"{now:.1f}"])
                    break
    return best, rows


def _pool(calls: Sequence[Call]) -> ProcessPoolExecutor:
    """Start a process that keeps its part of the artists, and receives weights only."""
    return ProcessPoolExecutor(1, get_context("spawn"), _keep, (calls,))


def _keep(calls: Sequence[Call]) -> None:
    _KEPT.extend(calls)


def _answered(weights: MatchingWeights) -> dict[tuple[str, str], Answer]:
    matches = matching_ours.match_all(_KEPT, weights)
    return {key: matching_ours.answer(match) for key, match in matches.items()}


def _steps(weights: MatchingWeights, name: str, step: float) -> Iterator[MatchingWeights]:
    value = getattr(weights, name)
    for other in (value * step, value / step):
        yield structs.replace(weights, **{name: float(f"{other:.3g}")})


def _mistaken(score: Score) -> float:
    """Weigh wrong answers, each as heavily as many that are missed; most of all an absent album."""
    wrong = score.groups.wrong - score.absent
    return _ABSENT * score.absent + _WRONG * wrong + _EDITION * score.editions.wrong


def _missed(score: Score) -> float:
    """Count what is not answered, though it could be."""
    missed = score.groups.wanted - score.groups.right
    separate = score.recalled.wanted - score.recalled.right
    ties = score.ties.wanted + score.ties.given - 2 * score.ties.right
    return 2 * missed + separate + ties


def _show(weights: MatchingWeights) -> None:
    rows = [
        [name, f"{getattr(WEIGHTS, name):g}", f"{value:g}"]
        for name, value in structs.asdict(weights).items()
    ]
    table.show("The weights: for utilities/mediakeep/music/matching/weights.py", _HEAD, rows)


_HEAD = ("weight", "in use", "fitted")
