"""A whole progress report: all kinds of media in one day or week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from mediakeep import kinds
from mediakeep.views import periods
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report import headline
from mediakeep.views.report.kind_progress import KindProgress
from mediakeep.views.report.priorities import (
    MAX_URGENT,
    AcceptableKind,
    Priorities,
    RepairSession,
    Urgency,
    UrgentRow,
)
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
    priorities: list[Priorities]  # of each kind

    @property
    def urgent(self) -> list[tuple[str, UrgentRow]]:
        """The most urgent rows of all kinds, each with the name of its kind."""
        return self._rank_urgent()[:MAX_URGENT]

    @property
    def urgent_more(self) -> str:
        """The numbers of damaged files, vanished and failed items that `urgent` leaves out."""
        rows = [row for _, row in self._rank_urgent()[MAX_URGENT:]]
        only = self.kinds[0]
        nouns = (only.noun, only.plural) if len(self.kinds) == 1 else ("item", "items")
        return headline.format_urgent(rows, *nouns)

    def list_damaged(self, number: int) -> list[UrgentRow]:
        """Return the damaged files of the kind with this index."""
        rows = self.priorities[number].urgent
        return [row for row in rows if row.urgency is Urgency.DAMAGED]

    def _rank_urgent(self) -> list[tuple[str, UrgentRow]]:
        rows = self._pair_with_kinds("urgent")
        return sorted(rows, key=lambda row: row[1].urgency)

    @property
    def acceptable(self) -> list[tuple[str, AcceptableKind]]:
        """The kinds of issues whose proposals one command accepts, most proposals first."""
        return sorted(self._pair_with_kinds("acceptable"), key=lambda pair: -pair[1].count)

    @property
    def repaired(self) -> list[tuple[str, RepairSession]]:
        """What the sessions repaired in the period, each with the name of its kind."""
        return self._pair_with_kinds("repaired")

    def _pair_with_kinds(self, name: str) -> list[tuple[str, Any]]:
        return [
            (progress.kind, row)
            for progress, first in zip(self.kinds, self.priorities, strict=True)
            for row in getattr(first, name)
        ]

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
        priorities=[first for _, first in parts],
    )
