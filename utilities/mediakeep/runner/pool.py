"""A pool of worker processes, each with its own pipe and one task at a time.

So the death of a worker affects only its own task, and a worker that hangs is killed alone. Workers
started by the pool are spawned, never forked: a fork would keep the locks of the queue after the
death of its owner.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Sequence
from multiprocessing import connection

from mediakeep.errors import ItemFailed
from mediakeep.outcome import Opening
from mediakeep.runner import attempt, hand
from mediakeep.runner.attempt import Lost, Result, Task
from mediakeep.runner.hand import Hand

TURN = 0.5  # maximum seconds of one wait

Ended = list[tuple[Task, Result]]
Told = Callable[[str, int, int, str], None]  # key, done, of, service


class Pool:
    """Worker processes: those in `prestarted`, and more if there are tasks for them."""

    def __init__(
        self,
        worker_factory: Opening,
        timeout: float,
        on_progress: Told,
        prestarted: Sequence[Hand] = (),
    ) -> None:
        self._opening, self._timeout, self._told = worker_factory, timeout, on_progress
        self._hands = [*prestarted]
        self._refused: Ended = []

    def submit(self, task: Task) -> None:
        """Assign a task to an idle worker, or to a new one."""
        try:
            data = pickle.dumps(task)
        except Exception as error:  # noqa: BLE001 - pickle may raise any exception
            self._refused.append((task, attempt.failure(task, error)))
            return
        self._choose(task).give(task, data, self._timeout)

    def _choose(self, task: Task) -> Hand:
        """Return an idle worker, or a new one; idle workers are ended for a task that runs alone.

        Such a task gets a new process, so that neither the state nor the memory of other tasks can
        be the cause of its death.
        """
        idle = [worker for worker in self._hands if worker.task is None]
        usable = [worker for worker in idle if not task.alone or worker.alone_for == task.key]
        chosen = next((worker for worker in usable if worker.process.is_alive()), None)
        if task.alone or not chosen:
            self._dismiss([worker for worker in idle if worker is not chosen])
        return chosen or self._start()

    def _start(self) -> Hand:
        try:
            worker = hand.spawned(self._opening)
        except OSError as error:
            raise ItemFailed(f"A worker could not start: {attempt.explain(error)}") from error
        self._hands.append(worker)
        return worker

    def wait(self, turn: float = TURN) -> Ended:
        """Return the tasks that finished, died or timed out; [] if none after `turn` seconds."""
        if self._refused:
            refused, self._refused = self._refused, []
            return refused
        busy = [worker for worker in self._hands if worker.task]
        nearest = min((worker.deadline for worker in busy), default=float("inf"))
        turn = max(0.0, min(turn, nearest - time.monotonic()))
        readable = connection.wait([worker.pipe for worker in busy], turn)
        now = time.monotonic()
        active = [
            worker
            for worker in busy
            if worker.pipe in readable or now >= worker.deadline or not worker.process.is_alive()
        ]
        return [ended for worker in active for ended in self._news(worker)]

    def _news(self, worker: Hand) -> Ended:
        assert worker.task is not None
        task = worker.task
        messages, alive = worker.hear()
        for name, *args in messages:
            if name == "progress":
                self._told(task.key, *args)
            elif name == "waiting":
                worker.allow(*args)
            elif name == "extend":
                worker.extend(*args)
            elif name == "ready":
                worker.begin(self._timeout)
            elif name == "broken":
                raise args[0]
            else:
                worker.task = None
                return [(task, args[0])]
        if not alive:
            why = f"its worker process died ({worker.wait_for_end(1.0)})"
            return [(task, self._lose(worker, why))]
        if time.monotonic() >= worker.deadline:
            return [(task, self._lose(worker, f"it took longer than {self._timeout:g} seconds"))]
        return []

    def _lose(self, worker: Hand, why: str) -> Lost:
        """Kill a worker; raise ItemFailed if it ran alone and could not even start."""
        alone = worker.task is not None and worker.task.alone
        worker.kill()
        self._hands.remove(worker)
        if alone and not worker.ready:
            raise ItemFailed(f"A worker could not start: {why}.")
        return Lost(why)

    def _dismiss(self, hands: list[Hand]) -> None:
        hand.end(hands)
        self._hands = [worker for worker in self._hands if worker not in hands]

    def close(self, *, kill: bool = False) -> None:
        """End all workers; with `kill`, busy ones are killed instead of waiting for their task."""
        for worker in [worker for worker in self._hands if kill and worker.task]:
            worker.kill()
            self._hands.remove(worker)
        self._dismiss(self._hands)
