"""Signal handling: the first Ctrl-C, SIGTERM or SIGHUP ends a batch after the running items.

The second stops it immediately: inline work is interrupted, workers are killed, and their items are
released.
"""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class BrokenOff(BaseException):
    """Raised in inline work by a signal handler; not an Exception, so no worker catches it."""


class StopNow(BrokenOff):
    """The second signal was received."""


class TooLong(BrokenOff):
    """The task exceeded its timeout."""


class Stop:
    """Handles the stop signals within a `with` block, then restores the previous handlers."""

    def __init__(self) -> None:
        self.asked = False
        self.at_once = False
        self.breakable = False  # whether running work may be interrupted at any line
        self._before: dict[signal.Signals, Any] = {}

    def break_off(self, why: BrokenOff) -> None:
        """Raise an exception in the running work, once; do nothing between two tasks."""
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
            if (
                signal.getsignal(number) is not signal.SIG_IGN
            ):  # nohup, and background jobs of a script
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
