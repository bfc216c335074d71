"""Input and result of a worker, which processes one queue item."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from mediakeep.errors import MediakeepError
from mediakeep.item import Item, Status


class Stopping(BaseException):
    """Raised in a worker after a stop was requested, when it has reached a point where it may stop.

    Not an Exception, so that no worker handles it as a failure.
    """


class Aborting(BaseException):
    """Raised in a worker to end its batch with an error that is not the fault of an item.

    Not an Exception, so that no worker handles it as a failure.
    """

    def __init__(self, error: MediakeepError) -> None:
        super().__init__(error)
        self.error = error


class Stamp(msgspec.Struct, frozen=True):
    """The session, item and claim of a worker call, which identify one run over an item."""

    session: str
    key: str
    claim: int  # seq of the claim
    first_claim: int  # seq of the first claim since the item became pending
    since: str = ""  # creation time of the queue that these numbers belong to


class Work(msgspec.Struct, frozen=True):
    """Input of a worker: the queue item and its stamp.

    For kinds with stages, also the current stage, and the results of its parts once these have run:
    each is what the part returned, or a PartFailed.

    With `failed_stage`, the last attempt of that stage failed, and the worker is called once more
    to clean up. It returns an Outcome whose `data` and `resume_stage` are used.
    """

    item: Item
    stamp: Stamp
    stage: str = ""
    results: tuple[Any, ...] | None = None  # of the parts that this stage returned
    failed_stage: str = ""
    error_message: str = ""  # of the failed stage


class Outcome(msgspec.Struct, frozen=True):
    """Result of processing one queue item.

    `data` are new values for fields of the item; `facts` are stored in the history.

    With the state PENDING the item is parked: it waits for `retry_after` seconds for the reason in
    `message`, which is disk space if `out_of_space`, and no attempt is counted. With `needs_user`,
    only the user can end its wait, and an alert says so. `next_stage` continues with that stage.
    `resume_stage`, of a failure or a cleanup, is the stage in which a later attempt begins. If it
    is the failed stage, its finished parts are kept; without it, a reset begins with the first
    stage. A failure with `is_final` is not tried again, whatever the retries.

    `made_progress`, of a failure, is the number of bytes that the stage has so far, such as those
    of a download that goes on where it was cut. A failure with at least 64 KiB more than any
    before is no attempt, but after 20 of these in a row the next one is.
    """

    state: Status = Status.COMPLETED
    message: str = ""  # one sentence without the item's name
    data: dict[str, Any] = {}
    open_ids: tuple[str, ...] = ()
    retry_after: float | None = None  # seconds; overrides the setting
    out_of_space: bool = False
    needs_user: bool = False
    next_stage: str = ""
    resume_stage: str = ""
    is_final: bool = False
    made_progress: int = 0  # bytes
    facts: dict[str, Any] = {}
    traceback: str = ""


class Parts(msgspec.Struct, frozen=True):
    """A processing stage split into parts that can run in parallel.

    The runner runs the parts, then calls the stage again with their results. `inputs` must be
    picklable, and the result of a part must be encodable as JSON. `weights` are the relative costs
    of the parts, all 1 if empty. A part that fails is run once more at once, unless it raised an
    error with `is_final`; one with new bytes in `made_progress` is run again as often as a stage
    is. If it fails again, the attempt of the stage has failed; with
    `keep_going`, the stage is called with a PartFailed in place of its result instead.
    """

    inputs: tuple[Any, ...]
    run: Callable[[Any, Progress], Any]
    weights: tuple[float, ...] = ()
    keep_going: bool = False


class PartFailed(msgspec.Struct, frozen=True):
    """Stands for the result of a part that failed twice, or for good with `is_final`."""

    message: str
    is_final: bool = False


class Progress(Protocol):
    """Interface of the object to which a worker reports its progress."""

    def __call__(self, done: int, of: int, /, *, may_stop: bool = False) -> None:
        """Called when `done` of `of` units of work are finished.

        With `may_stop`, the worker can be ended at this point without harm: Stopping is raised
        once a stop was requested. The worker must let it pass.
        """

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

    def __call__(self, done: int, of: int, /, *, may_stop: bool = False) -> None:
        """Ignore the report of progress."""

    def on_wait(self, seconds: float, service: str = "", /) -> None:
        """Ignore the report of a wait."""

    def extend_deadline(self, seconds: float, /) -> None:
        """Ignore the request for more time."""


NO_PROGRESS = NullProgress()
Worker = Callable[[Work, Progress], Outcome | Parts]
# Called once per process; the context manager yields the worker and closes its resources.
WorkerFactory = Callable[[], AbstractContextManager[Worker]]
