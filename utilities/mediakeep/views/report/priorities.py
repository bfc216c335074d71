"""What a reader of a report does first: damaged files, vanished items, failures, proposals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mediakeep.kinds import Kind
from mediakeep.queue.history.queries import SessionRepairs
from mediakeep.size_text import format_count
from mediakeep.views.report.decisions import DatedEntry, FixHints, ReviewListEntry
from mediakeep.views.report.kind_progress import CurrentState, FailureGroup

DAMAGED, VANISHED, FAILED = range(3)  # the most urgent first
MAX_NAMES = 3  # in a row
MAX_ROWS = 5  # that are shown at once


class UrgentRow(msgspec.Struct, frozen=True):
    """Items or files that need the user: their names, the problem, and what to do about it.

    `nouns` name one and several of them, such as "damaged file" and "damaged files".
    """

    kind: str
    urgency: int
    nouns: tuple[str, str]
    names: list[str]
    count: int
    problem: str
    advice: str
    command: str = ""


class ProposalGroupRow(msgspec.Struct, frozen=True):
    """A kind of issue whose proposals one command accepts: how many, and one of them."""

    kind: str
    issue: str
    count: int  # of the proposals
    items: str  # that they are for, such as "21 artists"
    example: str
    place: str
    command: str


class Priorities(msgspec.Struct, frozen=True):
    """What the reader of a report does first in one queue, and what was repaired there."""

    urgent: list[UrgentRow] = []
    acceptable: list[ProposalGroupRow] = []
    repaired: list[tuple[str, SessionRepairs]] = []  # each with the name of the kind


def build_priorities(
    kind: Kind,
    present: CurrentState | None,
    entries: Sequence[DatedEntry],
    hints: FixHints,
    repairs: Iterable[SessionRepairs],
) -> Priorities:
    """Return what to do first in a queue; of a past period, only what was repaired is known."""
    repaired = [(kind.name, session) for session in repairs]
    if present is None:
        return Priorities(repaired=repaired)
    rows = [*_list_damaged(kind, entries, hints), *_list_vanished(kind, present)]
    rows += [_build_failure_row(kind, failure) for failure in present.failing]
    return Priorities(rows, list(_list_acceptable(kind, entries, hints)), repaired)


def sort_urgent_rows(rows: Iterable[UrgentRow]) -> list[UrgentRow]:
    """Return rows, those to show at once first: the most urgent, with at least one of each urgency.

    Else many damaged files would hide that an artist has vanished.
    """
    ordered = sorted(rows, key=lambda row: row.urgency)
    examples = list({row.urgency: row for row in reversed(ordered)}.values())
    others = [row for row in ordered if all(row is not one for one in examples)]
    split = MAX_ROWS - len(examples)
    shown = sorted([*examples, *others[:split]], key=lambda row: row.urgency)
    return [*shown, *others[split:]]


def _list_damaged(
    kind: Kind, entries: Iterable[DatedEntry], hints: FixHints
) -> Iterator[UrgentRow]:
    """Yield the damaged files of each item, the newest first."""
    groups: dict[tuple[str, str], list[ReviewListEntry]] = {}
    by_name = sorted(entries, key=lambda dated: (dated[1], dated[2].path))
    for _, item, entry in sorted(by_name, key=lambda dated: dated[0], reverse=True):
        if entry.kind in kind.damage_kinds:
            groups.setdefault((item, entry.kind), []).append(entry)
    for (item, issue), files in groups.items():
        detail = f" ({files[0].detail})" if files[0].detail and len(files) == 1 else ""
        names = [_name_place(item, entry) for entry in files]
        yield UrgentRow(
            kind=kind.name,
            urgency=DAMAGED,
            nouns=("damaged file", "damaged files"),
            names=names[:MAX_NAMES],
            count=len(names),
            problem=f"{issue}{detail}",
            advice=hints.advice(issue),
        )


def _list_vanished(kind: Kind, present: CurrentState) -> Iterator[UrgentRow]:
    """Yield one row on all vanished items; those that the user ignores are not urgent."""
    if lost := [gone for gone in present.gone if gone.reason != "ignored"]:
        them = "it" if len(lost) == 1 else "them"
        yield UrgentRow(
            kind=kind.name,
            urgency=VANISHED,
            nouns=(f"vanished {kind.noun}", f"vanished {kind.plural}"),
            names=[gone.item for gone in lost[:MAX_NAMES]],
            count=len(lost),
            problem="no longer in the library"
            f" ({' or '.join(dict.fromkeys(gone.reason for gone in lost))})",
            advice=f"Restore {them} from a backup. If you removed {them} on purpose:",
            command=present.forget,
        )


def _build_failure_row(kind: Kind, failure: FailureGroup) -> UrgentRow:
    later = "Fix the cause, then have the next batch retry it:"
    return UrgentRow(
        kind=kind.name,
        urgency=FAILED,
        nouns=(f"failed {kind.noun}", f"failed {kind.plural}"),
        names=failure.items[:MAX_NAMES],
        count=failure.count,
        problem=failure.error.removesuffix("."),
        advice="The next batch retries it." if failure.due else later,
        command="" if failure.due else failure.command,
    )


def _list_acceptable(
    kind: Kind, entries: Iterable[DatedEntry], hints: FixHints
) -> Iterator[ProposalGroupRow]:
    """Yield the kinds of issues whose proposals one command accepts."""
    by_kind: dict[str, list[tuple[str, ReviewListEntry]]] = {}
    for _, item, entry in entries:
        if entry.proposal:
            by_kind.setdefault(entry.kind, []).append((item, entry))
    for issue, proposed in by_kind.items():
        if command := hints.accept(issue):
            item, entry = min(proposed, key=lambda pair: (pair[0], pair[1].path))
            yield ProposalGroupRow(
                kind=kind.name,
                issue=issue,
                count=len(proposed),
                items=format_count(len({item for item, _ in proposed}), kind.noun, kind.plural),
                example=entry.proposal,
                place=_name_place(item, entry),
                command=command,
            )


def _name_place(item: str, entry: ReviewListEntry) -> str:
    """Return the path of an entry's file or album below the library, or else its item."""
    place = entry.path or entry.album
    return f"{item}/{place}" if place else item
