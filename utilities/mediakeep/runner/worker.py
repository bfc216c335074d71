"""A worker process from the inside: it does one task after another until it is sent home.

worker says  ready | progress, done, of, service | waiting, seconds | extend, seconds |
             done, result | broken, error
it is told   a task, or None to go home
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

_NEWS = 0.25  # seconds between two notes of progress


def spawned(opening: Opening, pipe: Connection) -> None:
    """Serve in an interpreter of its own."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    serve(opening, pipe, lambda: connection.wait([parent.sentinel]))


def forked(opening: Opening, pipe: Connection, not_its: Sequence[Connection]) -> None:
    """Serve in a copy of the parent, without the pipes that are not its own.

    Left open here, they would seem to have a parent still when that is gone.
    """
    for other in not_its:
        other.close()
    serve(opening, pipe, lambda: _wait_for_hangup(pipe))


def _wait_for_hangup(pipe: Connection) -> None:
    """Wait until the other end is closed, whatever there is to be read."""
    ends = select.poll()
    ends.register(pipe, 0)  # of a hang-up it tells in any case
    ends.poll()


def serve(opening: Opening, pipe: Connection, orphaned: Callable[[], object]) -> None:
    """Be a worker: do one task after another until there is none, or the parent is gone."""
    _leave_the_terminal()
    os.set_inheritable(pipe.fileno(), False)  # or what it starts would hold it open
    threading.Thread(target=_die_when, args=(orphaned,), daemon=True).start()
    voice = Voice(pipe)
    try:
        with attempt.opened(opening) as worker:
            voice.say("ready")
            while (task := voice.listen()) is not None:
                voice.answer(task, attempt.run(worker, task, Reporter(voice)))
    except MediakeepError as error:
        voice.say("broken", error)


def _leave_the_terminal() -> None:
    """Leave all stopping to the parent, and lead a group that can be killed as a whole."""
    for number in SIGNALS:  # handled rather than ignored, which programs would inherit
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.setsid()


def _die_when(orphaned: Callable[[], object]) -> None:
    """End this worker, and what it started, the moment that its parent is gone."""
    orphaned()
    os.killpg(0, signal.SIGKILL)


class Voice:
    """A worker's end of the pipe; threads of the worker may report progress too."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def say(self, *message: Any) -> None:
        """Send a message; a parent that is gone needs none."""
        with self._lock, contextlib.suppress(OSError):
            self._pipe.send(message)

    def listen(self) -> Task | None:
        """Wait for the next task."""
        try:
            return self._pipe.recv()  # type: ignore[no-any-return]
        except (EOFError, OSError):
            return None

    def answer(self, task: Task, result: Result) -> None:
        """Send a result, or why it cannot be sent."""
        try:
            self.say("done", result)
        except Exception as error:  # noqa: BLE001 - pickle raises whatever it likes
            self.say("done", attempt.failure(task, error))


class Reporter:
    """What a task reports its progress with; more often than needed is dropped, but for waits."""

    def __init__(self, voice: Voice) -> None:
        self._voice, self._last = voice, 0.0
        self._reached = 0, 0

    def __call__(self, done: int, of: int, /) -> None:
        """Pass it on."""
        self._reached = done, of
        if time.monotonic() - self._last >= _NEWS:
            self._last = time.monotonic()
            self._voice.say("progress", done, of, "")

    def waiting(self, seconds: float, service: str = "", /) -> None:
        """Ask for so much more time, and tell what for."""
        self._voice.say("waiting", seconds)
        if attempt.is_told(seconds):
            self._voice.say("progress", *self._reached, service)

    def extend(self, seconds: float, /) -> None:
        """Ask for so much more time, or give it back."""
        self._voice.say("extend", seconds)
