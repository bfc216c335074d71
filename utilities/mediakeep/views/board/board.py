"""Render the whole dashboard as lines of text, from a snapshot, a window size and a style.

Panels are ordered by importance: a small window shows the first ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from mediakeep import files
from mediakeep.queue.past import Sitting
from mediakeep.views.board import findings, layout, progress, rows, words
from mediakeep.views.board.layout import Panel
from mediakeep.views.board.moments import Now
from mediakeep.views.board.rows import Ink, Piece, Row, Style
from mediakeep.views.disk import Room
from mediakeep.views.terminal import count, duration
from mediakeep.views.watch import Glance, Look

TWO_COLUMNS = 110  # minimum cells for two columns of panels
_GAP = "  "
_HEADED, _FOOTED = 6, 8  # minimum lines to show the title row, and the footer
_SESSIONS = 8
_LAG = 60.0  # seconds until the last records of a session reach the history


class Window(msgspec.Struct, frozen=True):
    """The size and style of a window; `lines` is None for as many as needed."""

    columns: int = 80
    lines: int | None = 24
    style: Style = Style()
    foot: str = ""

    @property
    def width(self) -> int:
        """Cells of a panel."""
        return (self.columns - len(_GAP)) // 2 if self.two else self.columns

    @property
    def two(self) -> bool:
        """Whether panels are shown in two columns."""
        return self.columns >= TWO_COLUMNS


def board(glance: Glance, window: Window) -> list[str]:
    """Render a home as lines of exactly the window's width, at most its height."""
    lines, style = window.lines, window.style
    head = [rows.drawn(_head(glance), window.columns, style)]
    foot = [rows.drawn(rows.text(window.foot, Ink.DIM), window.columns, style)]
    if lines is not None:
        head = head if lines >= _HEADED else []
        foot = foot if lines >= _FOOTED and window.foot else []
    else:
        foot = []
    room = None if lines is None else lines - len(head) - len(foot)
    body = _body(_panels(glance, window), room, window)
    blank = " " * window.columns
    filled = [blank] * ((room or 0) - len(body))
    return [*head, *body, *filled, *foot]


def _body(panels: Sequence[Panel], room: int | None, window: Window) -> list[str]:
    if not window.two:
        return layout.column(panels, window.width, room, window.style)
    sides = [[panel for panel in panels if panel.side == side] for side in (0, 1)]
    left, right = (layout.column(side, window.width, room, window.style) for side in sides)
    rest = " " * (window.columns - 2 * window.width - len(_GAP))
    width = window.width
    right = [*right, *[" " * width] * (len(left) - len(right))]
    return [f"{line}{rest}" for line in layout.beside(left, right, width, _GAP)]


def _head(glance: Glance) -> Row:
    now = glance.now.astimezone(glance.zone)
    alive = sum(crew.alive for look in glance.looks for crew in look.crews)
    running = f"{count(alive, 'session')} at work" if alive else "no session at work"
    return [
        Piece("mediakeep", Ink.TITLE),
        Piece(f"  {now:%a %d %b %H:%M:%S}"),
        Piece(f"  {running}", Ink.GOOD if alive else Ink.DIM),
        Piece(f"  {files.display_path(glance.home)}", Ink.DIM, gives=True),
    ]


def _panels(glance: Glance, window: Window) -> list[Panel]:
    now, width = Now(glance.now, glance.zone), window.width
    size = (width, window.style)
    accounts = [look.account for look in glance.looks if look.account]
    panels = [
        *[_trouble(look, size) for look in glance.looks if look.trouble],
        progress.progress(accounts, width, window.style) if accounts else None,
        progress.working(glance.looks, now, size),
        findings.failures(glance, now, size),
        progress.queue(accounts, now, size) if accounts else None,
        findings.issues(accounts) if accounts else None,
        findings.decisions(glance, accounts, size),
        _recent(glance.looks, now),
        _sessions(glance.looks, now),
        findings.services(accounts, size),
        _disk(glance, size),
    ]
    return [panel for panel in panels if panel and panel.rows]


def _trouble(look: Look, size: tuple[int, Style]) -> Panel:
    error_rows = rows.wrapped(str(look.trouble), *size, Ink.BAD)
    return Panel(f"The {look.kind.name} queue cannot be read", error_rows, least=3, listed=False)


def _recent(looks: Sequence[Look], now: Now) -> Panel:
    events = [event for look in looks for event in look.events]
    events.sort(key=lambda event: (event.time, event.seq), reverse=True)
    return Panel("Lately", [words.told(event, now) for event in events], least=2, listed=False)


def _sessions(looks: Sequence[Look], now: Now) -> Panel:
    session_rows: list[Row] = []
    for look in looks:
        sittings = look.account.sittings[-_SESSIONS:] if look.account else []
        session_rows += [_sitting(sitting, look, now) for sitting in reversed(sittings)]
    return Panel("Sessions", session_rows, least=2, listed=False)


def _sitting(sitting: Sitting, look: Look, now: Now) -> Row:
    seconds = sitting.seconds or _between(sitting)
    ending, ink = _state(sitting, look, now)
    done = count(sitting.settled, look.kind.noun, look.kind.plural)
    return [
        Piece(f"{now.clock(sitting.first):<12}  ", Ink.DIM),
        Piece(f"{ending:<7}  ", ink),
        Piece(f"{duration(seconds)}, {done}"),
        Piece(f"  {sitting.command or sitting.id}", Ink.DIM, spare=True),
    ]


def _state(sitting: Sitting, look: Look, now: Now) -> tuple[str, Ink]:
    """Return whether a session is running or how it ended; the history may lag behind."""
    alive = {crew.session: crew.alive for crew in look.crews}.get(sitting.id)
    if alive:
        return "at work", Ink.GOOD
    if sitting.seconds or sitting.command:
        return "ended", Ink.PLAIN
    killed = alive is False or now.after(sitting.last) > _LAG
    return ("killed", Ink.BAD) if killed else ("ending", Ink.DIM)


def _between(sitting: Sitting) -> float:
    first, last = datetime.fromisoformat(sitting.first), datetime.fromisoformat(sitting.last)
    return (last - first).total_seconds()


def _disk(glance: Glance, size: tuple[int, Style]) -> Panel:
    disk_rows: list[Row] = [
        [
            Piece(f"{words.bytes_of(room.free, whole=True)} free", _ink(room)),
            Piece(f" of {words.bytes_of(room.total, whole=True)}"),
            Piece(f": {room.what}"),
        ]
        for room in glance.disk.rooms
    ]
    sizes = [
        Piece(f"{name} {words.bytes_of(folder_size.bytes, whole=folder_size.whole)}")
        for name, folder_size in glance.disk.sizes.items()
    ]
    return Panel("Disk", [*disk_rows, *rows.flowed(sizes, *size)], listed=False, side=1)


def _ink(room: Room) -> Ink:
    """Warn if less than one percent of the disk or less than one gigabyte is free."""
    return Ink.BAD if room.free < max(room.total // 100, 1_000_000_000) else Ink.FIGURE
