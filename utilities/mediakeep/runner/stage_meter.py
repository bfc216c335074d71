"""Measure the pace of a running stage, and estimate the time left."""

from __future__ import annotations

import time

from mediakeep.queue.sessions import StageProgress


class StageMeter:
    """Measures one run of a stage, from its start in this batch."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self._started = time.monotonic()
        # Where this run began: parts that an earlier run finished say nothing about its pace.
        self._base: tuple[int, int] | None = None

    @property
    def seconds(self) -> float:
        """The seconds since the start of the stage."""
        return time.monotonic() - self._started

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
