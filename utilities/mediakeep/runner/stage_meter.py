"""Measure a running stage: its pace, the time left, its CPU time and its peak memory."""

from __future__ import annotations

import time

from msgspec import structs

from mediakeep.outcome import Outcome
from mediakeep.queue.sessions import StageProgress
from mediakeep.runner.task_usage import TaskUsage


class StageMeter:
    """Measures one run of a stage, from its start in this batch."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self._started = time.monotonic()
        # Where this run began: parts that an earlier run finished say nothing about its pace.
        self._base: tuple[int, int] | None = None
        self._usage: TaskUsage | None = None

    @property
    def seconds(self) -> float:
        """The seconds since the start of the stage."""
        return time.monotonic() - self._started

    def add_usage(self, usage: TaskUsage) -> None:
        """Add what a task of the stage used: the stage itself, or one of its parts."""
        self._usage = self._usage.add(usage) if self._usage else usage

    def add_facts(self, outcome: Outcome) -> Outcome:
        """Return the outcome of the stage with what its tasks used, for the history."""
        if self._usage is None:
            return outcome
        cpu_seconds = round(self._usage.cpu_seconds, 3)
        used = {"cpu_seconds": cpu_seconds, "peak_memory": self._usage.peak_memory}
        return structs.replace(outcome, facts={**outcome.facts, **used})

    def set_base(self, done: int, of: int) -> None:
        """Set the progress with which this run begins."""
        self._base = done, of

    def measure(self, done: int, of: int, parts: tuple[int, int] | None = None) -> StageProgress:
        """Return the state of the stage when `done` of `of` steps are finished."""
        if self._base is None or self._base[1] != of:
            # The number of steps has changed: the share that was done before stays done.
            before, steps = self._base or (0, 0)
            self._base = (round(before * of / steps) if steps else 0), of
        gained, seconds = done - self._base[0], self.seconds
        rate = gained / seconds if gained > 0 and seconds > 0 else 0.0
        left = (of - done) / rate if rate else None
        return StageProgress(
            stage=self.stage, done=done, of=of, parts=parts, rate=rate, seconds_left=left
        )
