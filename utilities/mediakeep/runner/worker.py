"""The child side of a worker process: receive tasks, run them, and send the results.

worker sends     ready | progress, done, of, service | waiting, seconds | extend, seconds |
                 done, result | broken, error
worker receives  a task, or None to exit
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any

from mediakeep.errors import MediakeepError
from mediakeep.outcome import Opening
from mediakeep.runner import attempt
from mediakeep.runner.attempt import Result, Task
from mediakeep.runner.stop import SIGNALS

_NEWS = 0.25  # seconds between two progress messages


def spawned(worker_factory: Opening, pipe: Connection) -> None:
    """Run the worker in a new interpreter."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    serve(worker_factory, pipe, lambda: connection.wait([parent.sentinel]))


def forked(worker_factory: Opening, pipe: Connection, not_its: Sequence[Connection]) -> None:
    """Run the worker in a fork of the parent, and close the pipes of other workers.

    If they stayed open here, those workers would not detect the death of the parent.
    """
    for other in not_its:
        other.close()
    serve(worker_factory, pipe, lambda: _wait_for_hangup(pipe))


def _wait_for_hangup(pipe: Connection) -> None:
    """Wait until the other end is closed, ignoring data to be read."""
    poll = select.poll()
    poll.register(pipe, 0)  # a hang-up is always reported
    poll.poll()


def serve(worker_factory: Opening, pipe: Connection, orphaned: Callable[[], object]) -> None:
    """Run one task after another until there are none, or the parent is gone."""
    _leave_the_terminal()
    os.set_inheritable(pipe.fileno(), False)  # else its child processes would keep it open
    threading.Thread(target=_die_when, args=(orphaned,), daemon=True).start()
    voice = Voice(pipe)
    try:
        with attempt.opened(worker_factory) as worker:
            voice.say("ready")
            while (task := voice.listen()) is not None:
                voice.answer(task, attempt.run(worker, task, Reporter(voice)))
    except MediakeepError as error:
        voice.say("broken", error)


def _leave_the_terminal() -> None:
    """Ignore stop signals, which the parent handles, and start a process group to be killed."""
    for number in SIGNALS:  # handled, because child processes would inherit SIG_IGN
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.setsid()


def _die_when(orphaned: Callable[[], object]) -> None:
    """Kill this worker and its child processes when `orphaned` returns."""
    orphaned()
    os.killpg(0, signal.SIGKILL)


class Voice:
    """The worker's end of the pipe; also used by threads of the worker to report progress."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def say(self, *message: Any) -> None:
        """Send a message, unless the parent is gone."""
        with self._lock, contextlib.suppress(OSError):
            self._pipe.send(message)

    def listen(self) -> Task | None:
        """Wait for the next task; return None to exit."""
        try:
            return self._pipe.recv()  # type: ignore[no-any-return]
        except (EOFError, OSError):
            return None

    def answer(self, task: Task, result: Result) -> None:
        """Send a result, or the error if it cannot be pickled."""
        try:
            self.say("done", result)
        except Exception as error:  # noqa: BLE001 - pickle may raise any exception
            self.say("done", attempt.failure(task, error))


class Reporter:
    """Sends the progress of a task to the parent; drops frequent updates, but not waits."""

    def __init__(self, voice: Voice) -> None:
        self._voice, self._last = voice, 0.0
        self._reached = 0, 0

    def __call__(self, done: int, of: int, /) -> None:
        """Report progress."""
        self._reached = done, of
        if time.monotonic() - self._last >= _NEWS:
            self._last = time.monotonic()
            self._voice.say("progress", done, of, "")

    def waiting(self, seconds: float, service: str = "", /) -> None:
        """Extend the deadline by a wait for a service, and report that."""
        self._voice.say("waiting", seconds)
        if attempt.is_told(seconds):
            self._voice.say("progress", *self._reached, service)

    def extend(self, seconds: float, /) -> None:
        """Move the deadline by positive or negative seconds."""
        self._voice.say("extend", seconds)
