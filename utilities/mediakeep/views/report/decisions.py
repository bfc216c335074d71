"""Pending reviews: how many of each kind, and the oldest."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.kinds import MUSIC
from mediakeep.views import review
from mediakeep.views.periods import TimeZone

MAX_OLDEST = 5  # shown in the report


class ReviewSource(msgspec.Struct, frozen=True):
    """The home with the review list, and the queue to read from it."""

    home: Path
    queue: str


class FixHints(msgspec.Struct, frozen=True):
    """How to resolve a kind of issue: the command that accepts all proposals, and advice."""

    accept: Callable[[str], str]
    advice: Callable[[str], str]


class DecisionEntry(msgspec.Struct, frozen=True):
    """A pending review, as read from the review list; other fields are ignored."""

    id: str
    kind: str
    queue: str = MUSIC.name
    artist: str = ""
    album: str = ""
    path: str = ""
    severity: str = ""
    detail: str = ""
    proposal: str = ""
    command: str = ""
    report: str = ""


DatedEntry = tuple[
    str, str, DecisionEntry
]  # the day it was first found, or "", its item, and the entry


class OpenDecision(msgspec.Struct, frozen=True):
    """A pending review and its item; `since` is the day it was first found, or "".

    `advice` says how to resolve its kind of issue.
    """

    item: str
    entry: DecisionEntry
    since: str
    advice: str


class OpenIssueKind(msgspec.Struct, frozen=True):
    """All pending reviews of one kind; `command` accepts the proposals, or is ""."""

    kind: str
    count: int
    proposed: int
    command: str
    advice: str


class Decisions(msgspec.Struct, frozen=True):
    """The pending reviews of a queue."""

    total: int
    proposed: int
    sorts: list[OpenIssueKind]  # most frequent first
    oldest: list[OpenDecision]
    first: OpenDecision | None  # the oldest that a command can resolve


class _ReviewFile(msgspec.Struct):
    reviews: dict[str, list[DecisionEntry]]


def kinds_with_proposals(home: Path) -> dict[str, list[str]]:
    """List the kinds with proposals by queue, most proposals first."""
    proposed: dict[str, Counter[str]] = {}
    for _, entry in _read_entries(home) or []:
        if entry.proposal:
            proposed.setdefault(entry.queue, Counter())[entry.kind] += 1
    return {
        queue: sorted(counts, key=lambda kind: (-counts[kind], kind))
        for queue, counts in proposed.items()
    }


def read_decisions(
    where: ReviewSource, since: Mapping[str, str], remedies: FixHints, zone: TimeZone
) -> Decisions | None:
    """Read the pending reviews of a queue; None if the list is missing or damaged.

    `since` maps issue ids to the time they were first found.
    """
    listed = _read_entries(where.home)
    if listed is None:
        return None
    entries = [(item, entry) for item, entry in listed if entry.queue == where.queue]
    days = {moment: _local_day(moment, zone) for moment in set(since.values())}
    dated = [(days.get(since.get(entry.id, ""), ""), item, entry) for item, entry in entries]
    kinds = Counter(entry.kind for _, entry in entries)
    proposed = Counter(entry.kind for _, entry in entries if entry.proposal)
    return Decisions(
        total=len(entries),
        proposed=proposed.total(),
        sorts=[
            _build_kind(kind, count, proposed[kind], remedies)
            for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        ],
        oldest=_oldest_decisions(dated, MAX_OLDEST, remedies),
        first=next(
            iter(_oldest_decisions([entry for entry in dated if entry[2].command], 1, remedies)),
            None,
        ),
    )


def _build_kind(kind: str, count: int, proposed: int, remedies: FixHints) -> OpenIssueKind:
    command = remedies.accept(kind) if proposed else ""
    return OpenIssueKind(kind, count, proposed, command, remedies.advice(kind))


def _oldest_decisions(dated: list[DatedEntry], most: int, remedies: FixHints) -> list[OpenDecision]:
    return [
        OpenDecision(item, entry, day, remedies.advice(entry.kind))
        for day, item, entry in heapq.nsmallest(most, dated, key=_age_key)
    ]


def _local_day(moment: str, zone: TimeZone) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone).date()}"


def _read_entries(home: Path) -> list[tuple[str, DecisionEntry]] | None:
    """Read the review list, each entry with its item; None if it is missing or damaged."""
    try:
        view = msgspec.json.decode((home / review.FILE).read_bytes(), type=_ReviewFile)
    except (OSError, msgspec.MsgspecError):
        return None
    return [(item, entry) for item, some in view.reviews.items() for entry in some]


def _age_key(dated: DatedEntry) -> tuple[Any, ...]:
    """Sort by day; within a day, entries with a command first, then errors."""
    day, item, entry = dated
    return (
        day or "9999",
        not entry.command,
        entry.severity != "error",
        not entry.proposal,
        item,
        entry.id,
    )
