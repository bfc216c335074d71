"""The pictures of a report: how far it is, what is open, how much was done each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from mediakeep.pages import charts
from mediakeep.pages.charts import Chart, Goal, Series
from mediakeep.views import periods
from mediakeep.views.flows import Span
from mediakeep.views.report.progress import Progress

KINDS = 5  # of issues that have a colour of their own
LONGEST = 92  # days that are drawn day by day; a longer time week by week


def of(told: Progress) -> dict[str, str]:
    """Draw the pictures of a kind, as SVG by name; those that would be empty are left out."""
    drawn = {"completed": _completed(told), "issues": _issues(told), "days": _days(told)}
    return {name: svg for name, svg in drawn.items() if svg}


def _completed(told: Progress) -> str:
    """Draw the completed items from the first day on, with the whole as the goal."""
    points = _points(told.steps, told.days)
    if len(points) < 2:
        return ""
    goal = Goal(f"all {told.plural}", told.total) if told.total else None
    return charts.line(
        Chart(
            title=f"{told.plural.capitalize()} completed",
            unit=told.plural,
            labels=tuple(f"{day.day}" for day, _ in points),
            groups=tuple(_month(day) for day, _ in points),
            series=(Series("completed", tuple(count for _, count in points)),),
            goal=goal,
        )
    )


def _points(steps: Sequence[tuple[str, int]], days: Sequence[Span]) -> list[tuple[date, int]]:
    """Return the number of completed items at the end of each day, or of each seventh."""
    if not steps or not days:
        return []
    known = {date.fromisoformat(day): count for day, count in steps}
    first, last = min(known), days[-1].period.first
    found, count = [], 0
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        count = known.get(day, count)
        found.append((day, count))
    return found if len(found) <= LONGEST else found[::-7][::-1]


def _issues(told: Progress) -> str:
    """Draw the open issues at the end of each week, by kind."""
    total: Counter[str] = Counter()
    for week in told.weeks:
        total.update(week.level.open)
    if not total:
        return ""
    first = [kind for kind, _ in sorted(total.items(), key=lambda one: (-one[1], one[0]))]
    chosen = first[:KINDS] if len(first) > KINDS + 1 else first
    series = [Series(kind, _open(told.weeks, [kind])) for kind in chosen]
    if rest := first[len(chosen) :]:
        series.append(Series(f"{len(rest)} other kinds", _open(told.weeks, rest)))
    return charts.stacked(
        Chart(
            title="Open issues at the end of each week",
            unit="issues",
            labels=tuple(week.period.name[5:] for week in told.weeks),
            groups=tuple(week.period.name[:4] for week in told.weeks),
            series=tuple(series),
        )
    )


def _open(weeks: Sequence[Span], kinds: Sequence[str]) -> tuple[float, ...]:
    return tuple(sum(week.level.open.get(kind, 0) for kind in kinds) for week in weeks)


def _days(told: Progress) -> str:
    """Draw how many items were completed on each of the last days."""
    if not any(day.flow.completed for day in told.days):
        return ""
    return charts.bars(
        Chart(
            title=f"{told.plural.capitalize()} completed each day",
            unit=told.plural,
            labels=tuple(periods.short(day.period.first) for day in told.days),
            series=(Series("completed", tuple(day.flow.completed for day in told.days)),),
        )
    )


def _month(day: date) -> str:
    return f"{periods.long(day).split()[1][:3]} {day.year}"
