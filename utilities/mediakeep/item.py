"""One entry of a queue: its status, what may follow it, and the fields every kind shares."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec


class Status(StrEnum):
    """Where an item stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    ERROR = "error"
    SKIPPED = "skipped"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.IN_PROGRESS, Status.COMPLETED, Status.SKIPPED}),
    Status.IN_PROGRESS: frozenset({Status.PENDING, Status.COMPLETED, Status.ERROR, Status.SKIPPED}),
    Status.ERROR: frozenset({Status.PENDING, Status.COMPLETED, Status.SKIPPED}),
    # In progress again only for its look-up, see `may_become`.
    Status.COMPLETED: frozenset({Status.PENDING, Status.SKIPPED}),
    # A vanished item that returns unchanged gets its old status back.
    Status.SKIPPED: frozenset({Status.PENDING, Status.COMPLETED, Status.ERROR}),
}


LARGEST = 2**53  # what every JSON reader keeps exactly (RFC 8259, 6), and SQLite takes
Number = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
NEVER_ASK = "never ask again"  # skip_reason of what the user left out: only a reset brings it back
# Why an item is skipped that a scan does not find any more: it is not there, it is ignored, or its
# folder holds nothing.
GONE = frozenset({"vanished", "ignored", "empty"})

# What became of an item's look-up at the services: "" where none was wanted or made yet, unsure
# where a person decides what it is, unknown where no service knows it.
Lookup = Literal["", "pending", "done", "unsure", "unknown"]


class PartsRecord(
    msgspec.Struct,
    kw_only=True,
    frozen=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """What is known of a stage's parts: results of the finished, failures of the others."""

    done: dict[str, list[Any]] = {}  # name -> [result]: a list, as null has a meaning in patches
    failed: dict[str, int] = {}


class Item(
    msgspec.Struct,
    kw_only=True,
    frozen=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """What every kind of item remembers; times are ISO 8601 in UTC, sizes in counts."""

    status: Status
    name: str = ""  # for people, where the key is not a name
    path: str = ""  # escaped, see files.escape
    priority: Number = 0
    note: str = ""
    attempts: Number | dict[str, Number] = 0  # an object per stage for staged kinds
    started_date: str = ""
    processed_date: str = ""
    session: str = ""
    claim: Number = 0  # seq of the claim that holds it
    first_claim: Number = 0  # seq of the first claim since it became pending
    settled: Number = 0  # seq of its last settle
    suspect: bool = False  # it was begun when its owner died: it runs alone next time
    rules: Number = 0  # version of the rules that it was done by
    outdated: bool = False  # reset to be done again by newer rules, after the pending
    skip_reason: str = ""
    returns_to: str = ""  # a vanished item's status before it vanished
    lookup: Lookup = ""
    for_lookup: bool = False  # in progress for its look-up alone: given back, it is completed
    error_message: str = ""
    error_date: str = ""
    not_before: str = ""  # a failed item waits until then
    processing_stage: str = ""
    parts: PartsRecord | None = None  # of the running stage
    output_name: str = ""
    report: str = ""
    fingerprint: str = ""
    issues_found: Number = 0
    issues_resolved: Number = 0
    auto_fixed: Number = 0
    repaired: Number = 0  # first_claim under which those repairs were made
    manual_reviews: Number = 0
    issues: dict[str, Number] = {}  # still open, by kind
    notes: Number = 0  # found beside them: worth knowing, no decision needed


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An item as a scan of the library finds it on disk."""

    key: str
    path: str  # escaped, see files.escape
    fingerprint: str  # changes whenever a file below changes in name, size or time
    fields: dict[str, int] = {}  # counts that the kind's Struct holds, such as track_count


class MusicItem(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """One artist's folder."""

    track_count: Number = 0
    album_count: Number = 0
    unread_count: Number = 0  # audio files of formats that are not read
    mbid: str = ""  # the artist's at MusicBrainz
    albums_matched: Number = 0  # of which the release is certain
    albums_tied: Number = 0  # the release group is, and several editions are as likely
    albums_unsure: Number = 0  # a person decides
    albums_unknown: Number = 0  # to MusicBrainz
    fields_filled: Number = 0  # of tags, with what it knows


# How it was found out which movie a file is: "auto" by itself, "user" where a person said so;
# "review" where a person has to, "unmatched" where nothing near is known.
MatchState = Literal["", "auto", "review", "unmatched", "user"]


class MovieItem(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """One movie: a video file with all that belongs to it, or a folder of its own.

    A `match` of "user" with one of the two ids is a person's word, which decides over all else.
    """

    title: str = ""  # as TMDb has it, else as its name is read
    year: Number = 0
    edition: str = ""
    tmdb_id: Number = 0
    imdb_id: str = ""
    match: MatchState = ""
    confidence: float = 0.0  # 0 to 1
    collection_id: Number = 0  # at TMDb
    collected: Number = 0  # movies of that collection in the library, as its report knows them
    file_count: Number = 0  # videos: parts and versions
    metadata_files: tuple[str, ...] = ()  # that mediakeep has made, by their places; escaped


def may_become(item: Item, new: Status) -> bool:
    """Tell whether an item may go to a status (staying is no transition)."""
    if item.status is Status.COMPLETED and new is Status.IN_PROGRESS:
        return item.lookup == "pending"
    return new is item.status or new in TRANSITIONS[item.status]


def is_gone(item: Item) -> bool:
    """Tell whether an item is skipped because a scan does not find it any more."""
    return item.status is Status.SKIPPED and item.skip_reason in GONE


def awaits_lookup(item: Item) -> bool:
    """Tell whether an item lacks nothing but its look-up."""
    return item.lookup == "pending" and (item.status is Status.COMPLETED or item.for_lookup)
