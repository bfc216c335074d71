"""The charts of a report: progress, open issues, completed items per day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from mediakeep.pages import charts
from mediakeep.pages.charts import Chart, Goal, Series
from mediakeep.views import periods
from mediakeep.views.flows import Span
from mediakeep.views.report.progress import Progress

KINDS = 5  # issue kinds with their own colour
LONGEST = 92  # days drawn daily; a longer time is drawn weekly


def of(progress: Progress) -> dict[str, str]:
    """Draw the charts of a kind as SVG by name; empty ones are left out."""
    charts_by_name = {
        "completed": _completed(progress),
        "issues": _issues(progress),
        "days": _days(progress),
    }
    return {name: svg for name, svg in charts_by_name.items() if svg}


def _completed(progress: Progress) -> str:
    """Draw the completed items since the first day, with the total as the goal."""
    points = _points(progress.steps, progress.days)
    if len(points) < 2:
        return ""
    goal = Goal(f"all {progress.plural}", progress.total) if progress.total else None
    return charts.line(
        Chart(
            title=f"{progress.plural.capitalize()} completed",
            unit=progress.plural,
            labels=tuple(f"{day.day}" for day, _ in points),
            groups=tuple(_month(day) for day, _ in points),
            series=(Series("completed", tuple(count for _, count in points)),),
            goal=goal,
        )
    )


def _points(steps: Sequence[tuple[str, int]], days: Sequence[Span]) -> list[tuple[date, int]]:
    """Return the completed items at the end of each day, or of every seventh day."""
    if not steps or not days:
        return []
    counts = {date.fromisoformat(day): count for day, count in steps}
    first, last = min(counts), days[-1].period.first
    points, count = [], 0
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        count = counts.get(day, count)
        points.append((day, count))
    return points if len(points) <= LONGEST else points[::-7][::-1]


def _issues(progress: Progress) -> str:
    """Draw the open issues at the end of each week, by kind."""
    total: Counter[str] = Counter()
    for week in progress.weeks:
        total.update(week.level.open)
    if not total:
        return ""
    first = [kind for kind, _ in sorted(total.items(), key=lambda item: (-item[1], item[0]))]
    chosen = first[:KINDS] if len(first) > KINDS + 1 else first
    series = [Series(kind, _open(progress.weeks, [kind])) for kind in chosen]
    if rest := first[len(chosen) :]:
        series.append(Series(f"{len(rest)} other kinds", _open(progress.weeks, rest)))
    return charts.stacked(
        Chart(
            title="Open issues at the end of each week",
            unit="issues",
            labels=tuple(week.period.name[5:] for week in progress.weeks),
            groups=tuple(week.period.name[:4] for week in progress.weeks),
            series=tuple(series),
        )
    )


def _open(weeks: Sequence[Span], kinds: Sequence[str]) -> tuple[float, ...]:
    return tuple(sum(week.level.open.get(kind, 0) for kind in kinds) for week in weeks)


def _days(progress: Progress) -> str:
    """Draw the number of items completed on each of the last days."""
    if not any(day.flow.completed for day in progress.days):
        return ""
    return charts.bars(
        Chart(
            title=f"{progress.plural.capitalize()} completed each day",
            unit=progress.plural,
            labels=tuple(periods.short(day.period.first) for day in progress.days),
            series=(Series("completed", tuple(day.flow.completed for day in progress.days)),),
        )
    )


def _month(day: date) -> str:
    return f"{periods.long(day).split()[1][:3]} {day.year}"
