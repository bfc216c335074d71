"""The context of a queue manager's action: home, kind, and common options."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from mediakeep.app.console import Console
from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import Subject
from mediakeep.errors import Stopped
from mediakeep.item import Item
from mediakeep.kinds import Kind
from mediakeep.media import ignore_rules
from mediakeep.queue import queue, readonly
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import index
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState

T = TypeVar("T")


@dataclass
class ManagerContext:
    """One call of a queue manager."""

    home: Path
    kind: Kind
    console: Console
    yes: bool = False
    force: bool = False
    status: str = ""
    to_stage: str = ""  # the stage with which reset items begin; "" for that of the kind
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING  # what scans skip
    dry_run: bool = False  # change nothing, and return what would be changed

    @property
    def queue_folder(self) -> Path:
        """The folder of the queue."""
        return registry.queue_folder(self.home, self.kind)

    @property
    def location(self) -> QueueLocation:
        """The location of the queue, with clock and host."""
        notice = self.console.print_message
        return queue.locate_queue(self.queue_folder, notice=notice, dry_run=self.dry_run)

    @cached_property
    def subject(self) -> Subject:
        """The subject of the kind."""
        return registry.get_subject(self.kind)

    def read_state(self) -> QueueState:
        """Read the queue without its lock."""
        return readonly.load_state(self.queue_folder, self.kind)

    def read_item(self, key: str) -> Item | None:
        """Return an item by its key, or None if there is none."""
        return self.read_state().items.get(key)

    def read_tail(self) -> tuple[JournalRecord, ...]:
        """Return the newest changes, which the history may not have yet."""
        return tuple(readonly.load_state_and_position(self.queue_folder, self.kind).records)

    def query_history(self, query: Callable[..., T], *arguments: Hashable) -> T:
        """Return the result of a query with arguments on the history and the newest changes."""
        return index.query_history_index(
            self.queue_folder, lambda base: query(base, *arguments), self.read_tail(), self.kind
        )

    @contextmanager
    def open_queue(self) -> Iterator[Queue]:
        """Open the queue for changes, and print its warnings at the end."""
        with Queue.open(self.location, self.kind) as open_queue:
            yield open_queue
            for warning in open_queue.take_warnings():
                self.console.print_message(warning)

    def confirm(self, question: str) -> None:
        """Ask for confirmation unless --yes was given; raise Stopped if the user declines.

        A dry run does not ask.
        """
        if not (self.yes or self.dry_run) and not self.console.confirm(question):
            raise Stopped
