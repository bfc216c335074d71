"""Draw the whole dashboard as lines of text, for a window of a given size.

Panels are ordered by importance: a small window shows the first ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from mediakeep import path_text
from mediakeep.queue.history.queries import SessionSpan
from mediakeep.views.dashboard import (
    event_text,
    issue_panels,
    panel_layout,
    progress_panels,
    text_layout,
)
from mediakeep.views.dashboard.panel_layout import Panel
from mediakeep.views.dashboard.text_layout import Colour, TerminalStyle, TextPiece, TextRow
from mediakeep.views.dashboard.time_text import DisplayTime
from mediakeep.views.disk_usage import DiskSpace
from mediakeep.views.poller import HomeSnapshot, QueueSnapshot
from mediakeep.views.terminal import format_count, format_duration

TWO_COLUMNS = 110  # minimum cells for two columns of panels
_GAP = "  "
_MIN_LINES_WITH_TITLE, _MIN_LINES_WITH_FOOTER = (
    6,
    8,
)  # minimum lines to show the title row, and the footer
_MAX_SESSIONS = 8
_HISTORY_LAG = 60.0  # seconds until the last records of a session reach the history


class WindowSize(msgspec.Struct, frozen=True):
    """The size and style of a terminal window; `lines` is None if the height is unlimited."""

    columns: int = 80
    lines: int | None = 24
    style: TerminalStyle = TerminalStyle()
    footer: str = ""

    @property
    def panel_width(self) -> int:
        """The width of a panel in terminal cells."""
        return (self.columns - len(_GAP)) // 2 if self.has_two_columns else self.columns

    @property
    def has_two_columns(self) -> bool:
        """Whether panels are shown in two columns."""
        return self.columns >= TWO_COLUMNS


def render_dashboard(home_snapshot: HomeSnapshot, window: WindowSize) -> list[str]:
    """Return the dashboard as lines of text, each exactly as wide as the window.

    There are at most as many lines as the window has.
    """
    lines, style = window.lines, window.style
    head = [text_layout.draw_text_row(_title_row(home_snapshot), window.columns, style)]
    foot = [
        text_layout.draw_text_row(
            text_layout.text_row(window.footer, Colour.DIM), window.columns, style
        )
    ]
    if lines is not None:
        head = head if lines >= _MIN_LINES_WITH_TITLE else []
        foot = foot if lines >= _MIN_LINES_WITH_FOOTER and window.footer else []
    else:
        foot = []
    line_limit = None if lines is None else lines - len(head) - len(foot)
    body = _draw_body(_build_panels(home_snapshot, window), line_limit, window)
    blank = " " * window.columns
    filled = [blank] * ((line_limit or 0) - len(body))
    return [*head, *body, *filled, *foot]


def _draw_body(panels: Sequence[Panel], line_limit: int | None, window: WindowSize) -> list[str]:
    if not window.has_two_columns:
        return panel_layout.draw_column(panels, window.panel_width, line_limit, window.style)
    sides = [[panel for panel in panels if panel.column == side] for side in (0, 1)]
    left, right = (
        panel_layout.draw_column(side, window.panel_width, line_limit, window.style)
        for side in sides
    )
    rest = " " * (window.columns - 2 * window.panel_width - len(_GAP))
    width = window.panel_width
    right = [*right, *[" " * width] * (len(left) - len(right))]
    return [f"{line}{rest}" for line in panel_layout.join_columns(left, right, width, _GAP)]


def _title_row(home_snapshot: HomeSnapshot) -> TextRow:
    now = home_snapshot.now.astimezone(home_snapshot.zone)
    alive = sum(
        session.alive for snapshot in home_snapshot.queues for session in snapshot.running_sessions
    )
    running = f"{format_count(alive, 'session')} at work" if alive else "no session at work"
    return [
        TextPiece("mediakeep", Colour.TITLE),
        TextPiece(f"  {now:%a %d %b %H:%M:%S}"),
        TextPiece(f"  {running}", Colour.GOOD if alive else Colour.DIM),
        TextPiece(f"  {path_text.display_path(home_snapshot.home)}", Colour.DIM, can_shrink=True),
    ]


def _build_panels(home_snapshot: HomeSnapshot, window: WindowSize) -> list[Panel]:
    now, width = DisplayTime(home_snapshot.now, home_snapshot.zone), window.panel_width
    size = (width, window.style)
    summaries = [snapshot.summary for snapshot in home_snapshot.queues if snapshot.summary]
    panels = [
        *[_error_panel(snapshot, size) for snapshot in home_snapshot.queues if snapshot.error],
        progress_panels.progress_panel(summaries, width, window.style) if summaries else None,
        progress_panels.running_panel(home_snapshot.queues, now, size),
        issue_panels.failures_panel(home_snapshot, now, size),
        progress_panels.queue_panel(summaries, now, size) if summaries else None,
        issue_panels.issues_panel(summaries) if summaries else None,
        issue_panels.decisions_panel(home_snapshot, summaries, size),
        _events_panel(home_snapshot.queues, now),
        _sessions_panel(home_snapshot.queues, now),
        issue_panels.services_panel(summaries, size),
        _disk_panel(home_snapshot, size),
    ]
    return [panel for panel in panels if panel and panel.rows]


def _error_panel(snapshot: QueueSnapshot, size: tuple[int, TerminalStyle]) -> Panel:
    error_rows = text_layout.wrap_text(str(snapshot.error), *size, Colour.BAD)
    return Panel(
        f"The {snapshot.kind.name} queue cannot be read", error_rows, min_rows=3, is_list=False
    )


def _events_panel(snapshots: Sequence[QueueSnapshot], now: DisplayTime) -> Panel:
    events = [event for snapshot in snapshots for event in snapshot.events]
    events.sort(key=lambda event: (event.time, event.seq), reverse=True)
    return Panel(
        "Lately",
        [event_text.format_event(event, now) for event in events],
        min_rows=2,
        is_list=False,
    )


def _sessions_panel(snapshots: Sequence[QueueSnapshot], now: DisplayTime) -> Panel:
    session_rows: list[TextRow] = []
    for snapshot in snapshots:
        session_spans = snapshot.summary.sessions[-_MAX_SESSIONS:] if snapshot.summary else []
        session_rows += [
            _session_row(session_span, snapshot, now) for session_span in reversed(session_spans)
        ]
    return Panel("Sessions", session_rows, min_rows=2, is_list=False)


def _session_row(session_span: SessionSpan, snapshot: QueueSnapshot, now: DisplayTime) -> TextRow:
    seconds = session_span.seconds or _seconds_between(session_span)
    ending, colour = _session_state(session_span, snapshot, now)
    done = format_count(session_span.settled, snapshot.kind.noun, snapshot.kind.plural)
    return [
        TextPiece(f"{now.format_time(session_span.first):<12}  ", Colour.DIM),
        TextPiece(f"{ending:<7}  ", colour),
        TextPiece(f"{format_duration(seconds)}, {done}"),
        TextPiece(f"  {session_span.command or session_span.id}", Colour.DIM, is_optional=True),
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
    if session_span.seconds or session_span.command:
        return "ended", Colour.PLAIN
    killed = alive is False or now.seconds_since(session_span.last) > _HISTORY_LAG
    return ("killed", Colour.BAD) if killed else ("ending", Colour.DIM)


def _seconds_between(session_span: SessionSpan) -> float:
    first, last = (
        datetime.fromisoformat(session_span.first),
        datetime.fromisoformat(session_span.last),
    )
    return (last - first).total_seconds()


def _disk_panel(home_snapshot: HomeSnapshot, size: tuple[int, TerminalStyle]) -> Panel:
    disk_rows: list[TextRow] = [
        [
            TextPiece(
                f"{event_text.format_folder_size(disk.free, whole=True)} free",
                _free_space_colour(disk),
            ),
            TextPiece(f" of {event_text.format_folder_size(disk.total, whole=True)}"),
            TextPiece(f": {disk.what}"),
        ]
        for disk in home_snapshot.disk.rooms
    ]
    sizes = [
        TextPiece(
            f"{name} {event_text.format_folder_size(folder_size.bytes, whole=folder_size.whole)}"
        )
        for name, folder_size in home_snapshot.disk.sizes.items()
    ]
    return Panel(
        "Disk", [*disk_rows, *text_layout.flow_pieces(sizes, *size)], is_list=False, column=1
    )


def _free_space_colour(disk: DiskSpace) -> Colour:
    """Return a warning colour if less than one percent or one gigabyte of a disk is free."""
    return Colour.BAD if disk.free < max(disk.total // 100, 1_000_000_000) else Colour.FIGURE
