"""A pool of workers, each with one task at a time and a pipe of its own.

So the death of a worker concerns its own task and no other, and one that hangs is killed alone.
Those that the pool starts are spawned, never forked: a fork would keep the queue's locks beyond its
owner's death.
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

TURN = 0.5  # seconds that a wait lasts at most

Ended = list[tuple[Task, Result]]
Told = Callable[[str, int, int, str], None]  # item, done, of, the service it waits for


class Pool:
    """Workers on call: those that started `early`, and more when there is a task for them."""

    def __init__(
        self, opening: Opening, timeout: float, told: Told, early: Sequence[Hand] = ()
    ) -> None:
        self._opening, self._timeout, self._told = opening, timeout, told
        self._hands = [*early]
        self._refused: Ended = []

    def submit(self, task: Task) -> None:
        """Give a task to an idle worker, or to a new one."""
        try:
            data = pickle.dumps(task)
        except Exception as error:  # noqa: BLE001 - pickle raises whatever it likes
            self._refused.append((task, attempt.failure(task, error)))
            return
        self._choose(task).give(task, data, self._timeout)

    def _choose(self, task: Task) -> Hand:
        """Return an idle worker; a task that runs alone gets a fresh one, and no idle neighbours.

        So neither what others left in a process nor their memory can be what it dies of.
        """
        idle = [one for one in self._hands if one.task is None]
        fit = [one for one in idle if not task.alone or one.alone_for == task.key]
        chosen = next((one for one in fit if one.process.is_alive()), None)
        if task.alone or not chosen:
            self._dismiss([one for one in idle if one is not chosen])
        return chosen or self._start()

    def _start(self) -> Hand:
        try:
            started = hand.spawned(self._opening)
        except OSError as error:
            raise ItemFailed(f"A worker could not start: {attempt.explain(error)}") from error
        self._hands.append(started)
        return started

    def wait(self, turn: float = TURN) -> Ended:
        """Return what has finished, was lost or took too long; [] after a turn without news."""
        if self._refused:
            refused, self._refused = self._refused, []
            return refused
        busy = [one for one in self._hands if one.task]
        nearest = min((one.deadline for one in busy), default=float("inf"))
        turn = max(0.0, min(turn, nearest - time.monotonic()))
        spoke = connection.wait([one.pipe for one in busy], turn)
        now = time.monotonic()
        heard = [
            one
            for one in busy
            if one.pipe in spoke or now >= one.deadline or not one.process.is_alive()
        ]
        return [ended for one in heard for ended in self._news(one)]

    def _news(self, one: Hand) -> Ended:
        assert one.task is not None
        task = one.task
        said, alive = one.hear()
        for what, *rest in said:
            if what == "progress":
                self._told(task.key, *rest)
            elif what == "waiting":
                one.allow(*rest)
            elif what == "extend":
                one.extend(*rest)
            elif what == "ready":
                one.begin(self._timeout)
            elif what == "broken":
                raise rest[0]
            else:
                one.task = None
                return [(task, rest[0])]
        if not alive:
            return [(task, self._lose(one, f"its worker process died ({one.wait_for_end(1.0)})"))]
        if time.monotonic() >= one.deadline:
            return [(task, self._lose(one, f"it took longer than {self._timeout:g} seconds"))]
        return []

    def _lose(self, one: Hand, why: str) -> Lost:
        """Give a worker up; one that cannot even start, with nobody beside it, ends the batch."""
        alone = one.task is not None and one.task.alone
        one.kill()
        self._hands.remove(one)
        if alone and not one.ready:
            raise ItemFailed(f"A worker could not start: {why}.")
        return Lost(why)

    def _dismiss(self, hands: list[Hand]) -> None:
        hand.end(hands)
        self._hands = [one for one in self._hands if one not in hands]

    def close(self, *, kill: bool = False) -> None:
        """End all workers: the idle ones kindly, the busy ones too unless `kill`."""
        for one in [one for one in self._hands if kill and one.task]:
            one.kill()
            self._hands.remove(one)
        self._dismiss(self._hands)
