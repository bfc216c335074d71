"""Queue items: their status, its transitions, and the fields that all kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec


class Status(StrEnum):
    """Processing status of a queue item."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    ERROR = "error"
    SKIPPED = "skipped"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.IN_PROGRESS, Status.COMPLETED, Status.SKIPPED}),
    Status.IN_PROGRESS: frozenset({Status.PENDING, Status.COMPLETED, Status.ERROR, Status.SKIPPED}),
    Status.ERROR: frozenset({Status.PENDING, Status.COMPLETED, Status.SKIPPED}),
    # In progress again only for its lookup, see `can_transition`.
    Status.COMPLETED: frozenset({Status.PENDING, Status.SKIPPED}),
    # A vanished item that reappears unchanged gets its old status back.
    Status.SKIPPED: frozenset({Status.PENDING, Status.COMPLETED, Status.ERROR}),
}


MAX_NUMBER = 2**53  # exact in every JSON parser (RFC 8259, section 6) and in SQLite
Number = Annotated[int, msgspec.Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)]


class SkipReason(StrEnum):
    """Why mediakeep itself skips an item; imported queues may have other texts."""

    VANISHED = "vanished"  # its folder or file is missing
    IGNORED = "ignored"  # a setting excludes it
    EMPTY = "empty"  # its folder contains no media any more
    NEVER_ASK_AGAIN = "never ask again"  # the user excluded it; only a reset undoes that
    CANCELLED = "cancelled"  # the user ended a job; a reset makes it pending


# Skip reasons of items that a scan no longer finds.
GONE_REASONS = frozenset({SkipReason.VANISHED, SkipReason.IGNORED, SkipReason.EMPTY})

# State of an item's lookup: "" if none is wanted or made yet, "unsure" if the user has to decide,
# "unknown" if no service knows the item.
LookupState = Literal["", "pending", "done", "unsure", "unknown"]


class PartsRecord(
    msgspec.Struct,
    kw_only=True,
    frozen=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """The parts of an item's current processing stage.

    The dicts of an item in a queue are changed in place, as they may have thousands of entries.
    `done` has the results of the finished parts, `failed` the number of failures of the others.
    """

    done: dict[str, list[Any]] = {}  # name -> [result]; a list, as null has a meaning in patches
    failed: dict[str, int] = {}


class Item(
    msgspec.Struct,
    kw_only=True,
    frozen=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """A queue item: the fields that artists and movies share. Times are ISO 8601 in UTC."""

    status: Status
    name: str = ""  # for display, if the key is not a name
    path: str = ""  # escaped, see `escape_path`
    priority: Number = 0
    note: str = ""
    added_date: str = ""  # when it became a part of the queue; for staged kinds
    attempts: Number | dict[str, Number] = 0  # for staged kinds, an object with a count per stage
    started_date: str = ""
    processed_date: str = ""
    session: str = ""
    claim: Number = 0  # seq of its current claim
    first_claim: Number = 0  # seq of the first claim since it became pending
    settled: Number = 0  # seq of its last settle
    suspect: bool = False  # in progress when its owner died; runs alone next time
    rules: Number = 0  # version of the rules it was processed with
    outdated: bool = False  # reset because of newer rules; processed after the pending items
    skip_reason: str = ""
    returns_to: str = ""  # a vanished item's status before it vanished
    lookup: LookupState = ""
    for_lookup: bool = False  # claimed for its lookup only; completed when released
    error_message: str = ""
    error_date: str = ""
    not_before: str = ""  # a failed item is not retried, a parked one not claimed before this time
    parked: str = ""  # why a pending item waits until `not_before`; "" if it is not parked
    out_of_space: bool = False  # it is parked until there is disk space
    processing_stage: str = ""
    failed_stage: str = ""  # of an item whose failure code several stages share
    cleanup_stage: str = ""  # the stage that failed for the last time; its cleanup is due
    resume_stage: str = ""  # the stage in which the next attempt begins, if not the failed one
    made_progress: Number = 0  # the most bytes that the stage had after a failed attempt
    refunds: Number = 0  # failed attempts in a row that were not counted
    parts: PartsRecord | None = None  # of the running stage
    output_name: str = ""
    report: str = ""
    fingerprint: str = ""
    issues_found: Number = 0
    issues_resolved: Number = 0
    auto_fixed: Number = 0
    repaired: Number = 0  # first_claim that made these repairs
    manual_reviews: Number = 0
    issues: dict[str, Number] = {}  # open issues by kind
    notes: Number = 0  # open notes, which need no decision


class ScannedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An artist folder or a movie found on disk by a scan of the library.

    `relocatable_fingerprint` does not depend on its place in the library. It is that of an item
    that is added by path.
    """

    key: str
    path: str  # escaped, see `escape_path`
    fingerprint: str  # changes if a file in it changes its name, size or mtime
    relocatable_fingerprint: str = ""
    fields: dict[str, int] = {}  # counts in the kind's Struct, such as track_count


class NewItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that a command adds to a queue, such as a job.

    `fields` and `settings` are of the kind's Struct. `settings` are those that the user chose for
    this item: it is not added again while the queue has an item with its path and settings.
    """

    name: str  # for display, and for the names of its outputs
    path: str = ""  # of its source, escaped, see `escape_path`; "" if it has none
    fingerprint: str = ""
    fields: Mapping[str, Any] = {}
    settings: Mapping[str, Any] = {}


class SecondOutputs(msgspec.Struct, frozen=True):
    """What the settings of a batch mean for items that are done with other settings.

    `lines` name such items. `new` are items for second outputs of them, and `kept` the own settings
    with which items keep their output, by key; both are empty unless the settings want that.
    """

    lines: tuple[str, ...] = ()
    new: tuple[NewItem, ...] = ()
    kept: Mapping[str, dict[str, Any]] = {}


class OutputRemoval(msgspec.Struct, frozen=True):
    """The removal of an item's outputs: new values of its fields.

    `kept` is a line on why the outputs are kept, "" if they are removed.
    """

    data: dict[str, Any]
    kept: str = ""


def can_transition(item: Item, new: Status) -> bool:
    """Return whether an item may change to status `new`; True if it has that status already."""
    if item.status is Status.COMPLETED and new is Status.IN_PROGRESS:
        return item.lookup == "pending"
    return new is item.status or new in TRANSITIONS[item.status]


def is_no_longer_found(item: Item) -> bool:
    """Return whether an item is skipped because library scans no longer find it."""
    return item.status is Status.SKIPPED and item.skip_reason in GONE_REASONS


def needs_lookup(item: Item) -> bool:
    """Return whether an item is completed except for its lookup at a web service."""
    return item.lookup == "pending" and (item.status is Status.COMPLETED or item.for_lookup)
