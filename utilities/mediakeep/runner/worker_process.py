"""The parent side of a worker process: start it, send tasks, receive messages, end it.

A worker process is a new interpreter, which takes a fifth of a second to start, or a fork. A fork
takes a millisecond, but keeps all files open that this process has open. So processes are forked
only before the queue is opened.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from mediakeep.outcome import WorkerFactory
from mediakeep.runner import tasks, worker_main
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.signals import block_signals
from mediakeep.runner.task_clock import TaskClock
from mediakeep.runner.tasks import Task


@contextlib.contextmanager
def prestart_workers(
    import_factory: Callable[[], WorkerFactory], count: int, memory: int = 0
) -> Iterator[list[WorkerProcess]]:
    """Fork worker processes for a `with` block, if possible; yield those started, maybe fewer.

    `import_factory` imports the modules of the workers before the first fork, and returns their
    factory. `memory` is the limit of the data of each in bytes, 0 for none. After the block, those
    still running are shut down. A fork takes a millisecond, but keeps all open files of this
    process even after its death. So call this before a queue, lock or database is opened.
    """
    started: list[WorkerProcess] = []
    try:
        worker_factory = import_factory() if count else None
        if worker_factory and can_fork():
            with contextlib.suppress(OSError):  # the pool starts the missing ones
                for _ in range(count):
                    with block_signals():  # a stop in between would forget a running worker
                        started.append(fork_worker(worker_factory, started, memory))
        yield started
    finally:
        shutdown_workers([worker for worker in started if not worker.pipe.closed])


_spawn_context = multiprocessing.get_context("spawn")
_fork_context = multiprocessing.get_context("fork")
_EXIT_TIMEOUT = 10.0  # seconds for a process to exit


@contextlib.contextmanager
def _hide_main() -> Iterator[None]:
    """Let a new interpreter not run the main script again, which a user may not have guarded."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class WorkerProcess:
    """A worker process, as seen by the process that started it."""

    def __init__(self, process: BaseProcess, ours: Connection, theirs: Connection) -> None:
        self.process, self.pipe = process, ours
        with block_signals(), _hide_main():  # a stop would kill it before it ignores stops
            process.start()
        theirs.close()
        self.ready = False
        self.task: Task | None = None
        self.clock = TaskClock(ExecutionLimits())
        self.exclusive_key = (
            ""  # key of the item that this process was started for, if it runs alone
        )
        self._data = b""  # the task, until it is sent

    def assign(self, task: Task, data: bytes, clock: TaskClock) -> None:
        """Give the worker a pickled task; it is sent at once, or as soon as the worker is ready.

        `clock` has the time limits of the task, and is started.
        """
        self.task, self._data, self.clock = task, data, clock
        self.exclusive_key = task.key if task.alone else ""
        self.clock.start()
        if self.ready:
            self._send_data()

    def send_task(self) -> None:
        """Send the assigned task; call it when the worker reports that it is ready.

        An earlier send could block.
        """
        self.ready = True
        self.clock.start()
        self._send_data()

    def extend_for_wait(self, seconds: float) -> None:
        """Extend the limits of the task by a wait of `seconds` for a web service."""
        self.clock.extend(tasks.clamp_wait(seconds))

    def extend_deadline(self, seconds: float) -> None:
        """Extend the limits of the task by `seconds`; a negative number shortens them."""
        self.clock.extend(seconds)

    def _send_data(self) -> None:
        with contextlib.suppress(OSError):  # already dead: the next wait detects that
            self.pipe.send_bytes(self._data)
        self._data = b""

    def receive(self) -> tuple[list[Any], bool]:
        """Return the messages of the worker, and whether more messages can follow.

        This also checks whether the process is alive, because a child of it may keep the pipe open.
        """
        alive, messages = self.process.is_alive(), []
        try:
            while self.pipe.poll():
                messages.append(self.pipe.recv())
        except (EOFError, OSError):
            alive = False
        except Exception as error:  # noqa: BLE001 - the message cannot be unpickled
            assert self.task is not None
            messages.append(("done", tasks.build_failure(self.task, error)))
        return messages, alive

    def request_stop(self) -> None:
        """Ask the worker to stop its task at the next point where that is safe."""
        with contextlib.suppress(OSError):  # already dead: the next wait detects that
            self.pipe.send(worker_main.STOP)

    def request_exit(self) -> bool:
        """Ask the worker to exit; return False if it cannot receive that yet."""
        with contextlib.suppress(OSError):
            if self.ready or self.pipe.poll():
                self.pipe.send(None)
                return True
        return False

    def wait_for_exit(self, seconds: float = _EXIT_TIMEOUT) -> str:
        """Wait at most `seconds` for the end of the process; return a text on how it ended.

        Such a text is "SIGKILL", "exit code 1" or "it does not respond".
        """
        self.process.join(seconds)
        code = self.process.exitcode
        if code is None:
            return "it does not respond"
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"exit code {code}"

    def kill(self) -> None:
        """Kill the worker process and all processes that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.kill()
        # takes longer only if a system call hangs, as on a dead share
        self.process.join(_EXIT_TIMEOUT)
        self.pipe.close()
        if self.process.exitcode is not None:
            self.process.close()


def spawn_worker(worker_factory: WorkerFactory, memory: int = 0) -> WorkerProcess:
    """Start a worker process as a new interpreter, which inherits nothing from this process.

    `memory` is the limit of its data in bytes, 0 for none.
    """
    resource_tracker.ensure_running()  # if the first worker started it, it would unblock Ctrl-C
    ours, theirs = _spawn_context.Pipe()
    return WorkerProcess(
        _spawn_context.Process(
            target=worker_main.main_spawned, args=(worker_factory, theirs, memory)
        ),
        ours,
        theirs,
    )


def fork_worker(
    worker_factory: WorkerFactory, earlier: Sequence[WorkerProcess], memory: int = 0
) -> WorkerProcess:
    """Start a worker process as a copy of this process; `earlier` are those forked before.

    The copy closes the pipes of `earlier`, because each worker process detects by the end of its
    pipe that this process is gone.
    """
    ours, theirs = _fork_context.Pipe()
    other_pipes = [ours, *(worker.pipe for worker in earlier)]
    return WorkerProcess(
        _fork_context.Process(
            target=worker_main.main_forked, args=(worker_factory, theirs, other_pipes, memory)
        ),
        ours,
        theirs,
    )


def shutdown_workers(workers: Sequence[WorkerProcess]) -> None:
    """Let worker processes close their resources and exit; kill those that do not.

    Processes that are still starting are killed, and so are those that take over 10 seconds.
    """
    exiting = [worker for worker in workers if worker.request_exit()]
    latest = time.monotonic() + _EXIT_TIMEOUT
    for worker in exiting:
        worker.wait_for_exit(max(0.0, latest - time.monotonic()))
    for worker in workers:
        worker.kill()


def can_fork() -> bool:
    """Return whether this process can be forked: it must have no other threads.

    A lock held by a thread would stay locked in the copy. This excludes macOS, whose own libraries
    start threads.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    tasks_folder = Path("/proc/self/task")  # with the threads of libraries, too
    return tasks_folder.is_dir() and len([*tasks_folder.iterdir()]) == 1
