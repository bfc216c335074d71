"""Stopping: the first Ctrl-C, SIGTERM or closed terminal ends a batch after what is running.

The second stops at once: inline work is broken off, workers are killed, their items go back.
"""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class BrokenOff(BaseException):
    """Raised in inline work from outside; no worker can catch it by mistake."""


class StopNow(BrokenOff):
    """The second signal came."""


class TooLong(BrokenOff):
    """The time of the task is over."""


class Stop:
    """What signals have asked for; restores the handlers that it found."""

    def __init__(self) -> None:
        self.asked = False
        self.at_once = False
        self.breakable = False  # whether the work that runs now may be broken off anywhere
        self._before: dict[signal.Signals, Any] = {}

    def break_off(self, why: BrokenOff) -> None:
        """Raise in the running work, once; between two tasks nothing is broken off."""
        if self.breakable:
            self.breakable = False
            raise why

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if not self.asked:
            self.asked = True
            return
        self.at_once = True
        self.break_off(StopNow())

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, and jobs of a script
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
