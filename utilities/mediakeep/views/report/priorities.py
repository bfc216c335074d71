"""What a reader of a report does first: damaged files, vanished items, failures, proposals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum

import msgspec

from mediakeep import config
from mediakeep.kinds import Kind
from mediakeep.queue.history.queries import SessionRepairs
from mediakeep.size_text import format_count
from mediakeep.views.report.current_state import StateContext
from mediakeep.views.report.decisions import DatedEntry, FixHints, ReviewListEntry
from mediakeep.views.report.kind_progress import CurrentState, FailureGroup, VanishedItem

MAX_URGENT = 5  # rows
MAX_NAMES = 3  # in a row
MAX_SESSIONS = 3  # that repaired


class Urgency(IntEnum):
    """Why an item needs the user; the lowest value comes first."""

    DAMAGED = 1
    VANISHED = 2
    FAILED = 3


class UrgentRow(msgspec.Struct, frozen=True):
    """Items or files that need the user: their names, the problem, and what to do about it."""

    urgency: Urgency
    names: list[str]
    count: int
    problem: str
    advice: str
    command: str = ""

    @property
    def more(self) -> int:
        """The number of items or files that are not named."""
        return self.count - len(self.names)


class AcceptableKind(msgspec.Struct, frozen=True):
    """A kind of issue whose proposals one command accepts: how many, and one of them."""

    kind: str
    count: int  # of the proposals
    changes: str  # what the command changes, such as "33 proposals for 21 artists"
    example: str
    place: str
    command: str


class RepairSession(msgspec.Struct, frozen=True):
    """What a session repaired, and the command that undoes it."""

    repairs: SessionRepairs
    command: str


class Priorities(msgspec.Struct, frozen=True):
    """What the reader of a report on one kind of media does first; most urgent first."""

    urgent: list[UrgentRow] = []
    acceptable: list[AcceptableKind] = []
    repaired: list[RepairSession] = []


def build_priorities(
    context: StateContext,
    present: CurrentState | None,
    entries: Sequence[DatedEntry],
    hints: FixHints,
    repairs: Iterable[SessionRepairs],
) -> Priorities:
    """Return what to do first in a queue; of a past period, only what was repaired is known."""
    undo = config.format_command("undo_changes.py", context.home)
    repaired = [RepairSession(one, f"{undo} --session {one.session}") for one in repairs]
    if present is None:
        return Priorities(repaired=repaired)
    kind = context.state.kind
    damaged = [dated for dated in entries if dated[2].kind in kind.damage_kinds]
    return Priorities(
        [*_list_urgent(present, damaged, hints, context.state.head.library_path)],
        _list_acceptable(entries, hints, kind),
        repaired,
    )


def _list_urgent(
    present: CurrentState, damaged: Iterable[DatedEntry], hints: FixHints, library: str
) -> Iterator[UrgentRow]:
    """Yield damaged files by item, the newest first, then vanished items, then failures."""
    groups: dict[tuple[str, str], list[ReviewListEntry]] = {}
    newest_first = sorted(damaged, key=lambda dated: (dated[1], dated[2].path))
    for _, item, entry in sorted(newest_first, key=lambda dated: dated[0], reverse=True):
        groups.setdefault((item, entry.kind), []).append(entry)
    for (item, kind), entries in groups.items():
        yield _build_damage_row(item, entries, hints.advice(kind))
    if lost := [gone for gone in present.gone if gone.reason != "ignored"]:
        yield _build_vanished_row(lost, library, present.forget)
    yield from map(_build_failure_row, present.failing)


def _build_damage_row(item: str, entries: Sequence[ReviewListEntry], advice: str) -> UrgentRow:
    first = entries[0]
    detail = f" ({first.detail})" if first.detail and len(entries) == 1 else ""
    names = [_name_place(item, entry) for entry in entries]
    command = first.command if len(entries) == 1 else ""
    return UrgentRow(
        Urgency.DAMAGED, names[:MAX_NAMES], len(names), f"{first.kind}{detail}", advice, command
    )


def _build_vanished_row(lost: Sequence[VanishedItem], library: str, forget: str) -> UrgentRow:
    reasons = " or ".join(dict.fromkeys(gone.reason for gone in lost))
    one = len(lost) == 1
    return UrgentRow(
        Urgency.VANISHED,
        [gone.item for gone in lost[:MAX_NAMES]],
        len(lost),
        f"{reasons}: no longer in {library}",
        f"Restore {'it' if one else 'them'} from a backup. If you removed"
        f" {'it' if one else 'them'} on purpose, tell the queue:",
        forget,
    )


def _build_failure_row(failure: FailureGroup) -> UrgentRow:
    names, count, error = failure.items[:MAX_NAMES], failure.count, failure.error
    if failure.due:
        return UrgentRow(Urgency.FAILED, names, count, error, "The next batch retries it.")
    advice = "Fix the cause, then have the next batch retry it:"
    return UrgentRow(Urgency.FAILED, names, count, error, advice, failure.command)


def _list_acceptable(
    entries: Iterable[DatedEntry], hints: FixHints, kind: Kind
) -> list[AcceptableKind]:
    """List the kinds of issues whose proposals one command accepts, most proposals first."""
    by_kind: dict[str, list[tuple[str, ReviewListEntry]]] = {}
    for _, item, entry in entries:
        if entry.proposal:
            by_kind.setdefault(entry.kind, []).append((item, entry))
    return [
        _build_acceptable(name, proposed, command, kind)
        for name, proposed in sorted(by_kind.items(), key=lambda entry: (-len(entry[1]), entry[0]))
        if (command := hints.accept(name))
    ]


def _build_acceptable(
    name: str, proposed: Sequence[tuple[str, ReviewListEntry]], command: str, kind: Kind
) -> AcceptableKind:
    items = format_count(len({item for item, _ in proposed}), kind.noun, kind.plural)
    changes = f"{format_count(len(proposed), 'proposal')} for {items}"
    item, entry = min(proposed, key=lambda one: (one[0], one[1].path))
    return AcceptableKind(
        name, len(proposed), changes, entry.proposal, _name_place(item, entry), command
    )


def _name_place(item: str, entry: ReviewListEntry) -> str:
    """Return the path of an entry's file or album below the library, or else its item."""
    place = entry.path or entry.album
    return f"{item}/{place}" if place else item
