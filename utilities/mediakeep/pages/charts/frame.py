"""The SVG document of a chart: plot area, axes, legend, title and description."""

from __future__ import annotations

import msgspec

from mediakeep.pages.charts import axis, legend, scale, style, svg
from mediakeep.pages.charts.chart import Chart, Kind, known, where

WIDTH = 720.0
_EDGE = 16.0
_HEIGHT = 240.0  # of the area
_HEAD = 62.0  # of the title and the unit
_ROOM = WIDTH - 2 * _EDGE
_MOST_TOLD = 7  # series in the description


class Area(msgspec.Struct, frozen=True):
    """The plot area of a chart; y grows downwards, as in SVG."""

    left: float
    right: float
    top: float
    count: int
    ticks: tuple[float, ...]

    @property
    def bottom(self) -> float:
        """The y coordinate of the lowest tick."""
        return self.top + _HEIGHT

    @property
    def slot(self) -> float:
        """The width for each label."""
        return (self.right - self.left) / self.count

    def x(self, place: int) -> float:
        """Return the x coordinate of the center of a slot."""
        return self.left + (place + 0.5) * self.slot

    def y(self, number: float) -> float:
        """Return the y coordinate of a value."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.bottom - (number - low) / (high - low) * _HEIGHT


def area(chart: Chart, ticks: list[float], right: float = 0) -> Area:
    """Return the plot area of a chart, with a margin of `right`."""
    room = max(svg.width(scale.written(tick), 12) for tick in ticks)
    return Area(
        left=_EDGE + room + 8,
        right=WIDTH - _EDGE - right,
        top=_top(chart),
        count=len(chart.labels),
        ticks=tuple(ticks),
    )


def drawn(chart: Chart, kind: Kind, area: Area, *marks: str) -> str:
    """Return the SVG document of a chart with its marks and axes."""
    below, room = axis.labels(chart, area.left, area.slot, area.bottom)
    height = area.bottom + room
    return _document(chart, kind, height, _grid(area), *marks, _base(area), below)


def tooltip(chart: Chart, series: int, place: int, number: float) -> str:
    """Return the tooltip of a mark: its label, series and value."""
    name = chart.series[series].name
    value = f"{svg.words_of(name)}: {scale.written(number)}" if name else scale.written(number)
    return svg.tag("title", f"{svg.words_of(where(chart, place))}\n{value}")


def empty(chart: Chart, kind: Kind) -> str:
    """Return the SVG document of a chart without values."""
    top = _top(chart)
    words = svg.text("nothing yet", WIDTH / 2, top + 60, class_="empty middle")
    return _document(chart, kind, top + 120, words)


def _document(chart: Chart, kind: Kind, height: float, *inner: str) -> str:
    title = svg.fitted(chart.title, _ROOM, svg.BOLD * 17)
    parts = (
        svg.tag("title", svg.words_of(chart.title)),
        svg.tag("desc", _told(chart, kind)),
        svg.tag("style", style.sheet()),
        svg.tag("rect", class_="paper", width=WIDTH, height=height, rx=6),
        svg.text(title, _EDGE, 30, class_="title"),
        svg.text(svg.fitted(chart.unit, _ROOM, 13), _EDGE, 50, class_="unit"),
        *legend.drawn(chart, kind, _EDGE, _HEAD, _ROOM),
        *inner,
    )
    size = f'width="{svg.point(WIDTH)}" height="{svg.point(height)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mk-chart" role="img" '
        f'aria-label="{svg.words_of(chart.title)}" {size} '
        f'viewBox="0 0 {svg.point(WIDTH)} {svg.point(height)}">\n'
        + "\n".join(part for part in parts if part)
        + "\n</svg>\n"
    )


def _told(chart: Chart, kind: Kind) -> str:
    """Describe the chart for screen readers: type, unit, and the last value of each series."""
    ends = []
    for series in chart.series[:_MOST_TOLD]:
        numbers = [
            (place, value) for place, value in enumerate(known(series.values)) if value is not None
        ]
        if numbers:
            place, last = numbers[-1]
            name = f"{svg.words_of(series.name)}, " if series.name else ""
            ends.append(f"{name}{svg.words_of(where(chart, place))}: {scale.written(last)}")
    return ". ".join([f"{kind}, {svg.words_of(chart.unit)}", *ends])


def _top(chart: Chart) -> float:
    return _HEAD + legend.height(chart, _ROOM) + 20


def _grid(area: Area) -> str:
    lines = []
    for tick in area.ticks:
        y = area.y(tick)
        lines.append(svg.text(scale.written(tick), area.left - 8, y + 4, class_="end"))
        lines.append(svg.tag("line", class_="grid", x1=area.left, y1=y, x2=area.right, y2=y))
    return "\n".join(lines)


def _base(area: Area) -> str:
    y = area.y(0)
    return svg.tag("line", class_="base", x1=area.left, y1=y, x2=area.right, y2=y)
