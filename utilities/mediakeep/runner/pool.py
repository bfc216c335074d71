"""A pool of spawned workers, each with one task at a time and a pipe of its own.

So the death of a worker concerns its own task and no other, and one that hangs is killed alone.
Spawned, never forked: a fork would keep the queue's locks beyond its owner's death.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from typing import Any

from mediakeep.errors import ItemFailed
from mediakeep.outcome import Opening
from mediakeep.runner import attempt
from mediakeep.runner.attempt import Lost, Result, Task

_spawn = multiprocessing.get_context("spawn")
_TURN = 0.5  # seconds that a wait lasts at most
_NEWS = 0.25  # seconds between two notes of progress from a worker


class Hand:
    """One worker process, its pipe, and what it does."""

    def __init__(self, opening: Opening) -> None:
        self.pipe, theirs = _spawn.Pipe()
        self.process: SpawnProcess = _spawn.Process(
            target=serve, args=(opening, theirs), daemon=False
        )
        self.process.start()
        theirs.close()
        self.task: Task | None = None
        self.deadline = float("inf")

    def give(self, task: Task, timeout: float) -> None:
        """Hand over a task."""
        self.task = task
        self.deadline = time.monotonic() + timeout if timeout else float("inf")
        with contextlib.suppress(OSError):  # dead already: the next wait finds out
            self.pipe.send(task)

    def kill(self) -> None:
        """End the worker and all that it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Pool:
    """Workers on call; they start when there is a task for them."""

    def __init__(
        self, opening: Opening, timeout: float, told: Callable[[str, int, int], None]
    ) -> None:
        self._opening, self._timeout, self._told = opening, timeout, told
        self._hands: list[Hand] = []

    def submit(self, task: Task) -> None:
        """Give a task to an idle worker, or to a new one."""
        idle = next((hand for hand in self._hands if hand.task is None), None)
        if idle is None:
            idle = Hand(self._opening)
            self._hands.append(idle)
        idle.give(task, self._timeout)

    def wait(self) -> list[tuple[Task, Result]]:
        """Return what has finished, was lost or took too long; [] after a while without news."""
        busy = [hand for hand in self._hands if hand.task]
        nearest = min((hand.deadline for hand in busy), default=float("inf"))
        turn = max(0.0, min(_TURN, nearest - time.monotonic()))
        connection.wait([hand.pipe for hand in busy], turn)
        return [(task, result) for hand in busy for task, result in self._news(hand)]

    def _news(self, hand: Hand) -> list[tuple[Task, Result]]:
        assert hand.task is not None
        task = hand.task
        try:
            while hand.pipe.poll():
                what, *rest = hand.pipe.recv()
                if what == "progress":
                    self._told(task.key, *rest)
                elif what == "broken":
                    raise ItemFailed(f"A worker could not start: {rest[0]}")
                else:
                    hand.task = None
                    return [(task, rest[0])]
        except (EOFError, OSError):
            return [(task, self._bury(hand))]
        if time.monotonic() >= hand.deadline:
            hand.kill()
            self._hands.remove(hand)
            return [(task, Lost(f"it took longer than {self._timeout:g} seconds"))]
        return []

    def _bury(self, hand: Hand) -> Lost:
        hand.process.join(1.0)
        code = hand.process.exitcode
        hand.kill()
        self._hands.remove(hand)
        return Lost(f"its worker process died ({_cause(code)})")

    def close(self, *, kill: bool = False) -> None:
        """End all workers: the idle ones kindly, the busy ones too unless `kill`."""
        for hand in self._hands:
            if kill and hand.task:
                hand.kill()
                continue
            with contextlib.suppress(OSError):
                hand.pipe.send(None)
        for hand in self._hands:
            if not (kill and hand.task):
                hand.process.join(5.0)
                hand.kill()
        self._hands.clear()


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def serve(opening: Opening, pipe: Any) -> None:
    """Be a worker: do one task after another until there is none, or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setsid()  # so that it can be killed with all that it starts
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()
    try:
        opened = opening()
        worker = opened.__enter__()
    except Exception as error:  # noqa: BLE001 - told to the parent, who stops the batch
        pipe.send(("broken", attempt.explain(error)))
        return
    with contextlib.closing(pipe), contextlib.suppress(EOFError, BrokenPipeError):
        while (task := pipe.recv()) is not None:
            pipe.send(("done", attempt.run(worker, task, _reporter(pipe))))
    opened.__exit__(None, None, None)


def _reporter(pipe: Any) -> Callable[[int, int], None]:
    last = 0.0

    def progress(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _NEWS:
            last = time.monotonic()
            pipe.send(("progress", done, of))

    return progress


def _die_with(sentinel: int) -> None:
    """End this worker, and what it started, the moment that its parent is gone."""
    connection.wait([sentinel])
    os.killpg(0, signal.SIGKILL)
