"""The charts of a report: progress, open issues, completed items per day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from mediakeep.pages import charts
from mediakeep.pages.charts import Chart, Goal, Series
from mediakeep.views import periods
from mediakeep.views.period_stats import PeriodStats
from mediakeep.views.report.kind_progress import KindProgress

MAX_KINDS = 5  # issue kinds with their own colour
MAX_DAYS = 92  # days drawn daily; a longer time is drawn weekly


def draw_charts(progress: KindProgress) -> dict[str, str]:
    """Return the charts of a kind of media as SVG by name; charts without data are left out."""
    charts_by_name = {
        "completed": _draw_completed(progress),
        "issues": _draw_open_issues(progress),
        "days": _draw_days(progress),
    }
    return {name: svg for name, svg in charts_by_name.items() if svg}


def _draw_completed(progress: KindProgress) -> str:
    """Draw the completed items since the first day, with the total as the goal."""
    points = _completed_points(progress.steps, progress.days)
    if len(points) < 2:
        return ""
    goal = Goal(f"all {progress.plural}", progress.total) if progress.total else None
    return charts.line_chart(
        Chart(
            title=f"{progress.plural.capitalize()} completed",
            unit=progress.plural,
            labels=tuple(f"{day.day}" for day, _ in points),
            groups=tuple(_format_month(day) for day, _ in points),
            series=(Series("completed", tuple(count for _, count in points)),),
            goal=goal,
        )
    )


def _completed_points(
    steps: Sequence[tuple[str, int]], days: Sequence[PeriodStats]
) -> list[tuple[date, int]]:
    """Return the number of completed items at the end of each day, or of every seventh day."""
    if not steps or not days:
        return []
    counts = {date.fromisoformat(day): count for day, count in steps}
    first, last = min(counts), days[-1].period.first
    points, count = [], 0
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        count = counts.get(day, count)
        points.append((day, count))
    return points if len(points) <= MAX_DAYS else points[::-7][::-1]


def _draw_open_issues(progress: KindProgress) -> str:
    """Draw the open issues at the end of each week, by kind."""
    total: Counter[str] = Counter()
    for week in progress.weeks:
        total.update(week.level.open)
    if not total:
        return ""
    first = [kind for kind, _ in sorted(total.items(), key=lambda item: (-item[1], item[0]))]
    chosen = first[:MAX_KINDS] if len(first) > MAX_KINDS + 1 else first
    series = [Series(kind, _open_per_week(progress.weeks, [kind])) for kind in chosen]
    if rest := first[len(chosen) :]:
        series.append(Series(f"{len(rest)} other kinds", _open_per_week(progress.weeks, rest)))
    return charts.stacked_bar_chart(
        Chart(
            title="Open issues at the end of each week",
            unit="issues",
            labels=tuple(week.period.name[5:] for week in progress.weeks),
            groups=tuple(week.period.name[:4] for week in progress.weeks),
            series=tuple(series),
        )
    )


def _open_per_week(weeks: Sequence[PeriodStats], kinds: Sequence[str]) -> tuple[float, ...]:
    return tuple(sum(week.level.open.get(kind, 0) for kind in kinds) for week in weeks)


def _draw_days(progress: KindProgress) -> str:
    """Draw the number of items completed on each of the last days."""
    if not any(day.flow.completed for day in progress.days):
        return ""
    return charts.bar_chart(
        Chart(
            title=f"{progress.plural.capitalize()} completed each day",
            unit=progress.plural,
            labels=tuple(periods.format_short_date(day.period.first) for day in progress.days),
            series=(Series("completed", tuple(day.flow.completed for day in progress.days)),),
        )
    )


def _format_month(day: date) -> str:
    return f"{periods.format_date(day).split()[1][:3]} {day.year}"
