"""The child side of a worker process: receive tasks, run them, and send the results.

Messages that the worker sends: ready; progress with done, of, service; waiting with seconds; extend
with seconds; usage of the task; done with the result; broken with the error. It receives tasks,
STOP to end the current task where it may stop, and None to exit.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import select
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any

from mediakeep.errors import MediakeepError
from mediakeep.outcome import Stopping, WorkerFactory
from mediakeep.runner import memory_limit, tasks
from mediakeep.runner.signals import SIGNALS
from mediakeep.runner.tasks import Task, TaskResult

STOP = "stop"
_PROGRESS_INTERVAL = 0.25  # seconds between two progress messages


def main_spawned(worker_factory: WorkerFactory, pipe: Connection, memory: int) -> None:
    """Run the worker in a worker process that is a new interpreter.

    `memory` is the limit of its data in bytes, 0 for none.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    main_loop(worker_factory, pipe, lambda: connection.wait([parent.sentinel]), memory)


def main_forked(
    worker_factory: WorkerFactory, pipe: Connection, other_pipes: Sequence[Connection], memory: int
) -> None:
    """Run the worker in a worker process that is a fork of its parent.

    `memory` is the limit of its data in bytes, 0 for none. It first closes the pipes of other
    workers. If they stayed open here, those workers would not detect the death of the parent.
    """
    for other in other_pipes:
        other.close()
    main_loop(worker_factory, pipe, lambda: _wait_for_hangup(pipe), memory)


def _wait_for_hangup(pipe: Connection) -> None:
    """Wait until the other end of a pipe is closed, ignoring data to be read."""
    poll = select.poll()
    poll.register(pipe, 0)  # a hang-up is always reported
    poll.poll()


def main_loop(
    worker_factory: WorkerFactory,
    pipe: Connection,
    wait_until_orphaned: Callable[[], object],
    memory: int,
) -> None:
    """Receive and run tasks until the parent sends None, or is gone.

    `wait_until_orphaned` is a function that returns when the parent is gone. The memory limit is
    set after the thread has started: CPython waits forever for a thread that lacks memory to start.
    """
    _detach_from_terminal()
    os.set_inheritable(pipe.fileno(), False)  # else its child processes would keep it open
    threading.Thread(target=_exit_when_orphaned, args=(wait_until_orphaned,), daemon=True).start()
    channel = WorkerChannel(pipe)
    try:
        if memory:
            memory_limit.limit_memory(memory)
        with tasks.open_worker(worker_factory) as worker:
            channel.send("ready")
            while (task := channel.receive()) is not None:
                progress = PipeProgress(channel)
                result, usage = tasks.run_measured_task(worker, task, progress)
                if usage:
                    channel.send("usage", usage)
                channel.send_result(task, result)
    except MediakeepError as error:
        channel.send("broken", error)


def _detach_from_terminal() -> None:
    """Ignore stop signals, and start a process group of its own, which the parent can kill.

    The parent handles the stop signals.
    """
    for number in SIGNALS:  # handled, because child processes would inherit SIG_IGN
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.setsid()


def _exit_when_orphaned(wait_until_orphaned: Callable[[], object]) -> None:
    """Wait until the parent is gone, then kill this worker process and its child processes."""
    wait_until_orphaned()
    os.killpg(0, signal.SIGKILL)


class WorkerChannel:
    """The worker's end of the pipe to its parent; threads may share it."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._receive_lock = threading.Lock()
        self._stop_requested = False
        self._received: deque[Task | None] = deque()  # read while looking for a stop request

    def send(self, *message: Any) -> None:
        """Send a message to the parent, unless the parent is gone."""
        with self._lock, contextlib.suppress(OSError):
            self._pipe.send(message)

    def receive(self) -> Task | None:
        """Wait for the next task from the parent; return None if the worker has to exit."""
        while not self._received:
            self._receive_message()
        return self._received.popleft()

    def is_stop_requested(self) -> bool:
        """Return whether the parent has requested a stop."""
        with self._receive_lock, contextlib.suppress(OSError):
            while self._pipe.poll():
                self._receive_message()
                if self._received and self._received[-1] is None:  # to exit, or the parent is gone
                    break
        return self._stop_requested

    def _receive_message(self) -> None:
        try:
            message = self._pipe.recv()
        except (EOFError, OSError):
            message = None
        if message == STOP:
            self._stop_requested = True
        else:
            self._received.append(message)

    def send_result(self, task: Task, result: TaskResult) -> None:
        """Send the result of a task to the parent, or an error if it cannot be pickled."""
        try:
            self.send("done", result)
        except Exception as error:  # noqa: BLE001 - pickle may raise any exception
            self.send("done", tasks.build_failure(task, error))


class PipeProgress:
    """Sends the progress of a task to the parent process.

    Frequent updates are dropped, but not waits for a service.
    """

    def __init__(self, channel: WorkerChannel) -> None:
        self._channel, self._last = channel, 0.0
        self._reached = 0, 0

    def __call__(self, done: int, of: int, /, *, may_stop: bool = False) -> None:
        """Report that `done` of `of` steps are finished.

        With `may_stop`, raise Stopping if the parent requested a stop.
        """
        self._reached = done, of
        if time.monotonic() - self._last >= _PROGRESS_INTERVAL:
            self._last = time.monotonic()
            self._channel.send("progress", done, of, "")
        if may_stop and self._channel.is_stop_requested():
            raise Stopping

    def on_wait(self, seconds: float, service: str = "", /) -> None:
        """Report a wait for a web service, which extends the deadline of the task by `seconds`."""
        self._channel.send("waiting", seconds)
        if tasks.is_reportable_wait(seconds):
            self._channel.send("progress", *self._reached, service)

    def extend_deadline(self, seconds: float, /) -> None:
        """Extend the deadline of the task by `seconds`; a negative number shortens it."""
        self._channel.send("extend", seconds)
