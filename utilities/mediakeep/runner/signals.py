"""Signal handling: the first Ctrl-C, SIGTERM or SIGHUP ends a batch after the running items.

The second stops it immediately: inline work is interrupted, workers are killed, and their items are
released.
"""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Raised in inline work by a signal handler; not an Exception, so no worker catches it."""


class StopNow(Interrupted):
    """The second signal was received."""


class ItemTimeout(Interrupted):
    """The task exceeded its timeout."""


class StopHandler:
    """Handles the stop signals within a `with` block, then restores the previous handlers."""

    def __init__(self) -> None:
        self.requested = False
        self.immediate = False
        self.interruptible = False  # whether running work may be interrupted at any line
        self._previous_handlers: dict[signal.Signals, Any] = {}

    def interrupt(self, why: Interrupted) -> None:
        """Raise an exception in the running work, once; do nothing between two tasks."""
        if self.interruptible:
            self.interruptible = False
            raise why

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self.requested:
            self.requested = True
            return
        self.immediate = True
        self.interrupt(StopNow())

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if (
                signal.getsignal(number) is not signal.SIG_IGN
            ):  # nohup, and background jobs of a script
                self._previous_handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)
