"""The legend of a chart: a colour sample and the name of each series, in one or more rows."""

from __future__ import annotations

from mediakeep.pages.charts import svg, theme
from mediakeep.pages.charts.chart import Chart, ChartType

_FONT_SIZE = 13
_ROW_HEIGHT = 20.0
_KEY_WIDTH = 18.0  # width of a key, before its name
_GAP = 20.0  # between two entries
_MAX_NAME_WIDTH = 190.0  # maximum width of a name


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
        broad = _KEY_WIDTH + svg.text_width(_entry_name(chart, number), _FONT_SIZE)
        if x + broad > max_width:
            row, x = row + 1, 0.0
        positions.append((row, x))
        x += broad + _GAP
    return positions


def _entry_name(chart: Chart, number: int) -> str:
    return svg.truncate_to_width(chart.series[number].name, _MAX_NAME_WIDTH, _FONT_SIZE)
