"""The legend of a chart: the key and name of each series, in one or more rows."""

from __future__ import annotations

from mediakeep.pages.charts import svg, theme
from mediakeep.pages.charts.chart import Chart, ChartType

_FONT_SIZE = 13
_ROW_HEIGHT = 20.0
_KEY_WIDTH = 18.0  # width of a key, before its name
_GAP = 20.0  # between two entries
_MAX_NAME_WIDTH = 190.0  # of a name


def legend_height(chart: Chart, room: float) -> float:
    """Return the height of the legend in a row width of `room`."""
    rows = {row for row, _ in _entry_positions(chart, room)}
    return len(rows) * _ROW_HEIGHT + (4 if rows else 0)


def render_legend(chart: Chart, kind: ChartType, left: float, top: float, room: float) -> list[str]:
    """Render the legend with its upper left corner at a point."""
    elements = []
    for number, (row, place) in enumerate(_entry_positions(chart, room)):
        x, middle = left + place, top + row * _ROW_HEIGHT + _ROW_HEIGHT / 2
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


def _entry_positions(chart: Chart, room: float) -> list[tuple[int, float]]:
    """Return row and x of each entry; a single series has no legend."""
    positions: list[tuple[int, float]] = []
    row, x = 0, 0.0
    for number in range(len(chart.series) if len(chart.series) > 1 else 0):
        broad = _KEY_WIDTH + svg.text_width(_entry_name(chart, number), _FONT_SIZE)
        if x + broad > room:
            row, x = row + 1, 0.0
        positions.append((row, x))
        x += broad + _GAP
    return positions


def _entry_name(chart: Chart, number: int) -> str:
    return svg.fit_text(chart.series[number].name, _MAX_NAME_WIDTH, _FONT_SIZE)
