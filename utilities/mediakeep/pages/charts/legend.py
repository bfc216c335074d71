"""The legend of a chart: the key and name of each series, in one or more rows."""

from __future__ import annotations

from mediakeep.pages.charts import style, svg
from mediakeep.pages.charts.chart import Chart, Kind

_SIZE = 13
_ROW = 20.0
_KEY = 18.0  # width of a key, before its name
_GAP = 20.0  # between two entries
_BROADEST = 190.0  # of a name


def height(chart: Chart, room: float) -> float:
    """Return the height of the legend in a row width of `room`."""
    rows = {row for row, _ in _places(chart, room)}
    return len(rows) * _ROW + (4 if rows else 0)


def drawn(chart: Chart, kind: Kind, left: float, top: float, room: float) -> list[str]:
    """Render the legend with its upper left corner at a point."""
    elements = []
    for number, (row, place) in enumerate(_places(chart, room)):
        x, middle = left + place, top + row * _ROW + _ROW / 2
        name = svg.text(_name(chart, number), x + _KEY, middle + 5, class_="legend")
        elements.append(svg.tag("g", _key(kind, x, middle), name, class_=style.dress(number)))
    return elements


def _key(kind: Kind, x: float, middle: float) -> str:
    if kind is Kind.LINE:
        return svg.tag("path", class_="line", d=f"M{svg.point(x)} {svg.point(middle)}h13")
    return svg.tag("rect", class_="bar", x=x, y=middle - 6, width=12, height=12)


def _places(chart: Chart, room: float) -> list[tuple[int, float]]:
    """Return row and x of each entry; a single series has no legend."""
    positions: list[tuple[int, float]] = []
    row, x = 0, 0.0
    for number in range(len(chart.series) if len(chart.series) > 1 else 0):
        broad = _KEY + svg.width(_name(chart, number), _SIZE)
        if x + broad > room:
            row, x = row + 1, 0.0
        positions.append((row, x))
        x += broad + _GAP
    return positions


def _name(chart: Chart, number: int) -> str:
    return svg.fitted(chart.series[number].name, _BROADEST, _SIZE)
