"""Line charts, with an optional goal."""

from __future__ import annotations

from mediakeep.pages.charts import frame, scale, style, svg
from mediakeep.pages.charts.chart import Chart, Kind, goal, is_whole, known
from mediakeep.pages.charts.frame import Area

_MOST_DOTS = 16
_SPOT = 6.0  # radius around each point that shows its tooltip
_GOAL_ROOM = 220.0

Points = list[tuple[int, float]]


def line(chart: Chart) -> str:
    """Render a line chart; lines have gaps at unknown values."""
    rows = [known(series.values) for series in chart.series]
    values = [number for row in rows for number in row if number is not None]
    if not values:
        return frame.empty(chart, Kind.LINE)
    aim = goal(chart)
    heights = values if aim is None else [*values, aim]
    ticks = scale.ticks(min(heights), max(heights), whole=is_whole(heights))
    last = _last(rows, ticks)
    area = frame.area(chart, ticks, _beside(chart, last))
    marks = [_series(chart, area, number, _runs(row)) for number, row in enumerate(rows)]
    return frame.drawn(
        chart, Kind.LINE, area, *_goal(chart, area, aim), *marks, _end(area, rows, last)
    )


def _runs(row: list[float | None]) -> list[Points]:
    """Split the points of a row at unknown values."""
    runs: list[Points] = [[]]
    for place, number in enumerate(row):
        if number is not None:
            runs[-1].append((place, number))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _series(chart: Chart, area: Area, number: int, runs: list[Points]) -> str:
    paths = [_path(area, run) for run in runs if len(run) > 1]
    points = [
        _point(chart, area, number, point, seen=len(run) == 1 or point == runs[-1][-1])
        for run in runs
        for point in run
    ]
    return svg.tag("g", *paths, *points, class_=style.dress(number))


def _path(area: Area, run: Points) -> str:
    points = (f"{svg.point(area.x(place))} {svg.point(area.y(value))}" for place, value in run)
    return svg.tag("path", class_="line", d="M" + "L".join(points))


def _point(chart: Chart, area: Area, series: int, point: tuple[int, float], *, seen: bool) -> str:
    """Render a dot, which is invisible (tooltip only) if there are too many and not `seen`."""
    place, value = point
    seen = seen or area.count <= _MOST_DOTS
    return svg.tag(
        "circle",
        frame.tooltip(chart, series, place, value),
        class_="dot" if seen else "spot",
        cx=area.x(place),
        cy=area.y(value),
        r=4.0 if seen else _SPOT,
    )


def _last(rows: list[list[float | None]], ticks: list[float]) -> str:
    """Return the last value of a single line, which most readers look for, or ""."""
    numbers = [number for number in rows[0] if number is not None]
    return scale.short(numbers[-1], ticks[1] - ticks[0]) if len(rows) == 1 else ""


def _beside(chart: Chart, last: str) -> float:
    """Return the margin for the last value; half a slot is free anyway."""
    return max(0.0, svg.width(last, svg.BOLD * 12) + 12 - 300 / len(chart.labels)) if last else 0.0


def _end(area: Area, rows: list[list[float | None]], last: str) -> str:
    """Render the last value next to the end of its line."""
    if not last:
        return ""
    place, value = _runs(rows[0])[-1][-1]
    return svg.text(last, area.x(place) + 9, area.y(value) + 4, class_="number")


def _goal(chart: Chart, area: Area, aim: float | None) -> list[str]:
    if chart.goal is None or aim is None:
        return []
    y = area.y(aim)
    words = svg.fitted(f"{chart.goal.name}: {scale.written(aim)}", _GOAL_ROOM, 12)
    return [
        svg.tag("line", class_="goal", x1=area.left, y1=y, x2=area.right, y2=y),
        svg.text(words, area.left + 4, y - 7, class_="aim"),
    ]
