"""Schedule a batch: which items it claims, the order of tasks, and retries.

A retry is a time stored in the queue; no process sleeps until then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cached_property

from mediakeep import clock
from mediakeep.item import Status, needs_lookup
from mediakeep.outcome import Outcome
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.runner.batch_config import BatchConfig
from mediakeep.runner.tasks import BatchAborted, Task, TaskResult
from mediakeep.stages import Retry

_MAX_DELAY = 86400.0  # seconds between two attempts
_MAX_REQUESTED_DELAY = 366 * 86400.0  # the same, if a worker states the time


def next_retry_time(retry: Retry, attempts: int, requested: float | None, now: datetime) -> str:
    """Return the time of the next attempt of a failed item, or "" if no attempts are left.

    `attempts` is the number of counted ones, 0 if the first one was not counted. `requested` is the
    delay in seconds that the worker asked for, or None.
    """
    if attempts >= retry.times:
        return ""
    wait = min(retry.delay * 2 ** max(attempts - 1, 0), _MAX_DELAY)
    if requested is not None:
        wait = min(max(requested, 0.0), _MAX_REQUESTED_DELAY)
    return clock.format_iso(now + timedelta(seconds=wait))


def must_record_first(
    results: Iterable[TaskResult], config: BatchConfig, *, has_stages: bool, capacity: int
) -> bool:
    """Return whether finished results must be recorded before the next task can start.

    That is so if they determine the next task, or if nothing may start after one of them. Otherwise
    idle workers get their next task first, because recording takes as long as a short one.
    """
    if capacity == 1 or (has_stages and not config.records_later):
        return True
    if has_stages:
        return not all(
            isinstance(result, Outcome) and result.state is Status.COMPLETED for result in results
        )
    return any(isinstance(result, BatchAborted) for result in results)


CLAIM_WINDOW = 50  # maximum number of items claimed at once
# A claim takes at most a quarter of the pending items, so that the last ones are divided evenly
# among all batches of the queue (guided self-scheduling, Polychronopoulos and Kuck, 1987).
_SHARES = 4


class ItemClaimer:
    """Claims the items of a batch from the queue, and counts them."""

    def __init__(self, queue: Queue, config: BatchConfig) -> None:
        self._queue, self._config = queue, config
        self._lookups = config.lookups
        self._retry_keys: list[str] = []
        self._chosen = config.keys or ()
        # this batch itself made the lookups of items settled later
        self._start_seq = queue.state.seq
        self.claimed = self._claimed_lookups = 0

    def stop_lookups(self, unmade: int) -> None:
        """Stop claiming items for their lookup only.

        `unmade` is the number of such claimed items that are released; they no longer count.
        """
        self._lookups, self._retry_keys = False, []
        self.claimed -= unmade
        self._claimed_lookups -= unmade

    def resume_lookups(self, again: Iterable[str]) -> None:
        """Claim items for their lookup again, first those with the keys in `again`.

        These were claimed before, and do not count twice.
        """
        self._lookups, self._retry_keys = self._config.lookups, list(again)

    def claim_next(self) -> list[Claim]:
        """Claim the next items of the batch, at most 50.

        Return [] if the batch is complete or nothing is left to claim.
        """
        while self._retry_keys:
            keys, self._retry_keys = (
                self._retry_keys[:CLAIM_WINDOW],
                self._retry_keys[CLAIM_WINDOW:],
            )
            if claims := self._queue.claim_for_lookup(*keys):
                return claims
        claims = self._claim_window()
        self.claimed += len(claims)
        self._claimed_lookups += sum(claim.item.for_lookup for claim in claims)
        return claims

    def _claim_window(self) -> list[Claim]:
        if self._config.key:
            return [] if self.claimed else self._queue.claim_by_key(self._config.key)
        if self._config.keys is not None:
            return self._claim_chosen()
        if self._config.size is None:
            return self._claim_up_to(CLAIM_WINDOW)
        left = self._config.size - self.claimed
        return self._claim_up_to(min(left, CLAIM_WINDOW)) if left else []

    def _claim_chosen(self) -> list[Claim]:
        """Claim the next of the configured items that are due."""
        claims: list[Claim] = []
        while self._chosen and not claims:
            size = min(CLAIM_WINDOW, -(-len(self._chosen) // _SHARES))
            chunk, self._chosen = self._chosen[:size], self._chosen[size:]
            claims = self._queue.claim_due(*chunk, stages=self._config.stages)
        return claims

    def _claim_up_to(self, count: int) -> list[Claim]:
        return self._queue.claim(
            count, shares=_SHARES, lookups=self._lookups, settled_by=self._start_seq
        )

    def estimate_total(self, parked: int = 0) -> int:
        """Return how many items the batch will claim, as far as known after a claim.

        Items that it has parked are pending again, but not claimed.
        """
        if self._config.key:
            return 1
        if self._config.keys is not None:
            return self.claimed + len(self._chosen)
        pending = self._queue.state.counts[Status.PENDING] - parked
        total = self.claimed + max(pending + self._other_count - self._claimed_lookups, 0)
        return total if self._config.size is None else min(self._config.size, total)

    @cached_property
    def _other_count(self) -> int:
        """The lookups of the batch, claimed ones included, without the pending items that wait.

        Counted after the first claim only, as it takes long in a large queue.
        """
        state, now = self._queue.state, clock.format_iso(self._queue.location.now())
        waiting = bool(state.kind.stages) and sum(
            item.status is Status.PENDING and item.not_before > now for item in state.items.values()
        )
        lookups = self._lookups and sum(
            item.status is Status.COMPLETED and needs_lookup(item) for item in state.items.values()
        )
        return self._claimed_lookups + lookups - waiting


class TaskQueue:
    """The waiting tasks of a batch.

    Tasks that must run alone come after all others.
    """

    def __init__(self) -> None:
        self._ready: deque[Task] = deque()
        self._alone: deque[Task] = deque()

    def __bool__(self) -> bool:
        return bool(self._ready)

    def add(self, task: Task) -> None:
        """Append a task to the waiting tasks."""
        self._select_queue(task).append(task)

    def push_front(self, *tasks: Task) -> None:
        """Insert tasks before all others, in their order.

        So items that were started are finished first.
        """
        for task in reversed(tasks):
            self._select_queue(task).appendleft(task)

    def _select_queue(self, task: Task) -> deque[Task]:
        return self._alone if task.alone else self._ready

    def pop_next(self, may_start: Callable[[str], bool], *, idle: bool) -> Task | None:
        """Remove and return the next task, or None if there is none.

        A task that must run alone is returned only if `idle`, when no other task is running.
        `may_start` returns whether the item with a key may be under way; the tasks of items that
        are under way already come first in the queue.
        """
        if self._ready and may_start(self._ready[0].key):
            return self._ready.popleft()
        startable = (task for task in self._alone if idle and may_start(task.key))
        if task := next(startable, None):
            self._alone.remove(task)
        return task

    def waiting_keys(self) -> set[str]:
        """Return the keys of the items with waiting tasks."""
        return {task.key for tasks in (self._ready, self._alone) for task in tasks}

    def suspect_keys(self) -> set[str]:
        """Return the keys of the items with tasks that wait to run alone."""
        return {task.key for task in self._alone}

    def remove_item(self, key: str) -> None:
        """Remove the waiting tasks of an item."""
        for tasks in (self._ready, self._alone):
            others = [task for task in tasks if task.key != key]
            tasks.clear()
            tasks.extend(others)
