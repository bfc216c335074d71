"""A whole report: all kinds in one day or week, for templates and JSON."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mediakeep.kinds import KINDS
from mediakeep.views import periods
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report import headline
from mediakeep.views.report.progress import Progress
from mediakeep.views.summary import Summary


class Briefing(msgspec.Struct, frozen=True):
    """The data of a report; `invested` counts time shared by two kinds only once."""

    period: Period
    title: str
    running: bool  # the period is not over yet
    written: str  # UTC timestamp
    local: str  # the same in the report's time zone, as text
    headlines: list[list[str]]  # sentences of each kind
    invested: float  # seconds
    invested_ever: float  # up to the end of the period
    since: str  # the first known day
    kinds: list[Progress]

    @property
    def notices(self) -> list[str]:
        """The attributions that the services require."""
        return list(filter(None, (KINDS[progress.kind].notice for progress in self.kinds)))

    @property
    def span(self) -> str:
        """The name of the period's length."""
        return "day" if self.period.days == DAY else "week"


def of(summary: Summary, kinds: list[Progress], local: datetime, *, running: bool) -> Briefing:
    """Build a report that is written at the `local` time."""
    period, ever = summary.period, summary.ever
    return Briefing(
        period=period,
        title=periods.title(period),
        running=running,
        written=summary.written,
        local=f"{periods.long(local.date())}, {local:%H:%M} ({local:%Z})",
        headlines=[
            headline.of(progress, period, local.date(), running=running) for progress in kinds
        ],
        invested=summary.invested(period),
        invested_ever=summary.invested(ever) if ever else 0.0,
        since=periods.long(ever.first) if ever else "",
        kinds=kinds,
    )
