"""Schedule a batch: claimed items, the order of tasks, parts of stages, and retries.

A retry is a time stored in the queue, never a sleeping loop.
"""

from __future__ import annotations

from collections import deque

from mediakeep.runner.attempt import Task


class Lineup:
    """The waiting tasks: those that are ready, and those that run alone, after all others."""

    def __init__(self) -> None:
        self._ready: deque[Task] = deque()
        self._alone: deque[Task] = deque()

    def __bool__(self) -> bool:
        return bool(self._ready)

    def add(self, task: Task) -> None:
        """Append a task."""
        self._of(task).append(task)

    def put_first(self, *tasks: Task) -> None:
        """Insert tasks at the front in their order, so that started items are finished first."""
        for task in reversed(tasks):
            self._of(task).appendleft(task)

    def _of(self, task: Task) -> deque[Task]:
        return self._alone if task.alone else self._ready

    def next(self, *, idle: bool) -> Task | None:
        """Remove and return the next task; one that runs alone only if `idle`."""
        if self._ready:
            return self._ready.popleft()
        return self._alone.popleft() if self._alone and idle else None

    def waiting(self) -> set[str]:
        """Return the keys of the items with waiting tasks."""
        return {task.key for tasks in (self._ready, self._alone) for task in tasks}

    def suspects(self) -> set[str]:
        """Return the keys of the items with tasks that wait to run alone."""
        return {task.key for task in self._alone}

    def forget(self, key: str) -> None:
        """Remove the tasks of an item."""
        for tasks in (self._ready, self._alone):
            others = [task for task in tasks if task.key != key]
            tasks.clear()
            tasks.extend(others)
