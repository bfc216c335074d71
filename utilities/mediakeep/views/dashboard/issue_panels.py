"""Dashboard panels of failures, open issues, pending decisions, and requests to services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import UNSET
from rich.table import Column

from mediakeep import command_text, kinds
from mediakeep.size_text import format_count, format_counts
from mediakeep.views import review, terminal
from mediakeep.views.dashboard import styled_text
from mediakeep.views.dashboard.panel_layout import DashboardPanel
from mediakeep.views.dashboard.styled_text import Colour, TextPiece, compose_text
from mediakeep.views.dashboard.time_text import DisplayTime
from mediakeep.views.period_stats import PeriodTotals
from mediakeep.views.poller import HomeSnapshot
from mediakeep.views.summary import FailedItem, KindSummary

_NAME_WIDTH = 24  # cells
_MIN_ATTEMPTS_WIDTH = 40  # minimum cells of a panel to show attempts in full
_MAX_FAILURES = 200  # failures shown as rows; of the others, only the number


def failures_panel(
    home_snapshot: HomeSnapshot, now: DisplayTime, width: int
) -> DashboardPanel | None:
    """Build the panel of failed items: reason, number of attempts, and time of the next retry.

    Below are the commands that let those be tried again which are not retried. Return None if none
    failed.
    """
    failed = [
        (snapshot.kind, failure)
        for snapshot in home_snapshot.queues
        if snapshot.summary
        for failure in snapshot.summary.failed_items
    ]
    if not failed:
        return None
    nouns = Counter((kind.noun, kind.plural) for kind, _ in failed)
    managers = {kind.manager_script: None for kind, failure in failed if not failure.next_try}
    commands = [
        command_text.format_command(manager, home_snapshot.home, "--reset-errors")
        for manager in managers
    ]
    shown = failed[:_MAX_FAILURES]
    return DashboardPanel(
        f"Failed: {format_counts(nouns)}",
        columns=[
            Column(max_width=min(_NAME_WIDTH, width // 3)),
            Column(no_wrap=width >= _MIN_ATTEMPTS_WIDTH),
            Column(),
        ],
        rows=[
            [
                compose_text(failure.title, is_row=True),
                compose_text(_format_attempts(failure, now), is_row=True),
                compose_text(failure.error, is_row=True),
            ]
            for _, failure in shown
        ],
        tail=[line for command in commands for line in styled_text.wrap_command(command, width)],
        min_lines=2,
        is_list=True,
        hidden_count=len(failed) - len(shown),
    )


def _format_attempts(failure: FailedItem, now: DisplayTime) -> TextPiece:
    retry = f"retry {now.format_remaining(failure.next_try)}" if failure.next_try else "given up"
    colour = Colour.WARN if failure.next_try else Colour.BAD
    stage = f"{failure.stage}: " if failure.stage else ""
    return f"{stage}{format_count(failure.attempts, 'try', 'tries')}, {retry}", colour


def issues_panel(summaries: Sequence[KindSummary]) -> DashboardPanel | None:
    """Build the panel of open issues by kind, with this week's changes.

    Return None if there is nothing to show.
    """
    summaries = [summary for summary in summaries if _has_issues(summary)]
    has_data = any(
        summary.status.issues or summary.status.notes or summary.weeks for summary in summaries
    )
    if not has_data:
        return None
    totals = [summary.weeks[-1].flow if summary.weeks else PeriodTotals() for summary in summaries]
    return DashboardPanel(
        "Issues",
        lead=[
            compose_text(*_total_pieces(summary, flow, is_named=len(summaries) > 1))
            for summary, flow in zip(summaries, totals, strict=True)
        ],
        columns=[Column(justify="right", no_wrap=True), Column(), Column()],
        rows=[
            [
                compose_text(f"{number:,}"),
                compose_text(kind, is_row=True),
                compose_text(*_kind_changes(kind, flow), is_row=True),
            ]
            for summary, flow in zip(summaries, totals, strict=True)
            for kind, number in summary.status.issues.items()
        ],
        min_lines=2,
        is_list=True,
        side=1,
    )


def _has_issues(summary: KindSummary) -> bool:
    """Return whether issues are shown for a kind; kinds with stages may have none by nature."""
    status = summary.status
    return bool(status.stages is UNSET or status.issues or status.notes)


def _total_pieces(summary: KindSummary, totals: PeriodTotals, *, is_named: bool) -> list[TextPiece]:
    status = summary.status
    total = sum(status.issues.values())
    name = f"{status.kind}: " if is_named else ""
    return [
        (f"{name}{format_count(total, 'open issue')}", Colour.FIGURE),
        f", {format_count(status.notes, 'note')}" if status.notes else "",
        *_change_pieces(
            [sum(counts.values()) for counts in _counts_by_change(totals)], "; this week "
        ),
    ]


def _counts_by_change(totals: PeriodTotals) -> tuple[dict[str, int], ...]:
    return totals.new, totals.regressed, totals.closed, totals.repaired


def _kind_changes(kind: str, totals: PeriodTotals) -> list[TextPiece]:
    return _change_pieces([counts.get(kind, 0) for counts in _counts_by_change(totals)])


def _change_pieces(numbers: Sequence[int], before: str = "") -> list[TextPiece]:
    """Format changes of a count with their signs."""
    words = ("+{:,} new", "+{:,} came back", "-{:,} closed", "{:,} repaired")
    colours = (Colour.WARN, Colour.BAD, Colour.GOOD, Colour.GOOD)
    shown = [change for change in zip(numbers, words, colours, strict=True) if change[0]]
    return [
        (f"{', ' if place else before}{text.format(number)}", colour)
        for place, (number, text, colour) in enumerate(shown)
    ]


def decisions_panel(
    home_snapshot: HomeSnapshot, summaries: Sequence[KindSummary], width: int
) -> DashboardPanel | None:
    """Build the panel of pending reviews: their number, their kinds, and the commands to use.

    Return None if there is nothing to show.
    """
    pending = [summary.status for summary in summaries if summary.status.reviews]
    if not pending:
        return None
    total = sum(status.reviews for status in pending)
    kinds = [kind for status in pending for kind in status.issues]
    lead = [
        compose_text(
            (f"{total:,} {'waits' if total == 1 else 'wait'} for you", Colour.WARN),
            f": {', '.join(kinds[:3])}" if kinds else "",
            f" and {len(kinds) - 3:,} more kinds" if kinds[3:] else "",
            is_row=True,
        ),
        compose_text(("all of them are in ", Colour.DIM), review.FILE),
        compose_text(("decide with:", Colour.DIM)),
        *styled_text.wrap_command(
            command_text.format_command("review.py", home_snapshot.home), width
        ),
    ]
    if home_snapshot.accept_command:
        lead.append(compose_text(("or accept with:", Colour.DIM)))
        lead += styled_text.wrap_command(home_snapshot.accept_command, width)
    return DashboardPanel("To decide", lead, side=1)


def services_panel(summaries: Sequence[KindSummary]) -> DashboardPanel | None:
    """Build the panel of this week's requests to services; return None if there were none."""
    lead = []
    for summary in summaries:
        amounts = summary.weeks[-1].flow.amounts if summary.weeks else {}
        requests, hits = int(amounts.get("requests", 0)), int(amounts.get("hits", 0))
        if not (requests or hits):
            continue
        share = f" ({100 * hits / (requests + hits):.0f}% of all)"
        pieces: list[TextPiece] = [
            (f"{format_count(requests, 'request')} this week", Colour.FIGURE)
        ]
        pieces += [f"{hits:,} answered by the cache{share}"] if hits else []
        if waited := amounts.get("waited", 0):
            pieces.append(f"{terminal.format_duration(waited)} waited, all workers together")
        lead.append(styled_text.join_pieces(pieces))
    notices = (kinds.get_kind(summary.status.kind).attribution for summary in summaries)
    lead += [compose_text((notice, Colour.DIM)) for notice in notices if notice]
    return DashboardPanel("Services", lead, min_lines=2, side=1) if lead else None
