"""Dashboard panels of failures, open issues, pending decisions, and requests to services."""

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
    home_snapshot: HomeSnapshot, now: DisplayTime, size: tuple[int, TerminalStyle]
) -> Panel | None:
    """Build the panel of failed items: why, how often, and when they are retried.

    Return None if none failed.
    """
    snapshots = home_snapshot.queues
    failed = [
        (snapshot, failure)
        for snapshot in snapshots
        if snapshot.summary
        for failure in snapshot.summary.failed_items
    ]
    if not failed:
        return None
    width, style = size
    first = failed[0][0].kind
    command = f"{config.format_command(first.manager_script, home_snapshot.home)} --reset-errors"
    tail = (
        text_layout.wrap_command(command, width, style)
        if any(not failure.next_try for _, failure in failed)
        else []
    )
    troubles = [failure for _, failure in failed[:_MAX_FAILURES]]
    names = style.align_column([failure.item for failure in troubles], min(_NAME_WIDTH, width // 3))
    attempts_text = style.align_column(
        [_format_attempts(failure, now) for failure in troubles], width
    )
    shown = [_failure_row(*failure) for failure in zip(names, attempts_text, troubles, strict=True)]
    title = f"Failed: {terminal.format_count(len(failed), first.noun, first.plural)}"
    return Panel(title, shown, min_rows=2, tail=tail, hidden_count=len(failed) - len(shown))


def _format_attempts(failure: FailedItem, now: DisplayTime) -> str:
    retry = f"retry {now.format_remaining(failure.next_try)}" if failure.next_try else "given up"
    return f"{terminal.format_count(failure.attempts, 'try', 'tries')}, {retry}"


def _failure_row(name: str, attempts_text: str, failure: FailedItem) -> TextRow:
    return [
        TextPiece(name, can_shrink=True),
        TextPiece(f"  {attempts_text}  ", Colour.WARN if failure.next_try else Colour.BAD),
        TextPiece(failure.error, can_shrink=True),
    ]


def issues_panel(summaries: Sequence[KindSummary]) -> Panel | None:
    """Build the panel of open issues by kind, with this week's changes.

    Return None if there is nothing to show.
    """
    issue_rows: list[TextRow] = []
    for account in summaries:
        status, totals = account.status, account.weeks[-1].flow if account.weeks else PeriodTotals()
        places = max((len(f"{number:,}") for number in status.issues.values()), default=1)
        cells = max(map(len, status.issues), default=0)
        issue_rows += [_totals_row(account, totals, named=len(summaries) > 1)]
        issue_rows += [
            [TextPiece(f"{number:>{places},} {kind:<{cells}}  "), *_kind_changes(kind, totals)]
            for kind, number in status.issues.items()
        ]
    has_data = any(
        summary.status.issues or summary.status.notes or summary.weeks for summary in summaries
    )
    return Panel("Issues", issue_rows, min_rows=3, column=1) if has_data else None


def _totals_row(summary: KindSummary, totals: PeriodTotals, *, named: bool) -> TextRow:
    status = summary.status
    total = sum(status.issues.values())
    name = f"{status.kind}: " if named else ""
    pieces = [TextPiece(f"{name}{terminal.format_count(total, 'open issue')}", Colour.FIGURE)]
    if status.notes:
        pieces.append(TextPiece(f", {terminal.format_count(status.notes, 'note')}"))
    moves = _change_pieces(
        [sum(counts.values()) for counts in _counts_by_change(totals)], "; this week "
    )
    return [*pieces, *moves]


def _counts_by_change(totals: PeriodTotals) -> tuple[dict[str, int], ...]:
    return totals.new, totals.regressed, totals.closed, totals.repaired


def _kind_changes(kind: str, totals: PeriodTotals) -> list[TextPiece]:
    return _change_pieces([counts.get(kind, 0) for counts in _counts_by_change(totals)])


def _change_pieces(numbers: Sequence[int], before: str = "") -> list[TextPiece]:
    """Format changes of a count with their signs."""
    words = ("+{:,} new", "+{:,} came back", "-{:,} closed", "{:,} repaired")
    inks = (Colour.WARN, Colour.BAD, Colour.GOOD, Colour.GOOD)
    shown = [change for change in zip(numbers, words, inks, strict=True) if change[0]]
    return [
        TextPiece(f"{', ' if place else before}{text.format(number)}", colour)
        for place, (number, text, colour) in enumerate(shown)
    ]


def decisions_panel(
    home_snapshot: HomeSnapshot, summaries: Sequence[KindSummary], size: tuple[int, TerminalStyle]
) -> Panel | None:
    """Build the panel of pending reviews: their number, their kinds, and the commands to use.

    Return None if there is nothing to show.
    """
    pending = [summary.status for summary in summaries if summary.status.reviews]
    if not pending:
        return None
    width, style = size
    total = sum(status.reviews for status in pending)
    kinds = [kind for status in pending for kind in status.issues]
    head: TextRow = [
        TextPiece(f"{total:,} {'waits' if total == 1 else 'wait'} for you", Colour.WARN),
        TextPiece(f": {', '.join(kinds[:3])}" if kinds else "", can_shrink=True),
        TextPiece(f" and {len(kinds) - 3:,} more kinds" if kinds[3:] else ""),
    ]
    decision_rows: list[TextRow] = [
        head,
        [TextPiece("all of them are in ", Colour.DIM), TextPiece(review.FILE)],
    ]
    if home_snapshot.accept_command:
        decision_rows += text_layout.wrap_command(home_snapshot.accept_command, width, style)
    return Panel("To decide", decision_rows, is_list=False, column=1)


def services_panel(
    summaries: Sequence[KindSummary], size: tuple[int, TerminalStyle]
) -> Panel | None:
    """Build the panel of this week's requests to services; return None if there were none."""
    service_rows: list[TextRow] = []
    for summary in summaries:
        amounts = summary.weeks[-1].flow.amounts if summary.weeks else {}
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
    notices = (KINDS[summary.status.kind].attribution for summary in summaries)
    service_rows += [
        row for text in notices if text for row in text_layout.wrap_text(text, *size, Colour.DIM)
    ]
    return Panel("Services", service_rows, is_list=False, column=1) if service_rows else None
