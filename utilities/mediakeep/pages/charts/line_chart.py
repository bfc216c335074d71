"""Draw line charts as SVG, with an optional goal."""

from __future__ import annotations

from mediakeep.pages.charts import frame, scale, svg, theme
from mediakeep.pages.charts.chart import (
    Chart,
    ChartType,
    are_integers,
    drawable_goal,
    drawable_values,
)
from mediakeep.pages.charts.frame import PlotArea

_MAX_DOTS = 16
_HOVER_RADIUS = 6.0  # radius around each point that shows its tooltip
_GOAL_LABEL_WIDTH = 220.0

Points = list[tuple[int, float]]


def line_chart(chart: Chart) -> str:
    """Return the SVG of a line chart; a line is interrupted where values are unknown."""
    rows = [drawable_values(series.values) for series in chart.series]
    values = [number for row in rows for number in row if number is not None]
    if not values:
        return frame.render_empty_chart(chart, ChartType.LINE)
    goal = drawable_goal(chart)
    heights = values if goal is None else [*values, goal]
    ticks = scale.compute_ticks(min(heights), max(heights), whole=are_integers(heights))
    last = _last_number_text(rows, ticks)
    area = frame.layout_plot_area(chart, ticks, _right_margin(chart, last))
    marks = [
        _render_series(chart, area, number, _split_at_gaps(row)) for number, row in enumerate(rows)
    ]
    return frame.render_chart(
        chart,
        ChartType.LINE,
        area,
        *_render_goal(chart, area, goal),
        *marks,
        _render_last_number(area, rows, last),
    )


def _split_at_gaps(row: list[float | None]) -> list[Points]:
    """Split a series into runs of consecutive known values, as (index, value) points."""
    runs: list[Points] = [[]]
    for position, number in enumerate(row):
        if number is not None:
            runs[-1].append((position, number))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _render_series(chart: Chart, area: PlotArea, number: int, runs: list[Points]) -> str:
    paths = [_render_path(area, run) for run in runs if len(run) > 1]
    points = [
        _render_point(chart, area, number, point, is_visible=len(run) == 1 or point == runs[-1][-1])
        for run in runs
        for point in run
    ]
    return svg.render_element("g", *paths, *points, class_=theme.css_class(number))


def _render_path(area: PlotArea, run: Points) -> str:
    points = (
        f"{svg.format_coordinate(area.x(position))} {svg.format_coordinate(area.y(value))}"
        for position, value in run
    )
    return svg.render_element("path", class_="line", d="M" + "L".join(points))


def _render_point(
    chart: Chart, area: PlotArea, series: int, point: tuple[int, float], *, is_visible: bool
) -> str:
    """Render a point with its tooltip; its dot is visible if points are few or if `is_visible`."""
    position, value = point
    is_visible = is_visible or area.count <= _MAX_DOTS
    return svg.render_element(
        "circle",
        frame.render_tooltip(chart, series, position, value),
        class_="dot" if is_visible else "spot",
        cx=area.x(position),
        cy=area.y(value),
        r=4.0 if is_visible else _HOVER_RADIUS,
    )


def _last_number_text(rows: list[list[float | None]], ticks: list[float]) -> str:
    """Return the last value of a chart with a single line as text, or "" for several lines."""
    numbers = [number for number in rows[0] if number is not None]
    return scale.format_number_for_axis(numbers[-1], ticks[1] - ticks[0]) if len(rows) == 1 else ""


def _right_margin(chart: Chart, last: str) -> float:
    """Return the width of the margin for the last value; half a slot is free without a margin."""
    return (
        max(0.0, svg.text_width(last, svg.BOLD_WIDTH_FACTOR * 12) + 12 - 150 / len(chart.labels))
        if last
        else 0.0
    )


def _render_last_number(area: PlotArea, rows: list[list[float | None]], last: str) -> str:
    """Render the last value next to the end of its line."""
    if not last:
        return ""
    position, value = _split_at_gaps(rows[0])[-1][-1]
    return svg.render_text(last, area.x(position) + 9, area.y(value) + 4, class_="number")


def _render_goal(chart: Chart, area: PlotArea, goal: float | None) -> list[str]:
    if chart.goal is None or goal is None:
        return []
    y = area.y(goal)
    text = svg.truncate_to_width(
        f"{chart.goal.name}: {scale.format_number(goal)}", _GOAL_LABEL_WIDTH, 12
    )
    return [
        svg.render_element("line", class_="goal", x1=area.left, y1=y, x2=area.right, y2=y),
        svg.render_text(text, area.left + 4, y - 7, class_="aim"),
    ]
