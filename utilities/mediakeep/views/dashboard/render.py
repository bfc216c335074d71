"""Draw the whole dashboard.

Panels are ordered by importance: a small window shows the first ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET
from rich.console import Console, ConsoleOptions, RenderResult
from rich.layout import Layout
from rich.table import Column
from rich.text import Text

from mediakeep import path_text, size_text
from mediakeep.item import Status
from mediakeep.queue.history.queries import HistoryEvent, SessionSpan
from mediakeep.size_text import format_count
from mediakeep.views import terminal, wait_text
from mediakeep.views.dashboard import (
    issue_panels,
    panel_layout,
    progress_panels,
    stage_panels,
    styled_text,
)
from mediakeep.views.dashboard.panel_layout import DashboardPanel
from mediakeep.views.dashboard.styled_text import Colour, TextPiece, compose_text
from mediakeep.views.dashboard.time_text import DisplayTime
from mediakeep.views.disk_usage import DiskSpace
from mediakeep.views.poller import HomeSnapshot, QueueSnapshot
from mediakeep.views.terminal import format_duration

TWO_COLUMNS = 110  # minimum cells for two columns of panels
_GAP = 2  # cells between two columns
# minimum lines to show the title row, and the footer
_MIN_LINES_WITH_TITLE, _MIN_LINES_WITH_FOOTER = 6, 8
_MAX_SESSIONS = 8
_MIN_ID_WIDTH = 72  # minimum cells of a panel to show the ids of sessions
_HISTORY_LAG = 60.0  # seconds until the last records of a session reach the history
_NAME_WIDTH = 40  # maximum cells of a name in front of what happened
_TEXT_BY_OP = {
    "scan": "library scanned, changes found",
    "start": "session {} started",
    "end": "session {} ended",
    "reset": "reset to pending",
    "mark": "marked completed by hand",
    "prioritize": "moved to the front",
    "restore": "queue replaced by another file",
    "edit": "queue edited by hand",
    "replay": "changes undone by a restore replayed",
    "repair": "queue rebuilt",
    "unpark": "no longer waiting",
    "cleanup": "working files removed",
    "add": "added",
    "keep": "keeps its settings, as a second output was added",
    "retire": "retired",
    "forget": "forgotten",
    "import": "queue imported",
}
_STATE_COLOURS = {"completed": Colour.GOOD, "error": Colour.BAD, "skipped": Colour.WARN}


class Dashboard:
    """The dashboard of a snapshot, as a rich renderable.

    With a footer it fills the console, and shows what fits. Without one it shows everything.
    """

    def __init__(self, home_snapshot: HomeSnapshot, footer: str = "") -> None:
        self._snapshot, self._footer = home_snapshot, footer

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the title, the panels in one or two columns, and the footer."""
        width, height = options.size
        has_title = not self._footer or height >= _MIN_LINES_WITH_TITLE
        has_footer = bool(self._footer) and height >= _MIN_LINES_WITH_FOOTER
        has_columns = width >= TWO_COLUMNS
        panel_width = (width - _GAP) // 2 if has_columns else width
        panels = _build_panels(self._snapshot, panel_width)
        body, lines = panel_layout.build_columns(
            [[panel for panel in panels if panel.side == side] for side in (0, 1)]
            if has_columns
            else [panels],
            _GAP,
            console,
            options.update(
                width=width, height=height - has_title - has_footer if self._footer else None
            ),
        )
        root = Layout()
        title = [Layout(_compose_title(self._snapshot), size=1)] if has_title else []
        footer = [Layout(_compose_footer(self._snapshot, self._footer), size=1)]
        root.split_column(*title, body, *(footer if has_footer else []))
        lines += has_title + has_footer
        for segment in console.render(root, options.update_dimensions(width, lines)):
            yield styled_text.convert_to_ascii(segment) if options.ascii_only else segment


def _compose_title(home_snapshot: HomeSnapshot) -> Text:
    now = home_snapshot.now.astimezone(home_snapshot.zone)
    alive = sum(
        session.alive for snapshot in home_snapshot.queues for session in snapshot.running_sessions
    )
    running = f"{format_count(alive, 'session')} at work" if alive else "no session at work"
    return compose_text(
        ("mediakeep", Colour.TITLE),
        f"  {now:%a %d %b %H:%M:%S}",
        (f"  {running}", Colour.GOOD if alive else Colour.DIM),
        (f"  {path_text.display_path(home_snapshot.home)}", Colour.DIM),
        is_row=True,
    )


def _compose_footer(home_snapshot: HomeSnapshot, footer: str) -> Text:
    """Compose the last line: how to end, and what to look at first, as in the weekly report."""
    damaged = skipped = failed = 0
    for snapshot in home_snapshot.queues:
        if snapshot.summary:
            status = snapshot.summary.status
            damaged += sum(status.issues.get(kind, 0) for kind in snapshot.kind.damage_kinds)
            skipped += status.counts[Status.SKIPPED]
            failed += status.counts[Status.ERROR]
    numbers = [
        format_count(damaged, "damaged file") if damaged else "",
        f"{skipped:,} skipped" if skipped else "",
        f"{failed:,} failed" if failed else "",
    ]
    first = ", ".join(filter(None, numbers))
    text = f"  Look first: {first}" if first else ""
    return compose_text((footer, Colour.DIM), (text, Colour.BAD), is_row=True)


def _build_panels(home_snapshot: HomeSnapshot, width: int) -> list[DashboardPanel]:
    now = DisplayTime(home_snapshot.now, home_snapshot.zone)
    summaries = [snapshot.summary for snapshot in home_snapshot.queues if snapshot.summary]
    panels = [
        *[_error_panel(snapshot) for snapshot in home_snapshot.queues if snapshot.error],
        progress_panels.progress_panel(summaries, width) if summaries else None,
        progress_panels.running_panel(home_snapshot.queues, now, width),
        progress_panels.workers_panel(home_snapshot.queues, width),
        issue_panels.failures_panel(home_snapshot, now, width),
        stage_panels.waiting_panel(summaries, now, width),
        progress_panels.queue_panel(summaries, now, width) if summaries else None,
        issue_panels.issues_panel(summaries),
        issue_panels.decisions_panel(home_snapshot, summaries, width),
        _events_panel(home_snapshot.queues, now),
        _sessions_panel(home_snapshot.queues, now, width),
        issue_panels.services_panel(summaries),
        _disk_panel(home_snapshot),
    ]
    return [panel for panel in panels if panel and (panel.lead or panel.rows)]


def _error_panel(snapshot: QueueSnapshot) -> DashboardPanel:
    return DashboardPanel(
        f"The {snapshot.kind.name} queue cannot be read",
        [compose_text((str(snapshot.error), Colour.BAD))],
        min_lines=3,
    )


def _events_panel(snapshots: Sequence[QueueSnapshot], now: DisplayTime) -> DashboardPanel:
    events = [event for snapshot in snapshots for event in snapshot.events]
    events.sort(key=lambda event: (event.time, event.seq), reverse=True)
    return DashboardPanel(
        "Lately",
        columns=[Column(no_wrap=True), Column()],
        rows=[format_event(event, now) for event in events],
        min_lines=2,
    )


def _sessions_panel(
    snapshots: Sequence[QueueSnapshot], now: DisplayTime, width: int
) -> DashboardPanel:
    rows = []
    for snapshot in snapshots:
        session_spans = snapshot.summary.sessions[-_MAX_SESSIONS:] if snapshot.summary else []
        rows += [
            _session_row(session_span, snapshot, now, has_id=width >= _MIN_ID_WIDTH)
            for session_span in reversed(session_spans)
        ]
    columns = [Column(no_wrap=True), Column(no_wrap=True), Column(no_wrap=True), Column()]
    return DashboardPanel("Sessions", columns=columns, rows=rows, min_lines=2)


def _session_row(
    session_span: SessionSpan, snapshot: QueueSnapshot, now: DisplayTime, *, has_id: bool
) -> list[Text]:
    seconds = session_span.seconds or _seconds_between(session_span)
    done = format_count(session_span.settled, snapshot.kind.noun, snapshot.kind.plural)
    label = session_span.command or (session_span.id if has_id else "")
    return [
        compose_text((now.format_time(session_span.first), Colour.DIM)),
        compose_text(_session_state(session_span, snapshot, now)),
        compose_text(f"{format_duration(seconds)}, {done}"),
        compose_text((label, Colour.DIM), is_row=True),
    ]


def _session_state(
    session_span: SessionSpan, snapshot: QueueSnapshot, now: DisplayTime
) -> tuple[str, Colour]:
    """Return whether a session runs or how it ended, as text and its colour.

    The history may lag behind by some seconds.
    """
    alive = {session.session: session.alive for session in snapshot.running_sessions}.get(
        session_span.id
    )
    if alive:
        return "at work", Colour.GOOD
    if session_span.seconds is not None or session_span.command:
        return "ended", Colour.PLAIN
    killed = alive is False or now.seconds_since(session_span.last) > _HISTORY_LAG
    return ("killed", Colour.BAD) if killed else ("ending", Colour.DIM)


def _seconds_between(session_span: SessionSpan) -> float:
    first, last = (
        datetime.fromisoformat(session_span.first),
        datetime.fromisoformat(session_span.last),
    )
    return (last - first).total_seconds()


def _disk_panel(home_snapshot: HomeSnapshot) -> DashboardPanel:
    lead = [
        compose_text(
            (
                f"{size_text.format_size(disk.free)} free",
                _free_space_colour(disk),
            ),
            f" of {size_text.format_size(disk.total)}: {disk.what}",
        )
        for disk in home_snapshot.disk.rooms
    ]
    sizes = [f"{name} {folder_size.text}" for name, folder_size in home_snapshot.disk.sizes.items()]
    return DashboardPanel("Disk", [*lead, compose_text(", ".join(sizes))], side=1)


def _free_space_colour(disk: DiskSpace) -> Colour:
    """Return a warning colour if less than one percent or one gigabyte of a disk is free."""
    return Colour.BAD if disk.free < max(disk.total // 100, 1_000_000_000) else Colour.FIGURE


def format_event(event: HistoryEvent, now: DisplayTime) -> list[Text]:
    """Format a history event as a row of a table: its time, and what happened."""
    time = compose_text((now.format_time(event.time), Colour.DIM))
    item = compose_text(event.title)
    item.truncate(_NAME_WIDTH, overflow="ellipsis")
    text = compose_text(is_row=True).append_text(item)
    text.append(" " if event.item else "")
    return [time, text.append_text(compose_text(*_describe_event(event, now)))]


def _describe_event(event: HistoryEvent, now: DisplayTime) -> list[TextPiece]:
    if event.op != "settle":
        text = _TEXT_BY_OP.get(event.op, event.op).format(event.session)
        return _describe_run(event, now) or [text]
    state = "failed" if event.state == "error" else event.state
    if event.run is not UNSET and event.run.outcome != "completed":
        state = f"{event.run.stage} {state}"
    counts = [
        (event.fixed, "repaired"),
        (event.opened, "new"),
        (event.closed, "closed"),
    ]
    more = event.error or ", ".join(f"{number:,} {word}" for number, word in counts if number)
    pieces: list[TextPiece] = [(state, _STATE_COLOURS.get(event.state, Colour.PLAIN))]
    return [*pieces, f": {more}"] if more else pieces


def _describe_run(event: HistoryEvent, now: DisplayTime) -> list[TextPiece]:
    """Describe how the run of a stage ended; return [] if the event is about something else."""
    run = event.run
    if run is UNSET:
        return []
    if run.outcome == "parked" and run.until:
        moment = datetime.fromisoformat(event.time)
        wait = wait_text.format_wait(run.until, run.why, moment, now.zone)
        return [f"{run.stage} ", (wait, Colour.WARN)]
    seconds = "" if run.seconds is None else f" in {terminal.format_duration(run.seconds)}"
    colour = Colour.BAD if run.outcome == "failed" else Colour.PLAIN
    return [(f"{run.stage} {run.outcome}{seconds}", colour)]
