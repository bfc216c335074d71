"""The order in which a batch's tasks are run."""

from __future__ import annotations

from collections import deque

from mediakeep.runner.attempt import Task


class Lineup:
    """The tasks that wait: those that are ready, and those that run alone, after all others."""

    def __init__(self) -> None:
        self._ready: deque[Task] = deque()
        self._alone: deque[Task] = deque()

    def __bool__(self) -> bool:
        return bool(self._ready)

    def add(self, task: Task) -> None:
        """Put a task at the end of its line."""
        self._of(task).append(task)

    def put_first(self, *tasks: Task) -> None:
        """Put tasks at the head, in their order: what is begun is finished before more is."""
        for task in reversed(tasks):
            self._of(task).appendleft(task)

    def _of(self, task: Task) -> deque[Task]:
        return self._alone if task.alone else self._ready

    def next(self, *, idle: bool) -> Task | None:
        """Take the task to be started now; one that runs alone only where nothing runs."""
        if self._ready:
            return self._ready.popleft()
        return self._alone.popleft() if self._alone and idle else None

    def waiting(self) -> set[str]:
        """Return the items of which something waits."""
        return {task.key for line in (self._ready, self._alone) for task in line}

    def suspects(self) -> set[str]:
        """Return the items of which something waits to run alone."""
        return {task.key for task in self._alone}

    def forget(self, key: str) -> None:
        """Take an item's tasks out of the line."""
        for line in (self._ready, self._alone):
            kept = [task for task in line if task.key != key]
            line.clear()
            line.extend(kept)
