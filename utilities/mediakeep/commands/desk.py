"""Where a manager's action works: its home, its kind, and the words that the user added."""

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
    """One call of a manager."""

    home: Path
    kind: Kind
    yes: bool = False
    force: bool = False
    status: str = ""
    ignored: tuple[str, ...] = ()  # patterns of files and folders that a scan passes over

    @property
    def folder(self) -> Path:
        """Where the queue lies."""
        return subjects.folder(self.home, self.kind)

    @property
    def place(self) -> Place:
        """Where the queue lies, when and on which machine."""
        return queue.place(self.folder, notice=shared.notice)

    @cached_property
    def subject(self) -> Subject:
        """What the engine knows of the kind's subject."""
        return subjects.of(self.kind)

    def read(self) -> State:
        """Look at the queue without its lock."""
        return reading.state(self.folder, self.kind)

    @contextmanager
    def opened(self) -> Iterator[Queue]:
        """Open the queue for changes; what it has to say is told at the end."""
        with Queue.open(self.place, self.kind) as opened:
            yield opened
            for warning in opened.warnings():
                click.echo(shared.plain(warning), err=True)

    def confirm(self, question: str) -> None:
        """Ask, unless the user said --yes; Stopped where the answer is no."""
        if not self.yes and not click.confirm(question, err=True):
            raise Stopped


@dataclass(frozen=True)
class Answer:
    """What an action has to say: lines for people, data for programs, and an exit code."""

    lines: list[str]
    data: Any = field(default_factory=dict)
    code: int = 0
