"""Choose which dashboard panels fit into a window, and how many lines each gets, by importance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.layout import Layout
from rich.rule import Rule
from rich.table import Column, Table
from rich.text import Text

from mediakeep.views.dashboard.styled_text import Colour

_MIN_SPARE_LINES = 14  # spare lines from which panels are separated instead of enlarged
_BLANK = Text(" ")


@dataclass(frozen=True)
class DashboardPanel:
    """A titled panel of the dashboard: sentences, then the rows of a table.

    Rendered with a height, it shows as many rows as fit. If `is_list`, it also shows how many rows
    are hidden.
    """

    title: str
    lead: Sequence[RenderableType] = ()  # sentences above the rows
    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[Text]] = ()  # one line each
    tail: Sequence[Text] = ()  # shown below the rows, if all of it fits; one line each
    min_lines: int = 1  # minimum lines of sentences, or of rows, to show the panel
    is_list: bool = False
    hidden_count: int = 0  # entries of the list that have no row
    side: int = 0  # its side, if there are two

    def find_line_limits(self, console: Console, options: ConsoleOptions) -> tuple[int, int]:
        """Return the lines that the panel needs at least, and those that it needs for all."""
        lead = self._count_lead_lines(console, options)
        least = min(self.min_lines, len(self.rows)) + lead if self.rows else self.min_lines
        whole = lead + len(self.rows) + bool(self.hidden_count) + len(self.tail)
        return 1 + min(least, whole), 1 + whole

    def _count_lead_lines(self, console: Console, options: ConsoleOptions) -> int:
        if not self.lead:
            return 0
        return len(console.render_lines(Group(*self.lead), options.reset_height(), pad=False))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the heading, then as many rows as fit into `options.height`."""
        yield Rule(Text(self.title, Colour.TITLE), align="left", style=Colour.DIM)
        yield from self.lead
        height = options.height or options.max_height
        row_limit = max(0, height - 1 - self._count_lead_lines(console, options))
        is_whole = not self.hidden_count and len(self.rows) <= row_limit
        shown = self.rows[: row_limit if is_whole or not self.is_list else max(0, row_limit - 1)]
        hidden = len(self.rows) + self.hidden_count - len(shown) if self.is_list else 0
        if shown:
            yield self._build_table(shown)
        if hidden:
            yield Text(f"and {hidden:,} more", Colour.DIM)
        if len(shown) + bool(hidden) + len(self.tail) <= row_limit:
            yield from self.tail

    def _build_table(self, rows: Sequence[Sequence[Text]]) -> Table:
        table = Table.grid(*(column.copy() for column in self.columns), padding=(0, 2))
        for row in rows:
            table.add_row(*row)
        return table


def build_columns(
    sides: Sequence[Sequence[DashboardPanel]], gap: int, console: Console, options: ConsoleOptions
) -> tuple[Layout, int]:
    """Lay out panels side by side in columns of equal width, with `gap` cells between them.

    The columns have the height of `options`, or as many lines as they need if that is None. Return
    the layout and its height.
    """
    width = (options.max_width - gap * (len(sides) - 1)) // len(sides)
    options = options.update_width(width)
    limits = [[panel.find_line_limits(console, options) for panel in side] for side in sides]
    height = options.height
    if height is None:
        height = max(sum(most for _, most in side) + len(side) - 1 for side in limits)
    columns: list[Layout] = []
    for side, side_limits in zip(sides, limits, strict=True):
        columns += [Layout(_BLANK, size=gap)] if columns else []
        columns.append(_build_column(side, side_limits, height, width))
    columns[-1].size = None  # it takes a cell that the division leaves over
    body = Layout(size=height)
    body.split_row(*columns)
    return body, height


def _build_column(
    panels: Sequence[DashboardPanel], limits: Sequence[tuple[int, int]], lines: int, width: int
) -> Layout:
    heights = allocate_heights(limits, lines)
    shown = [(panel, height) for panel, height in zip(panels, heights, strict=True) if height]
    spare = lines - sum(heights)
    parts: list[Layout] = []
    for panel, height in shown:
        if parts and spare:
            parts.append(Layout(_BLANK, size=1))
            spare -= 1
        parts.append(Layout(panel, size=height))
    column = Layout(_BLANK, size=width)
    column.split_column(*parts, *([Layout(_BLANK, size=spare)] if spare else []))
    return column


def allocate_heights(limits: Sequence[tuple[int, int]], lines: int) -> list[int]:
    """Return the number of lines that each panel gets, or 0 if it is left out.

    Panels get their minimum in order while there is room; then lines are added in turn.
    """
    heights = [0] * len(limits)
    for number, (least, _) in enumerate(limits):
        if least <= lines:
            heights[number] = least
            lines -= least
    growing = [number for number, height in enumerate(heights) if height]
    # for a blank line between two panels
    lines -= len(growing) - 1 if lines >= _MIN_SPARE_LINES else 0
    while lines and growing:
        for number in list(growing):
            if heights[number] >= limits[number][1]:
                growing.remove(number)
            elif lines:
                heights[number] += 1
                lines -= 1
    return heights
