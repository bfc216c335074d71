"""Input and result of a worker."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from mediakeep.item import Item, Status


class Stamp(msgspec.Struct, frozen=True):
    """Session, item and claim of a worker call; identifies one run over an item."""

    session: str
    key: str
    claim: int  # seq of the claim
    first_claim: int  # seq of the first claim since the item became pending
    since: str = ""  # creation time of the queue that these numbers belong to


class Work(msgspec.Struct, frozen=True):
    """Input of a worker: the item, its stamp, and for staged kinds the stage and its results."""

    item: Item
    stamp: Stamp
    stage: str = ""
    results: tuple[Any, ...] | None = None  # of the parts that this stage returned


class Outcome(msgspec.Struct, frozen=True):
    """Result of an item; `data` are fields of its kind's Struct, `facts` go to the history."""

    state: Status = Status.COMPLETED
    message: str = ""  # one sentence without the item's name
    data: dict[str, Any] = {}
    open_ids: tuple[str, ...] = ()
    retry_after: float | None = None  # seconds; overrides the setting
    next_stage: str = ""
    facts: dict[str, Any] = {}
    traceback: str = ""


class Parts(msgspec.Struct, frozen=True):
    """A stage split into parts: the runner runs them, then calls the stage again with the results.

    `inputs` must be picklable, and the result of a part must be encodable as JSON.
    """

    inputs: tuple[Any, ...]
    run: Callable[[Any, Progress], Any]


class Progress(Protocol):
    """Receives the progress of a worker."""

    def __call__(self, done: int, of: int, /) -> None:
        """Called when `done` of `of` units of work are finished."""

    def on_wait(self, seconds: float, service: str = "", /) -> None:
        """Called before a wait for a service, which the item's time limit does not include."""

    def extend_deadline(self, seconds: float, /) -> None:
        """Called before a request to extend the time limit, and after it with the rest (< 0)."""


class NullProgress:
    """Progress that ignores all calls."""

    def __call__(self, done: int, of: int, /) -> None:
        """Do nothing."""

    def on_wait(self, seconds: float, service: str = "", /) -> None:
        """Do nothing."""

    def extend_deadline(self, seconds: float, /) -> None:
        """Do nothing."""


NO_PROGRESS = NullProgress()
Worker = Callable[[Work, Progress], Outcome | Parts]
# Called once per process; the context manager yields the worker and closes its resources.
WorkerFactory = Callable[[], AbstractContextManager[Worker]]
