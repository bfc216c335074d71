"""Choose which dashboard panels fit into a window, and how many rows each gets, by importance."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mediakeep.views.dashboard import text_layout
from mediakeep.views.dashboard.text_layout import Colour, TerminalStyle, TextPiece, TextRow

_MIN_SPARE_LINES = 14  # spare lines from which panels are separated instead of enlarged


class Panel(msgspec.Struct, frozen=True):
    """A titled panel of the dashboard, with rows of text.

    If `is_list`, a panel that does not fit shows how many rows are hidden. Otherwise the least
    important rows are dropped.
    """

    title: str
    rows: list[TextRow]
    min_rows: int = 1  # minimum rows to show the panel
    tail: list[TextRow] = []  # shown below the rows, if all of it fits
    is_list: bool = True
    hidden_count: int = 0  # entries of the list that have no row
    column: int = 0  # its column, if there are two

    @property
    def min_lines(self) -> int:
        """Terminal lines that the panel needs at least; with fewer, it is left out."""
        return 1 + min(self.min_rows, len(self.rows))

    @property
    def max_lines(self) -> int:
        """Terminal lines that the panel needs to show everything."""
        return 1 + len(self.rows) + bool(self.hidden_count) + len(self.tail)


def draw_column(
    panels: Sequence[Panel], width: int, lines: int | None, style: TerminalStyle
) -> list[str]:
    """Draw panels below each other as lines of text, each `width` cells wide.

    At most `lines` lines are used, or as many as needed if `lines` is None.
    """
    if lines is None:
        heights = {panel.title: panel.max_lines for panel in panels}
    else:
        heights = _allocate_heights(panels, lines)
    shown = [panel for panel in panels if panel.title in heights]
    spare = (len(shown) - 1) if lines is None else lines - sum(heights.values())
    drawn: list[str] = []
    for panel in shown:
        if drawn and spare > 0:
            drawn.append(" " * width)
            spare -= 1
        drawn += [
            text_layout.draw_text_row(row, width, style)
            for row in _panel_rows(panel, heights, width, style)
        ]
    return drawn if lines is None else drawn[:lines]


def _allocate_heights(panels: Sequence[Panel], lines: int) -> dict[str, int]:
    """Return the number of lines that each panel gets, by its title.

    Panels get their minimum in order while there is room; then lines are added in turn.
    """
    heights: dict[str, int] = {}
    for panel in panels:
        if panel.min_lines <= lines:
            heights[panel.title] = panel.min_lines
            lines -= panel.min_lines
    growing = [panel for panel in panels if panel.title in heights]
    # for a blank line between two panels
    lines -= len(heights) - 1 if lines >= _MIN_SPARE_LINES else 0
    while lines and growing:
        for panel in list(growing):
            if heights[panel.title] >= panel.max_lines:
                growing.remove(panel)
            elif lines:
                heights[panel.title] += 1
                lines -= 1
    return heights


def _panel_rows(
    panel: Panel, heights: dict[str, int], width: int, style: TerminalStyle
) -> list[TextRow]:
    row_limit = heights[panel.title] - 1
    heading, whole = _heading_row(panel.title, width, style), len(panel.rows) + panel.hidden_count
    if whole <= row_limit or not panel.is_list:
        tail = panel.tail if whole + len(panel.tail) <= row_limit else []
        return [heading, *panel.rows[:row_limit], *tail]
    if row_limit == 1:
        return [heading, [*panel.rows[0], TextPiece(f"  and {whole - 1:,} more", Colour.DIM)]]
    shown = panel.rows[: row_limit - 1]
    more = (TextPiece(f"and {whole - len(shown):,} more", Colour.DIM),)
    tail = panel.tail if len(shown) + 1 + len(panel.tail) <= row_limit else []
    return [heading, *shown, more, *tail]


def _heading_row(title: str, width: int, style: TerminalStyle) -> TextRow:
    rule = style.rule_char
    drawn = [TextPiece(f"{rule}{rule} ", Colour.DIM), TextPiece(f"{title} ", Colour.TITLE)]
    return [*drawn, TextPiece(rule * max(0, width - len(title) - 4), Colour.DIM)]


def join_columns(left: Sequence[str], right: Sequence[str], width: int, gap: str) -> list[str]:
    """Join two columns of text lines side by side; the shorter one is filled with empty lines."""
    height = max(len(left), len(right))
    first = [*left, *[" " * width] * (height - len(left))]
    second = [*right, *[""] * (height - len(right))]
    return [f"{line}{gap}{other}" for line, other in zip(first, second, strict=True)]
