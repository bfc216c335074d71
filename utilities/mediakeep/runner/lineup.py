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

    def add(self, task: Task, *, first: bool = False) -> None:
        """Put a task in line, at its end or its head."""
        line = self._alone if task.alone else self._ready
        (line.appendleft if first else line.append)(task)

    def next(self, *, idle: bool) -> Task | None:
        """Take the task to be started now; one that runs alone only where nothing runs."""
        if self._ready:
            return self._ready.popleft()
        return self._alone.popleft() if self._alone and idle else None

    def suspects(self) -> set[str]:
        """Return the items of which something waits to run alone."""
        return {task.key for task in self._alone}

    def forget(self, key: str) -> None:
        """Take an item's tasks out of the line."""
        for line in (self._ready, self._alone):
            kept = [task for task in line if task.key != key]
            line.clear()
            line.extend(kept)
