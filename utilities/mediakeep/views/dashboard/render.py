"""Render the whole dashboard as lines of text, from a snapshot, a window size and a style.

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
    """The size and style of a window; `lines` is None for as many as needed."""

    columns: int = 80
    lines: int | None = 24
    style: TerminalStyle = TerminalStyle()
    footer: str = ""

    @property
    def panel_width(self) -> int:
        """Cells of a panel."""
        return (self.columns - len(_GAP)) // 2 if self.has_two_columns else self.columns

    @property
    def has_two_columns(self) -> bool:
        """Whether panels are shown in two columns."""
        return self.columns >= TWO_COLUMNS


def render_dashboard(glance: HomeSnapshot, window: WindowSize) -> list[str]:
    """Render a home as lines of exactly the window's width, at most its height."""
    lines, style = window.lines, window.style
    head = [text_layout.draw_row(_title_row(glance), window.columns, style)]
    foot = [
        text_layout.draw_row(text_layout.text_row(window.footer, Colour.DIM), window.columns, style)
    ]
    if lines is not None:
        head = head if lines >= _MIN_LINES_WITH_TITLE else []
        foot = foot if lines >= _MIN_LINES_WITH_FOOTER and window.footer else []
    else:
        foot = []
    room = None if lines is None else lines - len(head) - len(foot)
    body = _draw_body(_build_panels(glance, window), room, window)
    blank = " " * window.columns
    filled = [blank] * ((room or 0) - len(body))
    return [*head, *body, *filled, *foot]


def _draw_body(panels: Sequence[Panel], room: int | None, window: WindowSize) -> list[str]:
    if not window.has_two_columns:
        return panel_layout.draw_column(panels, window.panel_width, room, window.style)
    sides = [[panel for panel in panels if panel.column == side] for side in (0, 1)]
    left, right = (
        panel_layout.draw_column(side, window.panel_width, room, window.style) for side in sides
    )
    rest = " " * (window.columns - 2 * window.panel_width - len(_GAP))
    width = window.panel_width
    right = [*right, *[" " * width] * (len(left) - len(right))]
    return [f"{line}{rest}" for line in panel_layout.join_columns(left, right, width, _GAP)]


def _title_row(glance: HomeSnapshot) -> TextRow:
    now = glance.now.astimezone(glance.zone)
    alive = sum(crew.alive for look in glance.queues for crew in look.running_sessions)
    running = f"{format_count(alive, 'session')} at work" if alive else "no session at work"
    return [
        TextPiece("mediakeep", Colour.TITLE),
        TextPiece(f"  {now:%a %d %b %H:%M:%S}"),
        TextPiece(f"  {running}", Colour.GOOD if alive else Colour.DIM),
        TextPiece(f"  {path_text.display_path(glance.home)}", Colour.DIM, can_shrink=True),
    ]


def _build_panels(glance: HomeSnapshot, window: WindowSize) -> list[Panel]:
    now, width = DisplayTime(glance.now, glance.zone), window.panel_width
    size = (width, window.style)
    accounts = [look.summary for look in glance.queues if look.summary]
    panels = [
        *[_error_panel(look, size) for look in glance.queues if look.error],
        progress_panels.progress_panel(accounts, width, window.style) if accounts else None,
        progress_panels.running_panel(glance.queues, now, size),
        issue_panels.failures_panel(glance, now, size),
        progress_panels.queue_panel(accounts, now, size) if accounts else None,
        issue_panels.issues_panel(accounts) if accounts else None,
        issue_panels.decisions_panel(glance, accounts, size),
        _events_panel(glance.queues, now),
        _sessions_panel(glance.queues, now),
        issue_panels.services_panel(accounts, size),
        _disk_panel(glance, size),
    ]
    return [panel for panel in panels if panel and panel.rows]


def _error_panel(look: QueueSnapshot, size: tuple[int, TerminalStyle]) -> Panel:
    error_rows = text_layout.wrap_text(str(look.error), *size, Colour.BAD)
    return Panel(
        f"The {look.kind.name} queue cannot be read", error_rows, min_rows=3, is_list=False
    )


def _events_panel(looks: Sequence[QueueSnapshot], now: DisplayTime) -> Panel:
    events = [event for look in looks for event in look.events]
    events.sort(key=lambda event: (event.time, event.seq), reverse=True)
    return Panel(
        "Lately",
        [event_text.format_event(event, now) for event in events],
        min_rows=2,
        is_list=False,
    )


def _sessions_panel(looks: Sequence[QueueSnapshot], now: DisplayTime) -> Panel:
    session_rows: list[TextRow] = []
    for look in looks:
        sittings = look.summary.sessions[-_MAX_SESSIONS:] if look.summary else []
        session_rows += [_session_row(sitting, look, now) for sitting in reversed(sittings)]
    return Panel("Sessions", session_rows, min_rows=2, is_list=False)


def _session_row(sitting: SessionSpan, look: QueueSnapshot, now: DisplayTime) -> TextRow:
    seconds = sitting.seconds or _seconds_between(sitting)
    ending, ink = _session_state(sitting, look, now)
    done = format_count(sitting.settled, look.kind.noun, look.kind.plural)
    return [
        TextPiece(f"{now.format_time(sitting.first):<12}  ", Colour.DIM),
        TextPiece(f"{ending:<7}  ", ink),
        TextPiece(f"{format_duration(seconds)}, {done}"),
        TextPiece(f"  {sitting.command or sitting.id}", Colour.DIM, is_optional=True),
    ]


def _session_state(
    sitting: SessionSpan, look: QueueSnapshot, now: DisplayTime
) -> tuple[str, Colour]:
    """Return whether a session is running or how it ended; the history may lag behind."""
    alive = {crew.session: crew.alive for crew in look.running_sessions}.get(sitting.id)
    if alive:
        return "at work", Colour.GOOD
    if sitting.seconds or sitting.command:
        return "ended", Colour.PLAIN
    killed = alive is False or now.seconds_since(sitting.last) > _HISTORY_LAG
    return ("killed", Colour.BAD) if killed else ("ending", Colour.DIM)


def _seconds_between(sitting: SessionSpan) -> float:
    first, last = datetime.fromisoformat(sitting.first), datetime.fromisoformat(sitting.last)
    return (last - first).total_seconds()


def _disk_panel(glance: HomeSnapshot, size: tuple[int, TerminalStyle]) -> Panel:
    disk_rows: list[TextRow] = [
        [
            TextPiece(
                f"{event_text.format_folder_size(room.free, whole=True)} free",
                _free_space_colour(room),
            ),
            TextPiece(f" of {event_text.format_folder_size(room.total, whole=True)}"),
            TextPiece(f": {room.what}"),
        ]
        for room in glance.disk.rooms
    ]
    sizes = [
        TextPiece(
            f"{name} {event_text.format_folder_size(folder_size.bytes, whole=folder_size.whole)}"
        )
        for name, folder_size in glance.disk.sizes.items()
    ]
    return Panel(
        "Disk", [*disk_rows, *text_layout.flow_pieces(sizes, *size)], is_list=False, column=1
    )


def _free_space_colour(room: DiskSpace) -> Colour:
    """Warn if less than one percent of the disk or less than one gigabyte is free."""
    return Colour.BAD if room.free < max(room.total // 100, 1_000_000_000) else Colour.FIGURE
