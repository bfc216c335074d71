"""A pool of spawned workers, each with one task at a time and a pipe of its own.

So the death of a worker concerns its own task and no other, and one that hangs is killed alone.
Spawned, never forked: a fork would keep the queue's locks beyond its owner's death.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from multiprocessing import connection, resource_tracker

from mediakeep.errors import ItemFailed
from mediakeep.outcome import Opening
from mediakeep.runner import attempt
from mediakeep.runner.attempt import Lost, Result, Task
from mediakeep.runner.hand import Hand

_TURN = 0.5  # seconds that a wait lasts at most

Ended = list[tuple[Task, Result]]


class Pool:
    """Workers on call; they start when there is a task for them."""

    def __init__(
        self, opening: Opening, timeout: float, told: Callable[[str, int, int], None]
    ) -> None:
        self._opening, self._timeout, self._told = opening, timeout, told
        self._hands: list[Hand] = []
        self._refused: Ended = []
        resource_tracker.ensure_running()  # started with the first worker it would unblock Ctrl-C

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
        idle = [hand for hand in self._hands if hand.task is None]
        fit = [hand for hand in idle if not task.alone or hand.alone_for == task.key]
        chosen = next((hand for hand in fit if hand.process.is_alive()), None)
        if task.alone or not chosen:
            self._dismiss([hand for hand in idle if hand is not chosen])
        return chosen or self._start()

    def _start(self) -> Hand:
        try:
            hand = Hand(self._opening)
        except OSError as error:
            raise ItemFailed(f"A worker could not start: {attempt.explain(error)}") from error
        self._hands.append(hand)
        return hand

    def wait(self) -> Ended:
        """Return what has finished, was lost or took too long; [] after a while without news."""
        if self._refused:
            refused, self._refused = self._refused, []
            return refused
        busy = [hand for hand in self._hands if hand.task]
        nearest = min((hand.deadline for hand in busy), default=float("inf"))
        turn = max(0.0, min(_TURN, nearest - time.monotonic()))
        connection.wait([hand.pipe for hand in busy], turn)
        return [ended for hand in busy for ended in self._news(hand)]

    def _news(self, hand: Hand) -> Ended:
        assert hand.task is not None
        task = hand.task
        said, alive = hand.hear()
        for what, *rest in said:
            if what == "progress":
                self._told(task.key, *rest)
            elif what == "ready":
                hand.begin(self._timeout)
            elif what == "broken":
                raise rest[0]
            else:
                hand.task = None
                return [(task, rest[0])]
        if not alive:
            return [(task, self._lose(hand, f"its worker process died ({hand.wait_for_end(1.0)})"))]
        if time.monotonic() >= hand.deadline:
            return [(task, self._lose(hand, f"it took longer than {self._timeout:g} seconds"))]
        return []

    def _lose(self, hand: Hand, why: str) -> Lost:
        """Give a worker up; one that cannot even start, with nobody beside it, ends the batch."""
        alone = hand.task is not None and hand.task.alone
        hand.kill()
        self._hands.remove(hand)
        if alone and not hand.ready:
            raise ItemFailed(f"A worker could not start: {why}.")
        return Lost(why)

    def _dismiss(self, hands: list[Hand]) -> None:
        """Let workers close what they have opened, and go."""
        for hand in hands:
            hand.dismiss()
        for hand in hands:
            hand.wait_for_end()
            hand.kill()
            self._hands.remove(hand)

    def close(self, *, kill: bool = False) -> None:
        """End all workers: the idle ones kindly, the busy ones too unless `kill`."""
        for hand in [hand for hand in self._hands if kill and hand.task]:
            hand.kill()
            self._hands.remove(hand)
        self._dismiss(list(self._hands))
