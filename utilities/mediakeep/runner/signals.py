"""Stop signals: the first Ctrl-C, SIGTERM or SIGHUP ends a batch after the running items.

The second signal stops it immediately: work in this process is interrupted, worker processes are
killed, and their items are released.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Collection, Iterator
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Raised by a signal handler to interrupt work in this process.

    It is not an Exception, so that no worker catches it.
    """


class StopNow(Interrupted):
    """Raised at the second stop signal from the user."""


class ItemTimeout(Interrupted):
    """Raised when a task exceeds its timeout."""


@contextlib.contextmanager
def block_signals(numbers: Collection[signal.Signals] = SIGNALS) -> Iterator[None]:
    """Deliver signals only after the `with` block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class StopHandler:
    """Handles the stop signals within a `with` block, then restores the previous handlers.

    `requested` is set by the first signal, `immediate` by the second. In another thread than the
    main one, which alone receives signals, nothing is handled.
    """

    def __init__(self) -> None:
        self.requested = False
        self.immediate = False
        self.interruptible = False  # whether running work may be interrupted at any line
        self._previous_handlers: dict[signal.Signals, Any] = {}

    def interrupt(self, why: Interrupted) -> None:
        """Raise `why` in the running work, once; do nothing if no work may be interrupted now."""
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
        is_main = threading.current_thread() is threading.main_thread()
        for number in SIGNALS if is_main else ():
            # nohup, and background jobs of a script
            if signal.getsignal(number) is not signal.SIG_IGN:
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
