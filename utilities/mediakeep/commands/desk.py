"""The context of a queue manager's action: home, kind, and common options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from mediakeep.commands import shared, subjects
from mediakeep.commands.subject import Subject
from mediakeep.errors import Stopped
from mediakeep.kinds import Kind
from mediakeep.queue import queue, reading
from mediakeep.queue.queue import Queue
from mediakeep.queue.rewrite import Place
from mediakeep.queue.state import State


@dataclass
class Desk:
    """One call of a queue manager."""

    home: Path
    kind: Kind
    yes: bool = False
    force: bool = False
    status: str = ""
    ignored: tuple[str, ...] = ()  # patterns of files and folders that scans skip

    @property
    def folder(self) -> Path:
        """The folder of the queue."""
        return subjects.folder(self.home, self.kind)

    @property
    def place(self) -> Place:
        """The location of the queue, with clock and host."""
        return queue.place(self.folder, notice=shared.notice)

    @cached_property
    def subject(self) -> Subject:
        """The subject of the kind."""
        return subjects.of(self.kind)

    def read(self) -> State:
        """Read the queue without its lock."""
        return reading.state(self.folder, self.kind)

    @contextmanager
    def opened(self) -> Iterator[Queue]:
        """Open the queue for changes, and print its warnings at the end."""
        with Queue.open(self.place, self.kind) as open_queue:
            yield open_queue
            for warning in open_queue.warnings():
                click.echo(shared.plain(warning), err=True)

    def confirm(self, question: str) -> None:
        """Ask for confirmation unless --yes was given; raise Stopped if the user declines."""
        if not self.yes and not click.confirm(question, err=True):
            raise Stopped


@dataclass(frozen=True)
class Answer:
    """The result of an action: lines of text, JSON data, and the exit code."""

    lines: list[str]
    data: Any = field(default_factory=dict)
    code: int = 0
