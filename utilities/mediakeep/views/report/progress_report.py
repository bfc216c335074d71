"""A whole progress report: all kinds of media in one day or week."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mediakeep import kinds
from mediakeep.views import periods
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report import headline
from mediakeep.views.report.kind_progress import KindProgress
from mediakeep.views.summary import Summary


class ProgressReport(msgspec.Struct, frozen=True):
    """The data of a progress report, for templates and JSON.

    `invested` is the time with running sessions; sessions at the same time count only once.
    """

    period: Period
    title: str
    running: bool  # the period is not over yet
    written: str  # UTC timestamp
    local: str  # the same in the report's time zone, as text
    headlines: list[list[str]]  # sentences of each kind
    invested: float  # seconds
    invested_ever: float  # up to the end of the period
    since: str  # the first known day
    kinds: list[KindProgress]

    @property
    def notices(self) -> list[str]:
        """The credits that online services require to be shown."""
        return list(
            filter(None, (kinds.get_kind(progress.kind).attribution for progress in self.kinds))
        )

    @property
    def span(self) -> str:
        """The name of the period's length, such as "week"."""
        return "day" if self.period.days == DAY else "week"


def build_report(
    summary: Summary, kinds: list[KindProgress], local: datetime, *, running: bool
) -> ProgressReport:
    """Build the report on the summary's period; `local` is the local time of writing."""
    period, ever = summary.period, summary.whole_history
    return ProgressReport(
        period=period,
        title=periods.format_period(period),
        running=running,
        written=summary.written,
        local=f"{periods.format_date(local.date())}, {local:%H:%M} ({local:%Z})",
        headlines=[
            headline.build_headline(progress, period, local.date(), running=running)
            for progress in kinds
        ],
        invested=summary.seconds_invested(period),
        invested_ever=summary.seconds_invested(ever) if ever else 0.0,
        since=periods.format_date(ever.first) if ever else "",
        kinds=kinds,
    )
