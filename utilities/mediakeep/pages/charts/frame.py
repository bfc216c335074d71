"""The parts that all charts share: plot area, grid, title, tooltips and description.

The labels below a chart are as many as fit, evenly spaced, including the last one. Its legend has a
colour sample and the name of each series, in one or more rows.
"""

from __future__ import annotations

import math

import msgspec

from mediakeep.pages.charts import scale, svg, theme
from mediakeep.pages.charts.chart import Chart, ChartType, drawable_values, position_label

WIDTH = 400.0  # so that its texts are legible on a phone
_EDGE = 12.0
_PLOT_HEIGHT = 160.0  # of the area
_HEADER_HEIGHT = 62.0  # of the title and the unit
_INNER_WIDTH = WIDTH - 2 * _EDGE
_MAX_DESCRIBED = 7  # series in the description
_FONT_SIZE = 12
_GAP = 12.0  # between two labels
_MAX_LABEL_WIDTH = 100.0
_MAX_SKIPPED = 7  # with groups, labels farther apart are omitted
_INDENT = 5.0  # distance of a group label from its line
_EDGES = (4.0, WIDTH - 4)  # left and right x coordinate of the drawing area
_LEGEND_FONT_SIZE = 13
_ROW_HEIGHT = 20.0
_KEY_WIDTH = 18.0  # width of a key, before its name
_LEGEND_GAP = 20.0  # between two entries
_MAX_NAME_WIDTH = 190.0  # maximum width of a name


class PlotArea(msgspec.Struct, frozen=True):
    """The rectangle in which values are drawn; y coordinates grow downwards, as in SVG."""

    left: float
    right: float
    top: float
    count: int
    ticks: tuple[float, ...]

    @property
    def bottom(self) -> float:
        """The y coordinate of the lowest tick."""
        return self.top + _PLOT_HEIGHT

    @property
    def slot_width(self) -> float:
        """The horizontal space for each label, in SVG units."""
        return (self.right - self.left) / self.count

    def x(self, position: int) -> float:
        """Return the x coordinate of the center of the slot for a label, given by index."""
        return self.left + (position + 0.5) * self.slot_width

    def y(self, number: float) -> float:
        """Return the y coordinate of a value."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.bottom - (number - low) / (high - low) * _PLOT_HEIGHT


def layout_plot_area(chart: Chart, ticks: list[float], right: float = 0) -> PlotArea:
    """Return the plot area of a chart; `right` is an additional margin on its right side."""
    label_width = max(svg.text_width(scale.format_number(tick), 12) for tick in ticks)
    return PlotArea(
        left=_EDGE + label_width + 8,
        right=WIDTH - _EDGE - right,
        top=_plot_top(chart),
        count=len(chart.labels),
        ticks=tuple(ticks),
    )


def render_chart(chart: Chart, kind: ChartType, area: PlotArea, *marks: str) -> str:
    """Return the SVG document of a chart: `marks` (its bars or lines) with axes and legend."""
    below, label_height = render_axis_labels(chart, area.left, area.slot_width, area.bottom)
    height = area.bottom + label_height
    return _render_document(
        chart, kind, height, _render_grid(area), *marks, _render_zero_line(area), below
    )


def render_tooltip(chart: Chart, series: int, position: int, number: float) -> str:
    """Return the tooltip of a bar or point: its label, series and value.

    `series` and `position` are indexes into the series and labels of the chart.
    """
    name = chart.series[series].name
    value = (
        f"{svg.escape_text(name)}: {scale.format_number(number)}"
        if name
        else scale.format_number(number)
    )
    return svg.render_element(
        "title", f"{svg.escape_text(position_label(chart, position))}\n{value}"
    )


def render_empty_chart(chart: Chart, kind: ChartType) -> str:
    """Return the SVG document of a chart without values."""
    top = _plot_top(chart)
    text = svg.render_text("nothing yet", WIDTH / 2, top + 60, class_="empty middle")
    return _render_document(chart, kind, top + 120, text)


def _render_document(chart: Chart, kind: ChartType, height: float, *inner: str) -> str:
    title = svg.truncate_to_width(chart.title, _INNER_WIDTH, svg.BOLD_WIDTH_FACTOR * 17)
    parts = (
        svg.render_element("title", svg.escape_text(chart.title)),
        svg.render_element("desc", _describe_chart(chart, kind)),
        svg.render_element("style", theme.stylesheet()),
        svg.render_element("rect", class_="paper", width=WIDTH, height=height, rx=6),
        svg.render_text(title, _EDGE, 30, class_="title"),
        svg.render_text(
            svg.truncate_to_width(chart.unit, _INNER_WIDTH, 13), _EDGE, 50, class_="unit"
        ),
        *render_legend(chart, kind, _EDGE, _HEADER_HEIGHT, _INNER_WIDTH),
        *inner,
    )
    size = f'width="{svg.format_coordinate(WIDTH)}" height="{svg.format_coordinate(height)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mk-chart" role="img" '
        f'aria-label="{svg.escape_text(chart.title)}" {size} '
        f'viewBox="0 0 {svg.format_coordinate(WIDTH)} {svg.format_coordinate(height)}">\n'
        + "\n".join(part for part in parts if part)
        + "\n</svg>\n"
    )


def _describe_chart(chart: Chart, kind: ChartType) -> str:
    """Describe the chart for screen readers: type, unit, and the last value of each series."""
    ends = []
    for series in chart.series[:_MAX_DESCRIBED]:
        numbers = [
            (position, value)
            for position, value in enumerate(drawable_values(series.values))
            if value is not None
        ]
        if numbers:
            position, last = numbers[-1]
            name = f"{svg.escape_text(series.name)}, " if series.name else ""
            label = svg.escape_text(position_label(chart, position))
            ends.append(f"{name}{label}: {scale.format_number(last)}")
    return ". ".join([f"{kind}, {svg.escape_text(chart.unit)}", *ends])


def _plot_top(chart: Chart) -> float:
    return _HEADER_HEIGHT + legend_height(chart, _INNER_WIDTH) + 20


def _render_grid(area: PlotArea) -> str:
    lines = []
    for tick in area.ticks:
        y = area.y(tick)
        lines.append(svg.render_text(scale.format_number(tick), area.left - 8, y + 4, class_="end"))
        lines.append(
            svg.render_element("line", class_="grid", x1=area.left, y1=y, x2=area.right, y2=y)
        )
    return "\n".join(lines)


def _render_zero_line(area: PlotArea) -> str:
    y = area.y(0)
    return svg.render_element("line", class_="base", x1=area.left, y1=y, x2=area.right, y2=y)


def render_axis_labels(chart: Chart, left: float, slot: float, bottom: float) -> tuple[str, float]:
    """Render the labels below a chart, and the group labels (such as years) below them.

    Return the SVG elements and their height below `bottom`. `left` is the x coordinate where the
    first label's slot starts, and `slot` is the width of each slot.
    """
    shown = [svg.truncate_to_width(label, _MAX_LABEL_WIDTH, _FONT_SIZE) for label in chart.labels]
    stride = _label_stride(shown, left, slot)
    if chart.groups and stride > _MAX_SKIPPED:
        return "\n".join(_render_groups(chart, left, slot, bottom)), 32
    last = len(shown) - 1
    elements = [
        _render_label(shown[position], left + (position + 0.5) * slot, bottom)
        for position in range(last % stride, last + 1, stride)
    ]
    if not chart.groups:
        return "\n".join(elements), 32
    return "\n".join(elements + _render_groups(chart, left, slot, bottom + 20)), 52


def _render_label(text: str, x: float, bottom: float) -> str:
    return svg.render_text(
        text, _clamp_to_paper(x, svg.text_width(text, _FONT_SIZE)), bottom + 20, class_="middle"
    )


def _label_stride(shown: list[str], left: float, slot: float) -> int:
    """Return the smallest n such that labels do not overlap if every n-th one is shown."""
    broadest = max(svg.text_width(label, _FONT_SIZE) for label in shown)
    ends = (left + slot / 2, left + (len(shown) - 0.5) * slot)
    moved = sum(abs(_clamp_to_paper(end, broadest) - end) for end in ends)
    return max(1, math.ceil((broadest + _GAP + moved) / slot))


def _clamp_to_paper(x: float, max_width: float) -> float:
    """Return the position nearest to `x` where a label of width `max_width` stays on the page."""
    return min(max(x, _EDGES[0] + max_width / 2), _EDGES[1] - max_width / 2)


def _render_groups(chart: Chart, left: float, slot: float, y: float) -> list[str]:
    """Render each group label where its group starts, unless it would overlap the next one."""
    groups, count = chart.groups, len(chart.groups)
    starts = [
        0,
        *(position for position in range(1, count) if groups[position] != groups[position - 1]),
    ]
    elements: list[str] = []
    limit = _EDGES[1]
    for start in reversed(starts):
        x = left + start * slot
        text = svg.truncate_to_width(groups[start], _MAX_LABEL_WIDTH, _FONT_SIZE)
        if x + _INDENT + svg.text_width(text, _FONT_SIZE) + _INDENT <= limit:
            elements.append(svg.render_text(text, x + _INDENT, y + 20))
            elements.append(svg.render_element("line", class_="grid", x1=x, y1=y, x2=x, y2=y + 22))
            limit = x
    return elements[::-1]


def legend_height(chart: Chart, max_width: float) -> float:
    """Return the height of the legend if its rows may be `max_width` wide."""
    rows = {row for row, _ in _entry_positions(chart, max_width)}
    return len(rows) * _ROW_HEIGHT + (4 if rows else 0)


def render_legend(
    chart: Chart, kind: ChartType, left: float, top: float, max_width: float
) -> list[str]:
    """Render the legend as SVG elements, with its upper left corner at (`left`, `top`)."""
    elements = []
    for number, (row, position) in enumerate(_entry_positions(chart, max_width)):
        x, middle = left + position, top + row * _ROW_HEIGHT + _ROW_HEIGHT / 2
        name = svg.render_text(
            _entry_name(chart, number), x + _KEY_WIDTH, middle + 5, class_="legend"
        )
        elements.append(
            svg.render_element(
                "g", _render_key(kind, x, middle), name, class_=theme.css_class(number)
            )
        )
    return elements


def _render_key(kind: ChartType, x: float, middle: float) -> str:
    if kind is ChartType.LINE:
        return svg.render_element(
            "path",
            class_="line",
            d=f"M{svg.format_coordinate(x)} {svg.format_coordinate(middle)}h13",
        )
    return svg.render_element("rect", class_="bar", x=x, y=middle - 6, width=12, height=12)


def _entry_positions(chart: Chart, max_width: float) -> list[tuple[int, float]]:
    """Return the row number and x coordinate of each entry; none if there is only one series."""
    positions: list[tuple[int, float]] = []
    row, x = 0, 0.0
    for number in range(len(chart.series) if len(chart.series) > 1 else 0):
        broad = _KEY_WIDTH + svg.text_width(_entry_name(chart, number), _LEGEND_FONT_SIZE)
        if x + broad > max_width:
            row, x = row + 1, 0.0
        positions.append((row, x))
        x += broad + _LEGEND_GAP
    return positions


def _entry_name(chart: Chart, number: int) -> str:
    return svg.truncate_to_width(chart.series[number].name, _MAX_NAME_WIDTH, _LEGEND_FONT_SIZE)
