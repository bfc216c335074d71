"""What waits for a person: how much of which kind, and what has waited longest."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.views import review
from mediakeep.views.periods import Zone

OLDEST = 10  # that are named

Accepting = Callable[[str], str]  # the command that accepts all proposals of a kind


class Entry(msgspec.Struct, frozen=True):
    """One decision, as the list of reviews has it; the rest of an entry is passed over."""

    id: str
    kind: str
    artist: str = ""
    album: str = ""
    path: str = ""
    severity: str = ""
    detail: str = ""
    proposal: str = ""
    command: str = ""
    report: str = ""


class Open(msgspec.Struct, frozen=True):
    """A decision and its item; `since` is the day when it was first found, or ""."""

    item: str
    entry: Entry
    since: str


class Sort(msgspec.Struct, frozen=True):
    """All decisions of one kind; `command` accepts what is proposed, "" where nothing is."""

    kind: str
    count: int
    proposed: int
    command: str


class Decisions(msgspec.Struct, frozen=True):
    """What waits for a person."""

    total: int
    proposed: int
    sorts: list[Sort]  # most first
    oldest: list[Open]

    @property
    def first(self) -> Open | None:
        """The oldest that a command can settle."""
        return next((one for one in self.oldest if one.entry.command), None)


class _View(msgspec.Struct):
    reviews: dict[str, list[Entry]]


def read(
    home: Path, since: Mapping[str, str], accepting: Accepting, zone: Zone
) -> Decisions | None:
    """Read the list of reviews; None where it is missing or damaged.

    `since` tells by id when an issue was first found.
    """
    try:
        view = msgspec.json.decode((home / review.FILE).read_bytes(), type=_View)
    except (OSError, msgspec.MsgspecError):
        return None
    entries = list(_entries(view))
    oldest = heapq.nsmallest(OLDEST, entries, key=lambda one: _age(one, since))
    kinds = Counter(entry.kind for _, entry in entries)
    proposed = Counter(entry.kind for _, entry in entries if entry.proposal)
    return Decisions(
        total=len(entries),
        proposed=proposed.total(),
        sorts=[
            Sort(kind, count, proposed[kind], accepting(kind) if proposed[kind] else "")
            for kind, count in sorted(kinds.items(), key=lambda one: (-one[1], one[0]))
        ],
        oldest=[Open(item, entry, _day(since.get(entry.id), zone)) for item, entry in oldest],
    )


def _day(moment: str | None, zone: Zone) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone).date()}" if moment else ""


def _entries(view: _View) -> Iterator[tuple[str, Entry]]:
    return ((item, entry) for item, found in view.reviews.items() for entry in found)


def _age(one: tuple[str, Entry], since: Mapping[str, str]) -> tuple[Any, ...]:
    """Order by the day; of one day, what a command can settle comes first, and errors before it."""
    item, entry = one
    day = since.get(entry.id, "9999")[:10]
    return day, not entry.command, entry.severity != "error", not entry.proposal, item, entry.id
