"""Rounds: each case runs once in every round, so that all of them meet the same noise."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Durations = list[float]  # seconds
Case = Callable[[], Mapping[str, Durations]]  # what one turn of it took, by name
Times = dict[str, list[Durations]]  # by name, then by round


def run(cases: Iterable[Case], count: int, *, warm: bool = True) -> Times:
    """Run all cases `count` times, every other round backwards; a first round may only warm up."""
    cases, times = list(cases), Times()
    for number in range(-1 if warm else 0, count):
        for case in cases[:: 1 if number % 2 else -1]:
            for name, durations in case().items():
                if number >= 0:
                    times.setdefault(name, []).append(durations)
    return times


def each(function: Callable[..., Any], arguments: Iterable[Any]) -> Durations:
    """Call a function with each argument; return what each call took."""
    durations = []
    for argument in arguments:
        started = time.perf_counter()
        function(argument)
        durations.append(time.perf_counter() - started)
    return durations


def once(function: Callable[[], Any]) -> Durations:
    """Call a function once; return what it took."""
    return each(lambda _: function(), [None])


def typical(series: Sequence[Durations]) -> list[float]:
    """Return each round's median: a single outlier does not show in it."""
    return [statistics.median(durations) for durations in series]


def whole(series: Sequence[Durations]) -> list[float]:
    """Return each round's mean: everything is in it."""
    return [statistics.fmean(durations) for durations in series]


def ratio(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Divide round by round."""
    return [a / b for a, b in zip(over, under, strict=True)]
