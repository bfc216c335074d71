"""Panels of progress, pace and time left, running sessions, and the queue by status."""

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


def progress_panel(accounts: Sequence[KindSummary], width: int, style: TerminalStyle) -> Panel:
    """Show the progress of each kind, its pace, and the expected completion."""
    progress_rows: list[TextRow] = []
    for account in accounts:
        progress_rows += _bar_rows(account.status, width, style, named=len(accounts) > 1)
        progress_rows += _rate_rows(account)
        progress_rows += _estimate_rows(account)
        progress_rows += _this_week_rows(account, width, style)
    return Panel("Progress", progress_rows, min_rows=2 * len(accounts), is_list=False)


def _bar_rows(
    status: QueueStatus, width: int, style: TerminalStyle, *, named: bool
) -> list[TextRow]:
    ink = Colour.GOOD if status.is_finished else Colour.FIGURE
    name = [TextPiece(f"{status.kind} ")] if named else []
    words = [
        TextPiece(f"{status.counts['completed']:,} of {status.total:,}", ink),
        TextPiece(f" {status.noun if status.total == 1 else status.plural} completed", ink),
        TextPiece(f" ({status.percentage}%)", ink),
    ]
    room = min(_BAR_WIDTH, width - 1 - sum(len(piece.text) for piece in [*name, *words]))
    if room < _MIN_BAR_WIDTH:
        return [[*name, *words]]
    full, empty = style.split_bar(status.percentage / 100, room)
    return [[*name, TextPiece(full, Colour.GOOD), TextPiece(f"{empty} ", Colour.DIM), *words]]


def _rate_rows(account: KindSummary) -> list[TextRow]:
    status = account.status
    if status.per_hour is None:
        return []
    pace = f"{status.per_hour:,.0f} {status.plural} an hour"
    if not status.seconds_left:
        return [[TextPiece(pace), TextPiece(" in the last sessions", is_optional=True)]]
    left = f"about {terminal.format_duration(max(1.0, status.seconds_left))} of work left"
    last = TextPiece(" in the last sessions", is_optional=True)
    return [[TextPiece(left, Colour.FIGURE), TextPiece(f", at {pace}"), last]]


def _estimate_rows(account: KindSummary) -> list[TextRow]:
    if not (estimate := account.estimate):
        return []
    date = f"done by {time_text.format_day(estimate.date)}"
    basis = f" at the pace of the last {estimate.days} days"
    rate = f": {estimate.per_week:,.0f} {account.status.plural} a week"
    return [[TextPiece(date, Colour.FIGURE), TextPiece(basis), TextPiece(rate)]]


def _this_week_rows(account: KindSummary, width: int, style: TerminalStyle) -> list[TextRow]:
    if not account.weeks:
        return []
    flow = account.weeks[-1].flow
    pieces = [TextPiece(f"this week {flow.completed:,} completed")]
    if flow.again:
        pieces.append(TextPiece(f"{flow.again:,} of them again"))
    if flow.failed:
        pieces.append(
            TextPiece(f"{terminal.format_count(flow.failed, 'try', 'tries')} failed", Colour.BAD)
        )
    if flow.invested >= 1:
        pieces.append(TextPiece(f"{terminal.format_duration(flow.invested)} of work"))
    week_rows = text_layout.flow_pieces(pieces, width, style)
    sparkline = style.sparkline([week.flow.completed for week in account.weeks])
    if sparkline and len(account.weeks) > 1:
        words = f" completed in each of the last {len(account.weeks)} weeks"
        week_rows.append([TextPiece(sparkline, Colour.GOOD), TextPiece(words, Colour.DIM)])
    return week_rows


def queue_panel(
    accounts: Sequence[KindSummary], now: DisplayTime, size: tuple[int, TerminalStyle]
) -> Panel:
    """Count the items by status, and show what will be processed again."""
    queue_rows: list[TextRow] = []
    for account in accounts:
        status = account.status
        name = [TextPiece(f"{status.kind}:")] if len(accounts) > 1 else []
        queue_rows += text_layout.flow_pieces(
            [*name, *_status_pieces(status)], *size, between="   "
        )
        queue_rows += [[piece] for piece in _pending_pieces(status, now)]
    return Panel("Queue", queue_rows, is_list=False, column=1)


def _status_pieces(status: QueueStatus) -> list[TextPiece]:
    words = {
        "pending": ("pending", Colour.PLAIN),
        "in_progress": ("in progress", Colour.FIGURE),
        "completed": ("completed", Colour.GOOD),
        "error": ("failed", Colour.BAD),
        "skipped": ("skipped", Colour.WARN),
    }
    shown = [(status.counts[name], *word) for name, word in words.items()]
    return [TextPiece(f"{number:,} {word}", ink) for number, word, ink in shown if number]


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
    looks: Sequence[QueueSnapshot], now: DisplayTime, size: tuple[int, TerminalStyle]
) -> Panel | None:
    """Show the items in progress and their sessions, including dead sessions."""
    crews = [(look, crew) for look in looks for crew in look.running_sessions]
    if not crews:
        return None
    width, style = size
    works = [(work, crew) for _, crew in crews if crew.alive for work in crew.works]
    names = style.align_column([work.item for work, _ in works], min(_NAME_WIDTH, width // 2))
    session_rows = [
        _running_item_row(name, *session, now) for name, session in zip(names, works, strict=True)
    ]
    session_rows += [_idle_row(crew, now) for _, crew in crews if crew.alive and not crew.works]
    session_rows += [_dead_row(crew, look) for look, crew in crews if not crew.alive]
    living = sum(crew.alive for _, crew in crews)
    title = (
        f"Now: {terminal.format_count(living, 'session')} at work"
        if living
        else "Now: no session at work"
    )
    return Panel(title, session_rows, min_rows=3)


def _session_label(crew: RunningSession) -> str:
    return f"{crew.session}, process {crew.pid}{f' on {crew.host}' if crew.host else ''}"


def _running_item_row(
    name: str, work: RunningItem, crew: RunningSession, now: DisplayTime
) -> TextRow:
    parts = f"{work.done:,} of {work.of:,}" if work.of else ""
    return [
        TextPiece(name, Colour.FIGURE, can_shrink=True),
        TextPiece(f"  {parts:<11}"),
        TextPiece(f" {now.format_elapsed(work.since):<12}"),
        TextPiece(f" waiting for {work.service}" if work.service else "", Colour.WARN),
        TextPiece(f" {_session_label(crew)}", Colour.DIM, is_optional=True),
    ]


def _idle_row(crew: RunningSession, now: DisplayTime) -> TextRow:
    since = TextPiece(f", since {now.format_time(crew.started)}", Colour.DIM, is_optional=True)
    return [TextPiece(_session_label(crew)), since]


def _dead_row(crew: RunningSession, look: QueueSnapshot) -> TextRow:
    names = ", ".join(work.item for work in crew.works)
    plural = look.kind.plural
    recovery = f"; the next batch retries its {plural}: {names}" if names else ""
    return [
        TextPiece("dead: ", Colour.BAD),
        TextPiece(_session_label(crew)),
        TextPiece(recovery, Colour.WARN, can_shrink=True),
    ]
