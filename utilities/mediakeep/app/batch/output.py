"""The output of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mediakeep.runner.batch_config import BatchResult, ParkedItem, SettledItem
from mediakeep.views.summary import QueueStatus


class BatchOutput(Protocol):
    """Shows the progress and the result of a batch."""

    def on_prepared(self, lines: list[str], data: Mapping[str, Any]) -> None:
        """Called before a batch of jobs, with what was changed in the queue."""

    def on_start(self, count: int) -> None:
        """Called once, before the first item, with the number of items claimed."""

    def on_item(self, settled: SettledItem) -> None:
        """Called after each item."""

    def on_parked(self, parked: ParkedItem) -> None:
        """Called after each item that waits until a time."""

    def on_dropped(self, key: str, why: str) -> None:
        """Called after each item that the user cancelled or reset meanwhile."""

    def on_progress(self, key: str, done: int, of: int, service: str, stage: str = "") -> None:
        """Called with the progress of the current item, or of its stage if this is not "".

        `service` is the web service that it waits for, or "".
        """

    def on_finish(self, report: BatchResult, summary: QueueStatus) -> None:
        """Called at the end of a batch."""

    def on_dry_run(self, report: BatchResult, /) -> None:
        """Called at the end of a dry run."""


class NullOutput:
    """Output that shows nothing, for batches that Python code runs."""

    def on_prepared(self, lines: list[str], data: Mapping[str, Any]) -> None:
        """Ignore the changes of the queue."""

    def on_start(self, count: int) -> None:
        """Ignore the number of items."""

    def on_item(self, settled: SettledItem) -> None:
        """Ignore an item."""

    def on_parked(self, parked: ParkedItem) -> None:
        """Ignore an item that waits."""

    def on_dropped(self, key: str, why: str) -> None:
        """Ignore an item that was cancelled."""

    def on_progress(self, key: str, done: int, of: int, service: str, stage: str = "") -> None:
        """Ignore progress."""

    def on_finish(self, report: BatchResult, summary: QueueStatus) -> None:
        """Ignore the end."""

    def on_dry_run(self, report: BatchResult, /) -> None:
        """Ignore a dry run."""
