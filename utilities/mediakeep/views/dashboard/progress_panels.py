"""Dashboard panels of progress, pace and time left, running sessions, and items by status."""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep.views import terminal
from mediakeep.views.dashboard import text_layout, time_text
from mediakeep.views.dashboard.panel_layout import Panel
from mediakeep.views.dashboard.text_layout import Colour, TerminalStyle, TextPiece, TextRow
from mediakeep.views.dashboard.time_text import DisplayTime
from mediakeep.views.poller import QueueSnapshot
from mediakeep.views.running_sessions import RunningItem, RunningSession
from mediakeep.views.summary import KindSummary, QueueStatus

_BAR_WIDTH, _MIN_BAR_WIDTH = 40, 6  # cells
_NAME_WIDTH = 32  # maximum cells of a name in front of other columns


def progress_panel(summaries: Sequence[KindSummary], width: int, style: TerminalStyle) -> Panel:
    """Build the panel of the progress and pace of each kind, and when it will be completed."""
    progress_rows: list[TextRow] = []
    for summary in summaries:
        progress_rows += _bar_rows(summary.status, width, style, named=len(summaries) > 1)
        progress_rows += _rate_rows(summary)
        progress_rows += _estimate_rows(summary)
        progress_rows += _this_week_rows(summary, width, style)
    return Panel("Progress", progress_rows, min_rows=2 * len(summaries), is_list=False)


def _bar_rows(
    status: QueueStatus, width: int, style: TerminalStyle, *, named: bool
) -> list[TextRow]:
    colour = Colour.GOOD if status.is_finished else Colour.FIGURE
    name = [TextPiece(f"{status.kind} ")] if named else []
    text = [
        TextPiece(f"{status.counts['completed']:,} of {status.total:,}", colour),
        TextPiece(f" {status.noun if status.total == 1 else status.plural} completed", colour),
        TextPiece(f" ({status.percentage}%)", colour),
    ]
    bar_width = min(_BAR_WIDTH, width - 1 - sum(len(piece.text) for piece in [*name, *text]))
    if bar_width < _MIN_BAR_WIDTH:
        return [[*name, *text]]
    full, empty = style.split_bar(status.percentage / 100, bar_width)
    return [[*name, TextPiece(full, Colour.GOOD), TextPiece(f"{empty} ", Colour.DIM), *text]]


def _rate_rows(summary: KindSummary) -> list[TextRow]:
    status = summary.status
    if status.per_hour is None:
        return []
    pace = f"{status.per_hour:,.0f} {status.plural} an hour"
    if not status.seconds_left:
        return [[TextPiece(pace), TextPiece(" in the last sessions", is_optional=True)]]
    left = f"about {terminal.format_duration(max(1.0, status.seconds_left))} of work left"
    last = TextPiece(" in the last sessions", is_optional=True)
    return [[TextPiece(left, Colour.FIGURE), TextPiece(f", at {pace}"), last]]


def _estimate_rows(summary: KindSummary) -> list[TextRow]:
    if not (estimate := summary.estimate):
        return []
    date = f"done by {time_text.format_day(estimate.date)}"
    basis = f" at the pace of the last {estimate.days} days"
    rate = f": {estimate.per_week:,.0f} {summary.status.plural} a week"
    return [[TextPiece(date, Colour.FIGURE), TextPiece(basis), TextPiece(rate)]]


def _this_week_rows(summary: KindSummary, width: int, style: TerminalStyle) -> list[TextRow]:
    if not summary.weeks:
        return []
    totals = summary.weeks[-1].flow
    pieces = [TextPiece(f"this week {totals.completed:,} completed")]
    if totals.again:
        pieces.append(TextPiece(f"{totals.again:,} of them again"))
    if totals.failed:
        pieces.append(
            TextPiece(f"{terminal.format_count(totals.failed, 'try', 'tries')} failed", Colour.BAD)
        )
    if totals.invested >= 1:
        pieces.append(TextPiece(f"{terminal.format_duration(totals.invested)} of work"))
    week_rows = text_layout.flow_pieces(pieces, width, style)
    sparkline = style.sparkline([week.flow.completed for week in summary.weeks])
    if sparkline and len(summary.weeks) > 1:
        text = f" completed in each of the last {len(summary.weeks)} weeks"
        week_rows.append([TextPiece(sparkline, Colour.GOOD), TextPiece(text, Colour.DIM)])
    return week_rows


def queue_panel(
    summaries: Sequence[KindSummary], now: DisplayTime, size: tuple[int, TerminalStyle]
) -> Panel:
    """Build the panel that counts items by status, and shows what will be processed again."""
    queue_rows: list[TextRow] = []
    for summary in summaries:
        status = summary.status
        name = [TextPiece(f"{status.kind}:")] if len(summaries) > 1 else []
        queue_rows += text_layout.flow_pieces(
            [*name, *_status_pieces(status)], *size, between="   "
        )
        queue_rows += [[piece] for piece in _pending_pieces(status, now)]
    return Panel("Queue", queue_rows, is_list=False, column=1)


def _status_pieces(status: QueueStatus) -> list[TextPiece]:
    text = {
        "pending": ("pending", Colour.PLAIN),
        "in_progress": ("in progress", Colour.FIGURE),
        "completed": ("completed", Colour.GOOD),
        "error": ("failed", Colour.BAD),
        "skipped": ("skipped", Colour.WARN),
    }
    shown = [(status.counts[name], *word) for name, word in text.items()]
    return [TextPiece(f"{number:,} {word}", colour) for number, word, colour in shown if number]


def _pending_pieces(status: QueueStatus, now: DisplayTime) -> list[TextPiece]:
    pieces = []
    if status.waiting:
        next_one = f", next {now.format_remaining(status.next_retry)}" if status.next_retry else ""
        pieces.append(TextPiece(f"{status.waiting:,} of the failed to be retried{next_one}"))
    if status.outdated:
        pieces.append(
            TextPiece(f"{status.outdated:,} done by older rules (--reset-outdated)", Colour.WARN)
        )
    if status.looked_up:
        pieces.append(TextPiece(terminal.format_lookup_counts(status)))
    pieces += map(TextPiece, terminal.describe_tallies(status.kind, status.tallies))
    if status.awaiting:
        pieces.append(
            TextPiece(terminal.format_pending_lookups(status.awaiting, status), Colour.WARN)
        )
    return pieces


def running_panel(
    snapshots: Sequence[QueueSnapshot], now: DisplayTime, size: tuple[int, TerminalStyle]
) -> Panel | None:
    """Build the panel of sessions, running or dead, and the items that they work on.

    Return None if there is nothing to show.
    """
    crews = [(snapshot, crew) for snapshot in snapshots for crew in snapshot.running_sessions]
    if not crews:
        return None
    width, style = size
    works = [(work, crew) for _, crew in crews if crew.alive for work in crew.works]
    names = style.align_column([work.item for work, _ in works], min(_NAME_WIDTH, width // 2))
    session_rows = [
        _running_item_row(name, *session, now) for name, session in zip(names, works, strict=True)
    ]
    session_rows += [_idle_row(crew, now) for _, crew in crews if crew.alive and not crew.works]
    session_rows += [_dead_row(crew, snapshot) for snapshot, crew in crews if not crew.alive]
    living = sum(crew.alive for _, crew in crews)
    title = (
        f"Now: {terminal.format_count(living, 'session')} at work"
        if living
        else "Now: no session at work"
    )
    return Panel(title, session_rows, min_rows=3)


def _session_label(session: RunningSession) -> str:
    return (
        f"{session.session}, process {session.pid}{f' on {session.host}' if session.host else ''}"
    )


def _running_item_row(
    name: str, work: RunningItem, session: RunningSession, now: DisplayTime
) -> TextRow:
    parts = f"{work.done:,} of {work.of:,}" if work.of else ""
    return [
        TextPiece(name, Colour.FIGURE, can_shrink=True),
        TextPiece(f"  {parts:<11}"),
        TextPiece(f" {now.format_elapsed(work.since):<12}"),
        TextPiece(f" waiting for {work.service}" if work.service else "", Colour.WARN),
        TextPiece(f" {_session_label(session)}", Colour.DIM, is_optional=True),
    ]


def _idle_row(session: RunningSession, now: DisplayTime) -> TextRow:
    since = TextPiece(f", since {now.format_time(session.started)}", Colour.DIM, is_optional=True)
    return [TextPiece(_session_label(session)), since]


def _dead_row(session: RunningSession, snapshot: QueueSnapshot) -> TextRow:
    names = ", ".join(work.item for work in session.works)
    plural = snapshot.kind.plural
    recovery = f"; the next batch retries its {plural}: {names}" if names else ""
    return [
        TextPiece("dead: ", Colour.BAD),
        TextPiece(_session_label(session)),
        TextPiece(recovery, Colour.WARN, can_shrink=True),
    ]
