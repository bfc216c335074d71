"""The parts that all charts share: plot area, grid, title, tooltips and description."""

from __future__ import annotations

import msgspec

from mediakeep.pages.charts import axis, legend, scale, svg, theme
from mediakeep.pages.charts.chart import Chart, ChartType, drawable_values, position_label

WIDTH = 720.0
_EDGE = 16.0
_PLOT_HEIGHT = 240.0  # of the area
_HEADER_HEIGHT = 62.0  # of the title and the unit
_INNER_WIDTH = WIDTH - 2 * _EDGE
_MAX_DESCRIBED = 7  # series in the description


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
    below, label_height = axis.render_axis_labels(chart, area.left, area.slot_width, area.bottom)
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
        *legend.render_legend(chart, kind, _EDGE, _HEADER_HEIGHT, _INNER_WIDTH),
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
    return _HEADER_HEIGHT + legend.legend_height(chart, _INNER_WIDTH) + 20


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
