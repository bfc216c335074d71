"""Input and result of a worker, which processes one queue item."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from mediakeep.item import Item, Status


class Stamp(msgspec.Struct, frozen=True):
    """The session, item and claim of a worker call, which identify one run over an item."""

    session: str
    key: str
    claim: int  # seq of the claim
    first_claim: int  # seq of the first claim since the item became pending
    since: str = ""  # creation time of the queue that these numbers belong to


class Work(msgspec.Struct, frozen=True):
    """Input of a worker: the queue item and its stamp.

    For kinds with stages, also the current stage, and the results of its parts once these have run.
    """

    item: Item
    stamp: Stamp
    stage: str = ""
    results: tuple[Any, ...] | None = None  # of the parts that this stage returned


class Outcome(msgspec.Struct, frozen=True):
    """Result of processing one queue item.

    `data` are new values for fields of the item; `facts` are stored in the history.
    """

    state: Status = Status.COMPLETED
    message: str = ""  # one sentence without the item's name
    data: dict[str, Any] = {}
    open_ids: tuple[str, ...] = ()
    retry_after: float | None = None  # seconds; overrides the setting
    next_stage: str = ""
    facts: dict[str, Any] = {}
    traceback: str = ""


class Parts(msgspec.Struct, frozen=True):
    """A processing stage split into parts that can run in parallel.

    The runner runs the parts, then calls the stage again with their results. `inputs` must be
    picklable, and the result of a part must be encodable as JSON.
    """

    inputs: tuple[Any, ...]
    run: Callable[[Any, Progress], Any]


class Progress(Protocol):
    """Interface of the object to which a worker reports its progress."""

    def __call__(self, done: int, of: int, /) -> None:
        """Called when `done` of `of` units of work are finished."""

    def on_wait(self, seconds: float, service: str = "", /) -> None:
        """Called before a wait of `seconds` for a web service.

        The wait does not count for the time limit of the item.
        """

    def extend_deadline(self, seconds: float, /) -> None:
        """Called before a request to extend the item's time limit by `seconds`.

        Called again after the request with a negative number, to take back the unused seconds.
        """


class NullProgress:
    """A progress object that ignores all reports."""

    def __call__(self, done: int, of: int, /) -> None:
        """Ignore the report of progress."""

    def on_wait(self, seconds: float, service: str = "", /) -> None:
        """Ignore the report of a wait."""

    def extend_deadline(self, seconds: float, /) -> None:
        """Ignore the request for more time."""


NO_PROGRESS = NullProgress()
Worker = Callable[[Work, Progress], Outcome | Parts]
# Called once per process; the context manager yields the worker and closes its resources.
WorkerFactory = Callable[[], AbstractContextManager[Worker]]
