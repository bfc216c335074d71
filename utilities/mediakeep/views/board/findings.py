"""Panels of failures, open issues, pending decisions, and requests to services."""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep import config
from mediakeep.kinds import KINDS
from mediakeep.views import review, terminal
from mediakeep.views.board import rows
from mediakeep.views.board.layout import Panel
from mediakeep.views.board.moments import Now
from mediakeep.views.board.rows import Ink, Piece, Row, Style
from mediakeep.views.flows import Flow
from mediakeep.views.summary import Account, Trouble
from mediakeep.views.watch import Glance

_NAME = 24  # cells
_SHOWN = 200  # failures shown as rows; of the others, only the number


def failures(glance: Glance, now: Now, size: tuple[int, Style]) -> Panel | None:
    """Show which items failed, why, how often, and when they are retried."""
    looks = glance.looks
    failed = [
        (look, trouble) for look in looks if look.account for trouble in look.account.troubles
    ]
    if not failed:
        return None
    width, style = size
    first = failed[0][0].kind
    command = f"{config.spoken(first.manager, glance.home)} --reset-errors"
    tail = (
        rows.command(command, width, style)
        if any(not trouble.next_try for _, trouble in failed)
        else []
    )
    troubles = [trouble for _, trouble in failed[:_SHOWN]]
    names = style.column([trouble.item for trouble in troubles], min(_NAME, width // 3))
    tries = style.column([_tries(trouble, now) for trouble in troubles], width)
    shown = [_failure(*trouble) for trouble in zip(names, tries, troubles, strict=True)]
    title = f"Failed: {terminal.count(len(failed), first.noun, first.plural)}"
    return Panel(title, shown, least=2, tail=tail, beyond=len(failed) - len(shown))


def _tries(trouble: Trouble, now: Now) -> str:
    retry = f"retry {now.until(trouble.next_try)}" if trouble.next_try else "given up"
    return f"{terminal.count(trouble.attempts, 'try', 'tries')}, {retry}"


def _failure(name: str, tries: str, trouble: Trouble) -> Row:
    return [
        Piece(name, gives=True),
        Piece(f"  {tries}  ", Ink.WARN if trouble.next_try else Ink.BAD),
        Piece(trouble.error, gives=True),
    ]


def issues(accounts: Sequence[Account]) -> Panel | None:
    """Count open issues by kind, with the changes of the current week."""
    issue_rows: list[Row] = []
    for account in accounts:
        status, flow = account.standing, account.weeks[-1].flow if account.weeks else Flow()
        places = max((len(f"{number:,}") for number in status.issues.values()), default=1)
        cells = max(map(len, status.issues), default=0)
        issue_rows += [_totals(account, flow, named=len(accounts) > 1)]
        issue_rows += [
            [Piece(f"{number:>{places},} {kind:<{cells}}  "), *_changes(kind, flow)]
            for kind, number in status.issues.items()
        ]
    has_data = any(
        summary.standing.issues or summary.standing.notes or summary.weeks for summary in accounts
    )
    return Panel("Issues", issue_rows, least=3, side=1) if has_data else None


def _totals(account: Account, flow: Flow, *, named: bool) -> Row:
    status = account.standing
    total = sum(status.issues.values())
    name = f"{status.kind}: " if named else ""
    pieces = [Piece(f"{name}{terminal.count(total, 'open issue')}", Ink.FIGURE)]
    if status.notes:
        pieces.append(Piece(f", {terminal.count(status.notes, 'note')}"))
    moves = _moves([sum(counts.values()) for counts in _kinds(flow)], "; this week ")
    return [*pieces, *moves]


def _kinds(flow: Flow) -> tuple[dict[str, int], ...]:
    return flow.new, flow.regressed, flow.closed, flow.repaired


def _changes(kind: str, flow: Flow) -> list[Piece]:
    return _moves([counts.get(kind, 0) for counts in _kinds(flow)])


def _moves(numbers: Sequence[int], before: str = "") -> list[Piece]:
    """Format the changes with their signs."""
    words = ("+{:,} new", "+{:,} came back", "-{:,} closed", "{:,} repaired")
    inks = (Ink.WARN, Ink.BAD, Ink.GOOD, Ink.GOOD)
    shown = [change for change in zip(numbers, words, inks, strict=True) if change[0]]
    return [
        Piece(f"{', ' if place else before}{text.format(number)}", ink)
        for place, (number, text, ink) in enumerate(shown)
    ]


def decisions(glance: Glance, accounts: Sequence[Account], size: tuple[int, Style]) -> Panel | None:
    """Show how many reviews are pending, their kinds, and how to see and accept them."""
    waiting = [account.standing for account in accounts if account.standing.reviews]
    if not waiting:
        return None
    width, style = size
    total = sum(status.reviews for status in waiting)
    kinds = [kind for status in waiting for kind in status.issues]
    head: Row = [
        Piece(f"{total:,} {'waits' if total == 1 else 'wait'} for you", Ink.WARN),
        Piece(f": {', '.join(kinds[:3])}" if kinds else "", gives=True),
        Piece(f" and {len(kinds) - 3:,} more kinds" if kinds[3:] else ""),
    ]
    decision_rows: list[Row] = [head, [Piece("all of them are in ", Ink.DIM), Piece(review.FILE)]]
    if glance.accept:
        decision_rows += rows.command(glance.accept, width, style)
    return Panel("To decide", decision_rows, listed=False, side=1)


def services(accounts: Sequence[Account], size: tuple[int, Style]) -> Panel | None:
    """Summarize this week's requests to services; None if there were none."""
    service_rows: list[Row] = []
    for account in accounts:
        amounts = account.weeks[-1].flow.amounts if account.weeks else {}
        requests, hits = int(amounts.get("requests", 0)), int(amounts.get("hits", 0))
        if not (requests or hits):
            continue
        share = f" ({100 * hits / (requests + hits):.0f}% of all)"
        pieces = [Piece(f"{terminal.count(requests, 'request')} this week", Ink.FIGURE)]
        pieces += [Piece(f"{hits:,} answered by the cache{share}")] if hits else []
        if waited := amounts.get("waited", 0):
            pieces.append(Piece(f"{terminal.duration(waited)} waited, all workers together"))
        service_rows += rows.flowed(pieces, *size)
    notices = (KINDS[account.standing.kind].notice for account in accounts)
    service_rows += [row for text in notices if text for row in rows.wrapped(text, *size, Ink.DIM)]
    return Panel("Services", service_rows, listed=False, side=1) if service_rows else None
