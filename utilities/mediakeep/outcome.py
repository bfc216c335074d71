"""What goes into a worker and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from mediakeep.item import Item, Status


class Stamp(msgspec.Struct, frozen=True):
    """Who works on what: enough to tell two runs over the same item apart."""

    session: str
    key: str
    claim: int  # seq of the claim
    first_claim: int  # seq of the first claim since the item became pending
    since: str = ""  # when the queue was made whose numbers these are


class Work(msgspec.Struct, frozen=True):
    """One call of a worker: the item, its stamp, and for staged kinds the stage and its parts."""

    item: Item
    stamp: Stamp
    stage: str = ""
    results: tuple[Any, ...] | None = None  # of the parts that this stage asked for


class Outcome(msgspec.Struct, frozen=True):
    """What became of an item; `data` are fields of its kind's Struct, `facts` go to the history."""

    state: Status = Status.COMPLETED
    message: str = ""  # one plain sentence without the item's name
    data: dict[str, Any] = {}
    open_ids: tuple[str, ...] = ()
    retry_after: float | None = None  # seconds, where the worker knows better than the settings
    next_stage: str = ""
    facts: dict[str, Any] = {}
    traceback: str = ""


class Parts(msgspec.Struct, frozen=True):
    """A stage that is better done in pieces: the runner runs the parts, then calls the stage again.

    `inputs` must be picklable, and a part's result must be what JSON can hold.
    """

    inputs: tuple[Any, ...]
    run: Callable[[Any, Progress], Any]


class Progress(Protocol):
    """What a worker tells how far it is with."""

    def __call__(self, done: int, of: int, /) -> None:
        """Tell that so much of the work is done."""

    def waiting(self, seconds: float, service: str = "", /) -> None:
        """Tell, before a wait for a service, how long it lasts: it is no time of the item's."""

    def extend(self, seconds: float, /) -> None:
        """Move the item's time limit: on before a wait for an answer, and back by what is left."""


class Quiet:
    """Progress that nobody is told of."""

    def __call__(self, done: int, of: int, /) -> None:
        """Pass over it."""

    def waiting(self, seconds: float, service: str = "", /) -> None:
        """Pass over it."""

    def extend(self, seconds: float, /) -> None:
        """Pass over it."""


QUIET = Quiet()
Worker = Callable[[Work, Progress], Outcome | Parts]
# Called once in each process: opens what the worker needs, gives the worker, closes it all.
Opening = Callable[[], AbstractContextManager[Worker]]
