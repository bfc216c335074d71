"""Stop signals: the first Ctrl-C, SIGTERM or SIGHUP ends a batch after the running items.

The second signal stops it immediately: work in this process is interrupted, worker processes are
killed, and their items are released.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from collections.abc import Collection, Iterator
from types import FrameType, TracebackType
from typing import Any, Self

from mediakeep.errors import Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_REPEAT_SECONDS = 0.1


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


@contextlib.contextmanager
def finish_before_stop() -> Iterator[None]:
    """Run a `with` block to its end despite a stop signal, and raise Stopped after it."""
    with StopHandler() as stop:
        yield
    if stop.requested:
        raise Stopped


@contextlib.contextmanager
def stop_input_on_signal() -> Iterator[None]:
    """Raise Stopped at the first signal in a `with` block that waits for input.

    A batch would stop only after the answer.
    """
    is_waiting = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        if is_waiting.is_set():
            is_waiting.clear()
            raise Stopped

    with _repeat_signals(is_waiting):
        handled = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, stop) for number in handled}
        try:
            try:
                is_waiting.set()
                yield
            finally:
                is_waiting.clear()
        finally:  # also if a signal came right before `is_waiting` was cleared
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.contextmanager
def _repeat_signals(is_waiting: threading.Event) -> Iterator[None]:
    """Send a signal that arrives in a `with` block to the main thread again while `is_waiting`.

    A signal that arrives right before `input` begins to wait does not interrupt it.
    """
    main_thread = threading.get_ident()
    receiver, sender = socket.socketpair()
    sender.setblocking(False)

    def repeat() -> None:
        while numbers := receiver.recv(64):  # from the wakeup descriptor; empty at the end
            time.sleep(_REPEAT_SECONDS)
            while is_waiting.is_set() and (stopping := set(numbers) & set(SIGNALS)):
                signal.pthread_kill(main_thread, stopping.pop())
                time.sleep(_REPEAT_SECONDS)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        sender.close()
        thread.join()
        receiver.close()
