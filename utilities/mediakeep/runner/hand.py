"""One worker process: how it is started, spoken to and ended.

It is spawned: an interpreter of its own, which takes a fifth of a second. Or it is forked, at once,
but then it holds whatever this process has open: so only as long as that is nothing yet.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from mediakeep.outcome import Opening
from mediakeep.runner import attempt, worker
from mediakeep.runner.attempt import Task
from mediakeep.runner.stop import SIGNALS

_spawn = multiprocessing.get_context("spawn")
_fork = multiprocessing.get_context("fork")
_LEAVE = 5.0  # seconds that a process may take to go


class Hand:
    """A worker process as its parent sees it."""

    def __init__(self, process: BaseProcess, ours: Connection, theirs: Connection) -> None:
        self.process, self.pipe = process, ours
        with _undisturbed():
            process.start()
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

    def allow(self, seconds: float) -> None:
        """Give the task so much longer: it waits for a service."""
        self.deadline += attempt.span(seconds)

    def extend(self, seconds: float) -> None:
        """Move the deadline on, or back by what is left of a wait for an answer."""
        self.deadline += seconds

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

    def dismiss(self) -> bool:
        """Tell the worker to go home; False where it is not ready to be told anything."""
        with contextlib.suppress(OSError):
            if self.ready or self.pipe.poll():
                self.pipe.send(None)
                return True
        return False

    def wait_for_end(self, seconds: float) -> str:
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


def spawned(opening: Opening) -> Hand:
    """Start a worker that inherits nothing of this process."""
    resource_tracker.ensure_running()  # started with the first worker it would unblock Ctrl-C
    ours, theirs = _spawn.Pipe()
    return Hand(_spawn.Process(target=worker.spawned, args=(opening, theirs)), ours, theirs)


def forked(opening: Opening, earlier: Sequence[Hand]) -> Hand:
    """Start a worker as a copy of this process; `earlier` are those that were started so before.

    Their pipes are open in it as well, and it closes them: each worker knows by the end of its
    pipe that this process is gone.
    """
    ours, theirs = _fork.Pipe()
    not_its = [ours, *(hand.pipe for hand in earlier)]
    return Hand(_fork.Process(target=worker.forked, args=(opening, theirs, not_its)), ours, theirs)


def end(hands: Sequence[Hand]) -> None:
    """Let workers close what they have opened, and go; one that is still starting goes at once."""
    asked = [hand for hand in hands if hand.dismiss()]
    latest = time.monotonic() + _LEAVE
    for hand in asked:
        hand.wait_for_end(max(0.0, latest - time.monotonic()))
    for hand in hands:
        hand.kill()


def can_fork() -> bool:
    """Tell whether this process can be copied: a lock that a thread holds would stay held.

    Not on macOS, whose own libraries start threads.
    """
    return sys.platform == "linux" and threading.active_count() == 1


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold signals back while a worker starts: it would die of them before it can ignore them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
