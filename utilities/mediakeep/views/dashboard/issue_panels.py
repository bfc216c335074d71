"""Panels of failures, open issues, pending decisions, and requests to services."""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep import config
from mediakeep.kinds import KINDS
from mediakeep.views import review, terminal
from mediakeep.views.dashboard import text_layout
from mediakeep.views.dashboard.panel_layout import Panel
from mediakeep.views.dashboard.text_layout import Colour, TerminalStyle, TextPiece, TextRow
from mediakeep.views.dashboard.time_text import DisplayTime
from mediakeep.views.period_stats import PeriodTotals
from mediakeep.views.poller import HomeSnapshot
from mediakeep.views.summary import FailedItem, KindSummary

_NAME_WIDTH = 24  # cells
_MAX_FAILURES = 200  # failures shown as rows; of the others, only the number


def failures_panel(
    glance: HomeSnapshot, now: DisplayTime, size: tuple[int, TerminalStyle]
) -> Panel | None:
    """Show which items failed, why, how often, and when they are retried."""
    looks = glance.queues
    failed = [
        (look, trouble) for look in looks if look.summary for trouble in look.summary.failed_items
    ]
    if not failed:
        return None
    width, style = size
    first = failed[0][0].kind
    command = f"{config.format_command(first.manager_script, glance.home)} --reset-errors"
    tail = (
        text_layout.wrap_command(command, width, style)
        if any(not trouble.next_try for _, trouble in failed)
        else []
    )
    troubles = [trouble for _, trouble in failed[:_MAX_FAILURES]]
    names = style.align_column([trouble.item for trouble in troubles], min(_NAME_WIDTH, width // 3))
    tries = style.align_column([_format_attempts(trouble, now) for trouble in troubles], width)
    shown = [_failure_row(*trouble) for trouble in zip(names, tries, troubles, strict=True)]
    title = f"Failed: {terminal.format_count(len(failed), first.noun, first.plural)}"
    return Panel(title, shown, min_rows=2, tail=tail, hidden_count=len(failed) - len(shown))


def _format_attempts(trouble: FailedItem, now: DisplayTime) -> str:
    retry = f"retry {now.format_remaining(trouble.next_try)}" if trouble.next_try else "given up"
    return f"{terminal.format_count(trouble.attempts, 'try', 'tries')}, {retry}"


def _failure_row(name: str, tries: str, trouble: FailedItem) -> TextRow:
    return [
        TextPiece(name, can_shrink=True),
        TextPiece(f"  {tries}  ", Colour.WARN if trouble.next_try else Colour.BAD),
        TextPiece(trouble.error, can_shrink=True),
    ]


def issues_panel(accounts: Sequence[KindSummary]) -> Panel | None:
    """Count open issues by kind, with the changes of the current week."""
    issue_rows: list[TextRow] = []
    for account in accounts:
        status, flow = account.status, account.weeks[-1].flow if account.weeks else PeriodTotals()
        places = max((len(f"{number:,}") for number in status.issues.values()), default=1)
        cells = max(map(len, status.issues), default=0)
        issue_rows += [_totals_row(account, flow, named=len(accounts) > 1)]
        issue_rows += [
            [TextPiece(f"{number:>{places},} {kind:<{cells}}  "), *_kind_changes(kind, flow)]
            for kind, number in status.issues.items()
        ]
    has_data = any(
        summary.status.issues or summary.status.notes or summary.weeks for summary in accounts
    )
    return Panel("Issues", issue_rows, min_rows=3, column=1) if has_data else None


def _totals_row(account: KindSummary, flow: PeriodTotals, *, named: bool) -> TextRow:
    status = account.status
    total = sum(status.issues.values())
    name = f"{status.kind}: " if named else ""
    pieces = [TextPiece(f"{name}{terminal.format_count(total, 'open issue')}", Colour.FIGURE)]
    if status.notes:
        pieces.append(TextPiece(f", {terminal.format_count(status.notes, 'note')}"))
    moves = _change_pieces(
        [sum(counts.values()) for counts in _counts_by_change(flow)], "; this week "
    )
    return [*pieces, *moves]


def _counts_by_change(flow: PeriodTotals) -> tuple[dict[str, int], ...]:
    return flow.new, flow.regressed, flow.closed, flow.repaired


def _kind_changes(kind: str, flow: PeriodTotals) -> list[TextPiece]:
    return _change_pieces([counts.get(kind, 0) for counts in _counts_by_change(flow)])


def _change_pieces(numbers: Sequence[int], before: str = "") -> list[TextPiece]:
    """Format the changes with their signs."""
    words = ("+{:,} new", "+{:,} came back", "-{:,} closed", "{:,} repaired")
    inks = (Colour.WARN, Colour.BAD, Colour.GOOD, Colour.GOOD)
    shown = [change for change in zip(numbers, words, inks, strict=True) if change[0]]
    return [
        TextPiece(f"{', ' if place else before}{text.format(number)}", ink)
        for place, (number, text, ink) in enumerate(shown)
    ]


def decisions_panel(
    glance: HomeSnapshot, accounts: Sequence[KindSummary], size: tuple[int, TerminalStyle]
) -> Panel | None:
    """Show how many reviews are pending, their kinds, and how to see and accept them."""
    waiting = [account.status for account in accounts if account.status.reviews]
    if not waiting:
        return None
    width, style = size
    total = sum(status.reviews for status in waiting)
    kinds = [kind for status in waiting for kind in status.issues]
    head: TextRow = [
        TextPiece(f"{total:,} {'waits' if total == 1 else 'wait'} for you", Colour.WARN),
        TextPiece(f": {', '.join(kinds[:3])}" if kinds else "", can_shrink=True),
        TextPiece(f" and {len(kinds) - 3:,} more kinds" if kinds[3:] else ""),
    ]
    decision_rows: list[TextRow] = [
        head,
        [TextPiece("all of them are in ", Colour.DIM), TextPiece(review.FILE)],
    ]
    if glance.accept_command:
        decision_rows += text_layout.wrap_command(glance.accept_command, width, style)
    return Panel("To decide", decision_rows, is_list=False, column=1)


def services_panel(
    accounts: Sequence[KindSummary], size: tuple[int, TerminalStyle]
) -> Panel | None:
    """Summarize this week's requests to services; None if there were none."""
    service_rows: list[TextRow] = []
    for account in accounts:
        amounts = account.weeks[-1].flow.amounts if account.weeks else {}
        requests, hits = int(amounts.get("requests", 0)), int(amounts.get("hits", 0))
        if not (requests or hits):
            continue
        share = f" ({100 * hits / (requests + hits):.0f}% of all)"
        pieces = [
            TextPiece(f"{terminal.format_count(requests, 'request')} this week", Colour.FIGURE)
        ]
        pieces += [TextPiece(f"{hits:,} answered by the cache{share}")] if hits else []
        if waited := amounts.get("waited", 0):
            pieces.append(
                TextPiece(f"{terminal.format_duration(waited)} waited, all workers together")
            )
        service_rows += text_layout.flow_pieces(pieces, *size)
    notices = (KINDS[account.status.kind].attribution for account in accounts)
    service_rows += [
        row for text in notices if text for row in text_layout.wrap_text(text, *size, Colour.DIM)
    ]
    return Panel("Services", service_rows, is_list=False, column=1) if service_rows else None
