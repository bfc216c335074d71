"""One worker process: how it is started, spoken to and ended, and what it does.

worker says  ready | progress, done, of | done, result | broken, error
it is told   a task, or None to go home
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from typing import Any

from mediakeep.errors import MediakeepError
from mediakeep.outcome import Opening
from mediakeep.runner import attempt
from mediakeep.runner.attempt import Result, Task
from mediakeep.runner.stop import SIGNALS

_spawn = multiprocessing.get_context("spawn")
_NEWS = 0.25  # seconds between two notes of progress from a worker
_LEAVE = 5.0  # seconds that a process may take to go


class Hand:
    """A worker process as its parent sees it."""

    def __init__(self, opening: Opening) -> None:
        self.pipe, theirs = _spawn.Pipe()
        self.process: SpawnProcess = _spawn.Process(
            target=serve, args=(opening, theirs), daemon=False
        )
        with _undisturbed():
            self.process.start()
        theirs.close()
        self.ready = False
        self.task: Task | None = None
        self.deadline = float("inf")
        self.alone_for = ""  # the item that this process was started for, if for one alone
        self._data = b""  # the task, until it is sent

    def give(self, task: Task, data: bytes, timeout: float) -> None:
        """Hand over a pickled task, at once or as soon as the worker is ready."""
        self.task, self._data = task, data
        self.alone_for = task.key if task.alone else ""
        self._start_clock(timeout)
        if self.ready:
            self._send()

    def begin(self, timeout: float) -> None:
        """Start on the task, now that the worker is ready: never before, or a send might hang."""
        self.ready = True
        self._start_clock(timeout)
        self._send()

    def _start_clock(self, timeout: float) -> None:
        self.deadline = time.monotonic() + timeout if timeout else float("inf")

    def _send(self) -> None:
        with contextlib.suppress(OSError):  # dead already: the next wait finds out
            self.pipe.send_bytes(self._data)
        self._data = b""

    def hear(self) -> tuple[list[Any], bool]:
        """Return what the worker said, and whether it can say any more.

        Its life is looked at too, as a process that it left behind may hold its end of the pipe.
        """
        alive, said = self.process.is_alive(), []
        try:
            while self.pipe.poll():
                said.append(self.pipe.recv())
        except (EOFError, OSError):
            alive = False
        except Exception as error:  # noqa: BLE001 - what it said cannot be understood here
            assert self.task is not None
            said.append(("done", attempt.failure(self.task, error)))
        return said, alive

    def dismiss(self) -> None:
        """Tell the worker to go home."""
        with contextlib.suppress(OSError):
            self.pipe.send(None)

    def wait_for_end(self, seconds: float = _LEAVE) -> str:
        """Wait for the process to go, and say how it went."""
        self.process.join(seconds)
        code = self.process.exitcode
        if code is None:
            return "it no longer answers"
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"exit code {code}"

    def kill(self) -> None:
        """End the worker and all that it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.kill()
        self.process.join(_LEAVE)  # longer only where the system itself hangs, on a dead share
        self.pipe.close()
        if self.process.exitcode is not None:
            self.process.close()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold signals back while a worker starts: it would die of them before it can ignore them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(opening: Opening, pipe: Any) -> None:
    """Be a worker: do one task after another until there is none, or the parent is gone."""
    _leave_the_terminal()
    os.set_inheritable(pipe.fileno(), False)  # or what it starts would hold it open
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()
    voice = Voice(pipe)
    try:
        with attempt.opened(opening) as worker:
            voice.say("ready")
            while (task := voice.listen()) is not None:
                voice.answer(task, attempt.run(worker, task, voice.reporter()))
    except MediakeepError as error:
        voice.say("broken", error)


def _leave_the_terminal() -> None:
    """Leave all stopping to the parent, and lead a group that can be killed as a whole."""
    for number in SIGNALS:  # handled rather than ignored, which programs would inherit
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.setsid()


def _die_with(sentinel: int) -> None:
    """End this worker, and what it started, the moment that its parent is gone."""
    connection.wait([sentinel])
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

    def reporter(self) -> Callable[[int, int], None]:
        """Return what a task reports its progress with; more often than needed is dropped."""
        last = 0.0

        def progress(done: int, of: int) -> None:
            nonlocal last
            if time.monotonic() - last >= _NEWS:
                last = time.monotonic()
                self.say("progress", done, of)

        return progress
