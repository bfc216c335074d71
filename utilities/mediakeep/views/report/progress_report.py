"""A whole progress report: all kinds of media in one day or week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from mediakeep import kinds
from mediakeep.queue.history.queries import SessionRepairs
from mediakeep.views import periods
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report import headline, priorities
from mediakeep.views.report.kind_progress import KindProgress
from mediakeep.views.report.priorities import Priorities, ProposalGroupRow, UrgentRow
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
    urgent: list[UrgentRow]  # of all kinds, like the next two
    acceptable: list[ProposalGroupRow]
    repaired: list[tuple[str, SessionRepairs]]

    @property
    def notices(self) -> list[str]:
        """The credits that online services require to be shown."""
        return list(
            filter(None, (kinds.get_kind(progress.kind).attribution for progress in self.kinds))
        )

    @property
    def damaged_kinds(self) -> list[KindProgress]:
        """The kinds with damaged files, which a scan finds again after they were replaced."""
        names = {row.kind for row in self.urgent if row.urgency == priorities.DAMAGED}
        return [progress for progress in self.kinds if progress.kind in names]

    @property
    def span(self) -> str:
        """The name of the period's length, such as "week"."""
        return "day" if self.period.days == DAY else "week"


def build_report(
    summary: Summary,
    parts: Sequence[tuple[KindProgress, Priorities]],
    local: datetime,
    *,
    running: bool,
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
            headline.build_headline(progress, first.urgent, period, local.date(), running=running)
            for progress, first in parts
        ],
        invested=summary.seconds_invested(period),
        invested_ever=summary.seconds_invested(ever) if ever else 0.0,
        since=periods.format_date(ever.first) if ever else "",
        kinds=[progress for progress, _ in parts],
        urgent=priorities.sort_urgent_rows(row for _, first in parts for row in first.urgent),
        acceptable=sorted(
            [issue for _, first in parts for issue in first.acceptable],
            key=lambda issue: (-issue.count, issue.issue),
        ),
        repaired=[session for _, first in parts for session in first.repaired],
    )
