"""The legend of a chart: the name of each series beside its look, in as many rows as it takes."""

from __future__ import annotations

from mediakeep.pages.charts import style, svg
from mediakeep.pages.charts.chart import Chart, Kind

_SIZE = 13
_ROW = 20.0
_KEY = 18.0  # the room of a look, before its name
_GAP = 20.0  # between two entries
_BROADEST = 190.0  # of a name


def height(chart: Chart, room: float) -> float:
    """Return how high the legend is where a row has so much room."""
    rows = {row for row, _ in _places(chart, room)}
    return len(rows) * _ROW + (4 if rows else 0)


def drawn(chart: Chart, kind: Kind, left: float, top: float, room: float) -> list[str]:
    """Draw the legend, its upper left corner at a point."""
    found = []
    for number, (row, place) in enumerate(_places(chart, room)):
        x, middle = left + place, top + row * _ROW + _ROW / 2
        name = svg.text(_name(chart, number), x + _KEY, middle + 5, class_="legend")
        found.append(svg.tag("g", _key(kind, x, middle), name, class_=style.dress(number)))
    return found


def _key(kind: Kind, x: float, middle: float) -> str:
    if kind is Kind.LINE:
        return svg.tag("path", class_="line", d=f"M{svg.point(x)} {svg.point(middle)}h13")
    return svg.tag("rect", class_="bar", x=x, y=middle - 6, width=12, height=12)


def _places(chart: Chart, room: float) -> list[tuple[int, float]]:
    """Return row and x of each entry; one series alone needs no legend."""
    found: list[tuple[int, float]] = []
    row, x = 0, 0.0
    for number in range(len(chart.series) if len(chart.series) > 1 else 0):
        broad = _KEY + svg.width(_name(chart, number), _SIZE)
        if x + broad > room:
            row, x = row + 1, 0.0
        found.append((row, x))
        x += broad + _GAP
    return found


def _name(chart: Chart, number: int) -> str:
    return svg.fitted(chart.series[number].name, _BROADEST, _SIZE)
