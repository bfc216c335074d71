"""What waits for a person: how much of which kind, and what has waited longest."""

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

OLDEST = 5  # that are named


class Listed(msgspec.Struct, frozen=True):
    """A home's list of reviews, and of which queue the entries are wanted."""

    home: Path
    queue: str


class Remedies(msgspec.Struct, frozen=True):
    """What helps against a kind of issue: the command that accepts all proposals, and advice."""

    accept: Callable[[str], str]
    advice: Callable[[str], str]


class Entry(msgspec.Struct, frozen=True):
    """One decision, as the list of reviews has it; the rest of an entry is passed over."""

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


Dated = tuple[str, str, Entry]  # the day when it was first found, or "", and its item


class Open(msgspec.Struct, frozen=True):
    """A decision and its item; `since` is the day when it was first found, or "".

    `advice` says what helps against its kind of issue.
    """

    item: str
    entry: Entry
    since: str
    advice: str


class Sort(msgspec.Struct, frozen=True):
    """All decisions of one kind; `command` accepts what is proposed, "" where nothing is."""

    kind: str
    count: int
    proposed: int
    command: str
    advice: str


class Decisions(msgspec.Struct, frozen=True):
    """What waits for a person."""

    total: int
    proposed: int
    sorts: list[Sort]  # most first
    oldest: list[Open]
    first: Open | None  # the oldest that a command can settle


class _View(msgspec.Struct):
    reviews: dict[str, list[Entry]]


def acceptable(home: Path) -> dict[str, list[str]]:
    """List by queue the kinds of which anything is proposed, most proposals first."""
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
    """Read what the list of reviews has of a queue; None where it is missing or damaged.

    `since` tells by id when an issue was first found.
    """
    listed = _entries(where.home)
    if listed is None:
        return None
    entries = [(item, entry) for item, entry in listed if entry.queue == where.queue]
    days = {moment: _day(moment, zone) for moment in set(since.values())}
    found = [(days.get(since.get(entry.id, ""), ""), item, entry) for item, entry in entries]
    kinds = Counter(entry.kind for _, entry in entries)
    proposed = Counter(entry.kind for _, entry in entries if entry.proposal)
    return Decisions(
        total=len(entries),
        proposed=proposed.total(),
        sorts=[
            _sort(kind, count, proposed[kind], remedies)
            for kind, count in sorted(kinds.items(), key=lambda one: (-one[1], one[0]))
        ],
        oldest=_oldest(found, OLDEST, remedies),
        first=next(iter(_oldest([one for one in found if one[2].command], 1, remedies)), None),
    )


def _sort(kind: str, count: int, proposed: int, remedies: Remedies) -> Sort:
    command = remedies.accept(kind) if proposed else ""
    return Sort(kind, count, proposed, command, remedies.advice(kind))


def _oldest(found: list[Dated], most: int, remedies: Remedies) -> list[Open]:
    return [
        Open(item, entry, day, remedies.advice(entry.kind))
        for day, item, entry in heapq.nsmallest(most, found, key=_age)
    ]


def _day(moment: str, zone: Zone) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone).date()}"


def _entries(home: Path) -> list[tuple[str, Entry]] | None:
    """Read the list of reviews, each with its item; None where it is missing or damaged."""
    try:
        view = msgspec.json.decode((home / review.FILE).read_bytes(), type=_View)
    except (OSError, msgspec.MsgspecError):
        return None
    return [(item, entry) for item, found in view.reviews.items() for entry in found]


def _age(one: Dated) -> tuple[Any, ...]:
    """Order by the day; of one day, what a command can settle comes first, and errors before it."""
    day, item, entry = one
    return (
        day or "9999",
        not entry.command,
        entry.severity != "error",
        not entry.proposal,
        item,
        entry.id,
    )
