"""Read the pending reviews for a report: how many of each kind, and the oldest.

A pending review is an issue that the user must decide.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import kinds
from mediakeep.counts import rank_counts
from mediakeep.untrusted_files import read_json
from mediakeep.views import review
from mediakeep.views.periods import TimeZone

MAX_OLDEST = 5  # shown in the report


class ReviewSource(msgspec.Struct, frozen=True):
    """Where reviews are read from: the home folder with the review list, and the queue."""

    home: Path
    queue: str


class FixHints(msgspec.Struct, frozen=True):
    """How to resolve issues of a kind: the command that accepts all proposals, and advice."""

    accept: Callable[[str], str] = lambda _: ""
    advice: Callable[[str], str] = lambda _: ""


class ReviewListEntry(msgspec.Struct, frozen=True):
    """A pending review in the review list; only the fields needed here are read."""

    id: str
    kind: str
    queue: str = kinds.FIRST_NAME
    artist: str = ""
    album: str = ""
    path: str = ""
    severity: str = ""
    detail: str = ""
    proposal: str = ""
    command: str = ""
    report: str = ""


# the day it was first found, or "", its item, and the entry
DatedEntry = tuple[str, str, ReviewListEntry]


class PendingReview(msgspec.Struct, frozen=True):
    """A pending review and its item; `since` is the day it was first found, or "" if unknown.

    `advice` says how to resolve this kind of issue.
    """

    item: str
    entry: ReviewListEntry
    since: str
    advice: str


class PendingReviewKind(msgspec.Struct, frozen=True):
    """All pending reviews of one kind of issue.

    `command` accepts all their proposals; it is "" if there are none.
    """

    kind: str
    count: int
    proposed: int
    command: str
    advice: str


class PendingReviews(msgspec.Struct, frozen=True):
    """The pending reviews of a queue."""

    total: int
    proposed: int
    sorts: list[PendingReviewKind]  # most frequent first
    oldest: list[PendingReview]
    first: PendingReview | None  # the oldest reviews that a command can resolve


class _ReviewFile(msgspec.Struct):
    reviews: dict[str, list[ReviewListEntry]]


def kinds_with_proposals(home: Path) -> dict[str, list[str]]:
    """Return the kinds of issues that have proposals for each queue, most proposals first."""
    proposed: dict[str, Counter[str]] = {}
    for _, entry in _read_entries(home) or []:
        if entry.proposal:
            proposed.setdefault(entry.queue, Counter())[entry.kind] += 1
    return {
        queue: sorted(counts, key=lambda kind: (-counts[kind], kind))
        for queue, counts in proposed.items()
    }


def read_dated_entries(
    source: ReviewSource, since: Mapping[str, str], zone: TimeZone
) -> list[DatedEntry] | None:
    """Return the pending reviews of a queue, or None if the review list is missing or damaged.

    `since` maps issue ids to the time they were first found.
    """
    listed = _read_entries(source.home)
    if listed is None:
        return None
    days = {
        moment: f"{datetime.fromisoformat(moment).astimezone(zone).date()}"
        for moment in set(since.values())
    }
    return [
        (days.get(since.get(entry.id, ""), ""), item, entry)
        for item, entry in listed
        if entry.queue == source.queue
    ]


def summarize_reviews(dated: list[DatedEntry], fix_hints: FixHints) -> PendingReviews:
    """Return the numbers of pending reviews, and the oldest."""
    kinds = Counter(entry.kind for _, _, entry in dated)
    proposed = Counter(entry.kind for _, _, entry in dated if entry.proposal)
    return PendingReviews(
        total=len(dated),
        proposed=proposed.total(),
        sorts=[
            PendingReviewKind(
                kind,
                count,
                proposed[kind],
                fix_hints.accept(kind) if proposed[kind] else "",
                fix_hints.advice(kind),
            )
            for kind, count in rank_counts(kinds).items()
        ],
        oldest=_oldest_decisions(dated, MAX_OLDEST, fix_hints),
        first=next(
            iter(_oldest_decisions([entry for entry in dated if entry[2].command], 1, fix_hints)),
            None,
        ),
    )


def _oldest_decisions(
    dated_entries: list[DatedEntry], limit: int, fix_hints: FixHints
) -> list[PendingReview]:
    return [
        PendingReview(item, entry, day, fix_hints.advice(entry.kind))
        for day, item, entry in heapq.nsmallest(limit, dated_entries, key=_age_key)
    ]


def _read_entries(home: Path) -> list[tuple[str, ReviewListEntry]] | None:
    """Read the review list as pairs of item key and entry; None if it is missing or damaged."""
    view = read_json(home / review.FILE, _ReviewFile)
    if view is None:
        return None
    return [(item, entry) for item, some in view.reviews.items() for entry in some]


def _age_key(dated: DatedEntry) -> tuple[Any, ...]:
    """Return a sort key: by day first found, then entries with a command, then errors."""
    day, item, entry = dated
    return (
        day or "9999",
        not entry.command,
        entry.severity != "error",
        not entry.proposal,
        item,
        entry.id,
    )
