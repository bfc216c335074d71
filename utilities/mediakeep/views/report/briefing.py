"""A whole report: all kinds in one day or week, as templates and programs get it."""

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
    """What a report tells; `invested` counts time in which two kinds were worked on once."""

    period: Period
    title: str
    running: bool  # the period is not over
    written: str  # when, in UTC
    local: str  # the same in the report's time zone, for people
    headlines: list[list[str]]  # sentences, for each kind
    invested: float  # seconds
    invested_ever: float  # up to the end of the period
    since: str  # the first day that is known
    kinds: list[Progress]

    @property
    def notices(self) -> list[str]:
        """What services want to be said in reports that make use of them."""
        return list(filter(None, (KINDS[one.kind].notice for one in self.kinds)))

    @property
    def span(self) -> str:
        """What people call the period."""
        return "day" if self.period.days == DAY else "week"


def of(summary: Summary, told: list[Progress], local: datetime, *, running: bool) -> Briefing:
    """Put a report together that is written at a `local` time."""
    period, ever = summary.period, summary.ever
    return Briefing(
        period=period,
        title=periods.title(period),
        running=running,
        written=summary.written,
        local=f"{periods.long(local.date())}, {local:%H:%M} ({local:%Z})",
        headlines=[headline.of(one, period, local.date(), running=running) for one in told],
        invested=summary.invested(period),
        invested_ever=summary.invested(ever) if ever else 0.0,
        since=periods.long(ever.first) if ever else "",
        kinds=told,
    )
