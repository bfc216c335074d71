"""Dashboard panels of progress, pace and time left, running sessions, and items by status."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET
from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from mediakeep import kinds, size_text
from mediakeep.size_text import format_count
from mediakeep.views import job_numbers, stage_text, terminal
from mediakeep.views.dashboard import stage_panels, styled_text, time_text
from mediakeep.views.dashboard.panel_layout import DashboardPanel
from mediakeep.views.dashboard.styled_text import Colour, TextPiece, compose_text
from mediakeep.views.dashboard.time_text import DisplayTime
from mediakeep.views.period_stats import PeriodTotals
from mediakeep.views.poller import QueueSnapshot
from mediakeep.views.running_sessions import RunningItem, RunningSession
from mediakeep.views.summary import KindSummary, QueueStatus

_MIN_STATUS_WIDTH = 72  # minimum cells of a panel to count the items by status on one line
_BAR_WIDTH, _MIN_BAR_WIDTH = 40, 6  # cells
_NAME_WIDTH = 32  # maximum cells of a name in front of other columns
# minimum cells of a panel to show which session works on an item, and since when
_MIN_LABEL_WIDTH, _MIN_TIMES_WIDTH = 96, 50


def progress_panel(summaries: Sequence[KindSummary], width: int) -> DashboardPanel:
    """Build the panel of the progress and pace of each kind, and when it will be completed."""
    lead: list[RenderableType] = []
    for summary in summaries:
        lead.append(_build_bar(summary.status, width, is_named=len(summaries) > 1))
        lead += [*_rate_rows(summary), *_estimate_rows(summary), *_week_rows(summary)]
    return DashboardPanel("Progress", lead, min_lines=2 * len(summaries))


def _build_bar(status: QueueStatus, width: int, *, is_named: bool) -> RenderableType:
    """Build a progress bar with its text; in a narrow window only the text."""
    noun = status.noun if status.total == 1 else status.plural
    text = compose_text(
        (
            f"{status.counts['completed']:,} of {status.total:,} {noun} completed"
            f" ({status.percentage}%)",
            Colour.GOOD if status.is_finished else Colour.FIGURE,
        )
    )
    name = compose_text(f"{status.kind} " if is_named else "")
    bar_width = min(_BAR_WIDTH, width - 1 - name.cell_len - text.cell_len)
    if bar_width < _MIN_BAR_WIDTH:
        return name.append_text(text)
    bar = ProgressBar(
        completed=status.percentage,
        width=bar_width,
        style=Colour.DIM,
        complete_style=Colour.GOOD,
        finished_style=Colour.GOOD,
    )
    cells = [name] if is_named else []
    grid = Table.grid(*(Column(no_wrap=True) for _ in (*cells, bar, text)))
    grid.add_row(*cells, bar, Text(" ").append_text(text))
    return grid


def _rate_rows(summary: KindSummary) -> list[Text]:
    status = summary.status
    if status.per_hour is None:
        return []
    pace = f"{terminal.format_rate(status.per_hour)} {status.plural} an hour in the last sessions"
    if not status.seconds_left:
        return [compose_text(pace)]
    left = f"about {terminal.format_duration(max(1.0, status.seconds_left))} of work left"
    return [compose_text((left, Colour.FIGURE), f", at {pace}")]


def _estimate_rows(summary: KindSummary) -> list[Text]:
    if not (estimate := summary.estimate):
        return []
    date = f"done by {time_text.format_day(estimate.date)}"
    basis = f" at the pace of the last {estimate.days} days"
    rate = f": {estimate.per_week:,.0f} {summary.status.plural} a week"
    return [compose_text((date, Colour.FIGURE), basis, rate)]


def _week_rows(summary: KindSummary) -> list[Text]:
    if not summary.weeks:
        return []
    totals = summary.weeks[-1].flow
    pieces: list[TextPiece] = [f"this week {totals.completed:,} completed"]
    if totals.again:
        pieces.append(f"{totals.again:,} of them again")
    if totals.failed:
        pieces.append((f"{format_count(totals.failed, 'try', 'tries')} failed", Colour.BAD))
    if totals.invested >= 1:
        pieces.append(f"{terminal.format_duration(totals.invested)} of work")
    rows = [styled_text.join_pieces(pieces), *_job_rows(summary, totals)]
    sparkline = terminal.draw_sparkline([week.flow.completed for week in summary.weeks])
    if sparkline and len(summary.weeks) > 1:
        text = f" completed in each of the last {len(summary.weeks)} weeks"
        rows.append(compose_text((sparkline, Colour.GOOD), (text, Colour.DIM)))
    return rows


def _job_rows(summary: KindSummary, totals: PeriodTotals) -> list[Text]:
    """Return a row with the numbers on the jobs of this week, if there are any."""
    numbers = job_numbers.list_job_numbers(kinds.get_kind(summary.status.kind), totals)
    pieces: list[TextPiece] = [
        f"{number.label} {job_numbers.format_number(number.value, number.unit)}"
        for number in numbers
        if number.value is not None
    ]
    return [styled_text.join_pieces(pieces)] if pieces else []


def queue_panel(summaries: Sequence[KindSummary], now: DisplayTime, width: int) -> DashboardPanel:
    """Build the panel that counts items by status, and shows what will be processed again."""
    lead: list[Text] = []
    for summary in summaries:
        status = summary.status
        name = [f"{status.kind}:"] if len(summaries) > 1 else []
        lead.append(styled_text.join_pieces([*name, *_status_pieces(status)], "   "))
        lead += map(compose_text, _pending_pieces(status, now))
    return DashboardPanel("Queue", lead, min_lines=1 if width >= _MIN_STATUS_WIDTH else 2, side=1)


def _status_pieces(status: QueueStatus) -> list[TextPiece]:
    text = {
        "pending": ("pending", Colour.PLAIN),
        "in_progress": ("in progress", Colour.FIGURE),
        "completed": ("completed", Colour.GOOD),
        "error": ("failed", Colour.BAD),
        "skipped": ("skipped", Colour.WARN),
    }
    shown = [(status.counts[name], *word) for name, word in text.items()]
    return [(f"{number:,} {word}", colour) for number, word, colour in shown if number]


def _pending_pieces(status: QueueStatus, now: DisplayTime) -> list[TextPiece]:
    pieces = stage_panels.build_stage_pieces(status)
    if status.waiting:
        next_one = f", next {now.format_remaining(status.next_retry)}" if status.next_retry else ""
        pieces.append(f"{status.waiting:,} of the failed to be retried{next_one}")
    if status.outdated:
        pieces.append((f"{status.outdated:,} done by older rules (--reset-outdated)", Colour.WARN))
    if status.looked_up:
        pieces.append(terminal.format_lookup_counts(status))
    pieces += terminal.describe_tallies(status.kind, status.tallies)
    if status.awaiting:
        pieces.append((terminal.format_pending_lookups(status.awaiting, status), Colour.WARN))
    return pieces


def running_panel(
    snapshots: Sequence[QueueSnapshot], now: DisplayTime, width: int
) -> DashboardPanel | None:
    """Build the panel of sessions, running or dead, and the items that they work on.

    Return None if there is nothing to show.
    """
    sessions = [session for snapshot in snapshots for session in snapshot.running_sessions]
    if not sessions:
        return None
    running = [session for session in sessions if session.alive]
    has_label, has_times = width >= _MIN_LABEL_WIDTH, width >= _MIN_TIMES_WIDTH
    rows = [
        *(
            _running_item_row(work, session, now, has_label=has_label)
            for session in running
            for work in session.works
        ),
        *(_idle_row(session, now) for session in running if not session.works),
        *(
            _dead_row(session, snapshot.kind.plural)
            for snapshot in snapshots
            for session in snapshot.running_sessions
            if not session.alive
        ),
    ]
    count = format_count(len(running), "session") if running else "no session"
    return DashboardPanel(
        f"Now: {count} at work",
        columns=[
            Column(max_width=min(_NAME_WIDTH, width // 2)),
            Column(no_wrap=True),
            *([Column(no_wrap=True)] if has_times else []),
            Column(),
        ],
        rows=rows if has_times else [[*row[:2], row[3]] for row in rows],
        min_lines=3,
        is_list=True,
    )


def workers_panel(snapshots: Sequence[QueueSnapshot], width: int) -> DashboardPanel | None:
    """Build the panel of the workers of schedulers; None if no running session has any."""
    rows, hosts = [], set()
    sessions = [session for snapshot in snapshots for session in snapshot.running_sessions]
    for session in [session for session in sessions if session.alive and session.workers]:
        titles = {work.item: work.title for work in session.works}
        for worker in session.workers or ():
            hosts.add(worker.host)
            names = ", ".join(titles.get(item, item) for item in worker.items)
            rows.append(
                [
                    compose_text((worker.host, Colour.FIGURE), is_row=True),
                    compose_text(size_text.format_size(worker.memory)),
                    compose_text(f"{worker.tasks_per_minute:g} tasks/min"),
                    compose_text(names or ("idle", Colour.DIM), is_row=True),
                ]
            )
    links = dict.fromkeys(session.scheduler_dashboard or "" for session in sessions)
    count = f"{format_count(len(rows), 'worker')} on"
    if not rows:
        return None
    return DashboardPanel(
        f"Cluster: {count} {format_count(len(hosts), 'host')}",
        [compose_text("Dask's dashboard: ", (link, Colour.FIGURE)) for link in filter(None, links)],
        [
            Column(max_width=min(_NAME_WIDTH, width // 3)),
            *(Column(no_wrap=True) for _ in range(2)),
            Column(),
        ],
        rows,
        min_lines=3,
        is_list=True,
    )


def _format_process(session: RunningSession) -> str:
    return f"process {session.pid}{f' on {session.host}' if session.host else ''}"


def _running_item_row(
    work: RunningItem, session: RunningSession, now: DisplayTime, *, has_label: bool
) -> list[Text]:
    label = f"{session.session}, {_format_process(session)}" if has_label else ""
    if work.service:
        remark: TextPiece = (f"waiting for {work.service}", Colour.WARN)
    elif work.stage is not UNSET:
        remark = stage_text.format_progress(work.stage)
    else:
        remark = (label, Colour.DIM)
    return [
        compose_text((work.title, Colour.FIGURE), is_row=True),
        compose_text(_format_done(work)),
        compose_text(now.format_elapsed(work.since)),
        compose_text(remark, is_row=True),
    ]


def _format_done(work: RunningItem) -> str:
    """Format how much of an item, or of its stage, is done; "" if unknown."""
    if work.stage is not UNSET and (share := stage_text.format_share(work.stage)):
        return share
    return f"{work.done:,} of {work.of:,}" if work.of else ""


def _idle_row(session: RunningSession, now: DisplayTime) -> list[Text]:
    return [
        compose_text(session.session, is_row=True),
        compose_text("idle"),
        compose_text(now.format_elapsed(session.started)),
        compose_text((_format_process(session), Colour.DIM), is_row=True),
    ]


def _dead_row(session: RunningSession, plural: str) -> list[Text]:
    names = ", ".join(work.title for work in session.works)
    recovery = f"; the next batch retries its {plural}: {names}" if names else ""
    return [
        compose_text(session.session, is_row=True),
        compose_text(("dead", Colour.BAD)),
        compose_text(),
        compose_text(_format_process(session), (recovery, Colour.WARN), is_row=True),
    ]
