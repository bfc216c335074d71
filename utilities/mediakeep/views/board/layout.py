"""Choose the panels that fit into a window, and their number of rows, by importance."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mediakeep.views.board import rows
from mediakeep.views.board.rows import Ink, Piece, Row, Style

_AIRY = 14  # spare lines from which panels are separated instead of enlarged


class Panel(msgspec.Struct, frozen=True):
    """A titled list; if it does not fit, the number of hidden rows is shown.

    If `is_list` is False, it shows facts by importance; those that do not fit are dropped.
    """

    title: str
    rows: list[Row]
    least: int = 1  # minimum rows to show the panel
    tail: list[Row] = []  # shown below the rows, if all of it fits
    listed: bool = True
    beyond: int = 0  # entries of the list that have no row
    side: int = 0  # its column, if there are two

    @property
    def need(self) -> int:
        """Minimum lines; with fewer, it is left out."""
        return 1 + min(self.least, len(self.rows))

    @property
    def full(self) -> int:
        """Lines needed to show everything."""
        return 1 + len(self.rows) + bool(self.beyond) + len(self.tail)


def column(panels: Sequence[Panel], width: int, lines: int | None, style: Style) -> list[str]:
    """Draw panels below each other; `lines` is None for as many as needed."""
    if lines is None:
        heights = {panel.title: panel.full for panel in panels}
    else:
        heights = _heights(panels, lines)
    shown = [panel for panel in panels if panel.title in heights]
    spare = (len(shown) - 1) if lines is None else lines - sum(heights.values())
    drawn: list[str] = []
    for panel in shown:
        if drawn and spare > 0:
            drawn.append(" " * width)
            spare -= 1
        drawn += [rows.drawn(row, width, style) for row in _panel(panel, heights, width, style)]
    return drawn if lines is None else drawn[:lines]


def _heights(panels: Sequence[Panel], lines: int) -> dict[str, int]:
    """Give each panel its minimum while there is room, then add lines in turn."""
    heights: dict[str, int] = {}
    for panel in panels:
        if panel.need <= lines:
            heights[panel.title] = panel.need
            lines -= panel.need
    growing = [panel for panel in panels if panel.title in heights]
    lines -= len(heights) - 1 if lines >= _AIRY else 0  # for a blank line between two panels
    while lines and growing:
        for panel in list(growing):
            if heights[panel.title] >= panel.full:
                growing.remove(panel)
            elif lines:
                heights[panel.title] += 1
                lines -= 1
    return heights


def _panel(panel: Panel, heights: dict[str, int], width: int, style: Style) -> list[Row]:
    room = heights[panel.title] - 1
    heading, whole = _heading(panel.title, width, style), len(panel.rows) + panel.beyond
    if whole <= room or not panel.listed:
        tail = panel.tail if whole + len(panel.tail) <= room else []
        return [heading, *panel.rows[:room], *tail]
    if room == 1:
        return [heading, [*panel.rows[0], Piece(f"  and {whole - 1:,} more", Ink.DIM)]]
    shown = panel.rows[: room - 1]
    more = (Piece(f"and {whole - len(shown):,} more", Ink.DIM),)
    tail = panel.tail if len(shown) + 1 + len(panel.tail) <= room else []
    return [heading, *shown, more, *tail]


def _heading(title: str, width: int, style: Style) -> Row:
    rule = style.rule
    drawn = [Piece(f"{rule}{rule} ", Ink.DIM), Piece(f"{title} ", Ink.TITLE)]
    return [*drawn, Piece(rule * max(0, width - len(title) - 4), Ink.DIM)]


def beside(left: Sequence[str], right: Sequence[str], width: int, gap: str) -> list[str]:
    """Join two columns of lines; the shorter one is padded."""
    height = max(len(left), len(right))
    first = [*left, *[" " * width] * (height - len(left))]
    second = [*right, *[""] * (height - len(right))]
    return [f"{line}{gap}{other}" for line, other in zip(first, second, strict=True)]
