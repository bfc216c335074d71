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
from mediakeep.views.periods import Zone

OLDEST = 5  # shown in the report


class Listed(msgspec.Struct, frozen=True):
    """The home with the review list, and the queue to read from it."""

    home: Path
    queue: str


class Remedies(msgspec.Struct, frozen=True):
    """How to resolve a kind of issue: the command that accepts all proposals, and advice."""

    accept: Callable[[str], str]
    advice: Callable[[str], str]


class Entry(msgspec.Struct, frozen=True):
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


Dated = tuple[str, str, Entry]  # the day it was first found, or "", its item, and the entry


class Open(msgspec.Struct, frozen=True):
    """A pending review and its item; `since` is the day it was first found, or "".

    `advice` says how to resolve its kind of issue.
    """

    item: str
    entry: Entry
    since: str
    advice: str


class Sort(msgspec.Struct, frozen=True):
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
    sorts: list[Sort]  # most frequent first
    oldest: list[Open]
    first: Open | None  # the oldest that a command can resolve


class _View(msgspec.Struct):
    reviews: dict[str, list[Entry]]


def acceptable(home: Path) -> dict[str, list[str]]:
    """List the kinds with proposals by queue, most proposals first."""
    proposed: dict[str, Counter[str]] = {}
    for _, entry in _entries(home) or []:
        if entry.proposal:
            proposed.setdefault(entry.queue, Counter())[entry.kind] += 1
    return {
        queue: sorted(counts, key=lambda kind: (-counts[kind], kind))
        for queue, counts in proposed.items()
    }


def read(
    where: Listed, since: Mapping[str, str], remedies: Remedies, zone: Zone
) -> Decisions | None:
    """Read the pending reviews of a queue; None if the list is missing or damaged.

    `since` maps issue ids to the time they were first found.
    """
    listed = _entries(where.home)
    if listed is None:
        return None
    entries = [(item, entry) for item, entry in listed if entry.queue == where.queue]
    days = {moment: _day(moment, zone) for moment in set(since.values())}
    dated = [(days.get(since.get(entry.id, ""), ""), item, entry) for item, entry in entries]
    kinds = Counter(entry.kind for _, entry in entries)
    proposed = Counter(entry.kind for _, entry in entries if entry.proposal)
    return Decisions(
        total=len(entries),
        proposed=proposed.total(),
        sorts=[
            _sort(kind, count, proposed[kind], remedies)
            for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        ],
        oldest=_oldest(dated, OLDEST, remedies),
        first=next(
            iter(_oldest([entry for entry in dated if entry[2].command], 1, remedies)), None
        ),
    )


def _sort(kind: str, count: int, proposed: int, remedies: Remedies) -> Sort:
    command = remedies.accept(kind) if proposed else ""
    return Sort(kind, count, proposed, command, remedies.advice(kind))


def _oldest(dated: list[Dated], most: int, remedies: Remedies) -> list[Open]:
    return [
        Open(item, entry, day, remedies.advice(entry.kind))
        for day, item, entry in heapq.nsmallest(most, dated, key=_age)
    ]


def _day(moment: str, zone: Zone) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone).date()}"


def _entries(home: Path) -> list[tuple[str, Entry]] | None:
    """Read the review list, each entry with its item; None if it is missing or damaged."""
    try:
        view = msgspec.json.decode((home / review.FILE).read_bytes(), type=_View)
    except (OSError, msgspec.MsgspecError):
        return None
    return [(item, entry) for item, some in view.reviews.items() for entry in some]


def _age(dated: Dated) -> tuple[Any, ...]:
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
