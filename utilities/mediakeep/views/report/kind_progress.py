"""The data of a daily or weekly report on one kind of media, such as music.

Unknown values are None or empty, and templates leave them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from mediakeep import kinds
from mediakeep.kinds import Kind
from mediakeep.queue.history.queries import ItemRepairTotals, SessionRepairs
from mediakeep.queue.history.stage_queries import StageRun, StageTotals
from mediakeep.views import job_numbers
from mediakeep.views.job_numbers import JobRow
from mediakeep.views.period_stats import PeriodStats, PeriodTotals
from mediakeep.views.report.decisions import PendingReviews
from mediakeep.views.report.stage_report import StageReport
from mediakeep.views.summary import CompletionEstimate, KindSummary

MAX_FAILED_ITEMS = 5  # failed items shown per cause; the queue lists all


class ReportRow(msgspec.Struct, frozen=True):
    """A number in a report, for this period and the one before; None if unknown."""

    name: str
    now: float | None
    before: float | None
    unit: str = ""  # "s" for seconds, "B" for bytes, "x" for a factor, "%"


class IssueKindCounts(msgspec.Struct, frozen=True):
    """Counts of one kind of issue: what changed in the period, and how many are open at its end."""

    kind: str
    new: int
    regressed: int
    closed: int
    repaired: int
    open: int
    more: int  # change in open issues
    trend: list[int | None]  # open at the end of each week; None before the history


class FailureGroup(msgspec.Struct, frozen=True):
    """Items that failed for the same reason, and when they are retried."""

    error: str
    items: list[str]  # the newest
    count: int
    next_try: str  # the next retry, or "" if not automatic
    due: bool  # whether that time has passed
    command: str  # command that makes the next batch retry them


class VanishedItem(msgspec.Struct, frozen=True):
    """An item that is no longer in the library, and why: vanished, ignored or empty."""

    item: str
    reason: str


class RemainingWork(msgspec.Struct, frozen=True):
    """The items still to be processed, and how long that will take."""

    done: int
    items: int  # items still to be processed
    failed: int
    vanished: int
    waiting: int
    next_retry: str
    outdated: int
    seconds: float | None
    per_hour: float | None
    sessions: int  # that the pace is computed from
    estimate: CompletionEstimate | None
    next_items: list[str]
    batch: str  # command of the next batch
    redo: str  # command that resets the outdated items
    lookups: list[str]  # sentences on completed and pending lookups
    awaiting: int = 0  # completed items whose lookup is pending
    tallies: dict[str, int] = {}  # sums over completed items, by kinds.ItemCounter


class CurrentState(msgspec.Struct, frozen=True):
    """The state of a queue when the report is written; only for reports on a recent period."""

    decisions: PendingReviews | None
    failing: list[FailureGroup]
    undone: int  # items that failed in the period and are not completed yet
    pending: int  # items of `undone` that the next batch retries
    rest: RemainingWork
    gone: list[VanishedItem] = []
    forget: str = ""  # command that removes vanished items from the queue


class ItemFindings(msgspec.Struct, frozen=True):
    """What the history says about single items and issues in the period."""

    gains: list[ItemRepairTotals]
    failed: frozenset[str]
    opened: dict[str, str]  # time when each open issue was first found, by id
    runs: list[StageTotals] = []  # of the stages that ran
    jobs: list[list[StageRun]] = []  # the runs of each job that was completed, newest first
    repairs: list[SessionRepairs] = []  # by session, newest first
    first_read: dict[str, int] = {}  # issues of items read for the first time, by kind


class KindProgress(msgspec.Struct, frozen=True):
    """The data of a report on one kind of media in one period."""

    library: str
    kind: str
    noun: str
    plural: str
    piece: str
    completed: int
    total: int | None
    share: float | None  # in per cent
    gained: int  # change in completed items
    share_gained: float | None
    flow: PeriodTotals
    before: PeriodTotals | None
    rows: list[ReportRow]
    issues: list[IssueKindCounts]  # most open first
    gains: list[ItemRepairTotals]
    failed_items: int
    present: CurrentState | None
    weeks: list[PeriodStats]
    days: list[PeriodStats]
    steps: list[tuple[str, int]]
    stages: StageReport | UnsetType = UNSET  # unset for kinds without stages
    jobs: list[JobRow] | UnsetType = UNSET  # the last completed ones; unset without stages
    # Kinds of issues that became more frequent in items read before, worst first.
    worse: list[IssueKindCounts] = []

    @property
    def open(self) -> int:
        """The number of issues open at the end of the period."""
        return sum(issue.open for issue in self.issues)


def build_progress(
    summary: KindSummary,
    spans: Sequence[PeriodStats],
    item_findings: ItemFindings,
    present: CurrentState | None,
) -> KindProgress:
    """Build the report data of the last period in `spans`, compared with the period before it."""
    span, before = spans[-1], spans[-2] if len(spans) > 1 else None
    status, totals = summary.status, span.flow
    completed, total = _completed_and_total(summary, span)
    gained = completed - (span.level.completed - totals.progress)
    share, old = (_percentage(done, total) for done in (completed, completed - gained))
    issues = build_issue_counts(span, before, summary.weeks)
    return KindProgress(
        library=status.library,
        kind=status.kind,
        noun=status.noun,
        plural=status.plural,
        piece=status.piece,
        completed=completed,
        total=total,
        share=share,
        gained=gained,
        share_gained=None if share is None or old is None else round(share - old, 1),
        flow=totals,
        before=before.flow if before else None,
        rows=list(_build_rows(summary, totals, before.flow if before else None)),
        issues=issues,
        gains=item_findings.gains,
        failed_items=len(item_findings.failed),
        present=present,
        weeks=summary.weeks,
        days=summary.days,
        steps=summary.completed_by_day,
        worse=_list_worse(issues, item_findings.first_read),
    )


def _completed_and_total(summary: KindSummary, stats: PeriodStats) -> tuple[int, int | None]:
    """Return the numbers of completed and of all items at the end of the period.

    For a running period, these are the current numbers.
    """
    if not summary.is_running(stats.period):
        return stats.level.completed, stats.level.total
    return summary.status.counts["completed"], summary.status.total


def _percentage(done: int, total: int | None) -> float | None:
    if not total:
        return None
    share = round(100 * done / total, 1)
    return share if done == total else min(share, 99.9)


def _build_rows(
    summary: KindSummary, now: PeriodTotals, before: PeriodTotals | None
) -> list[ReportRow]:
    """List the numbers of a report; a row is left out if it is 0 in both periods."""
    standing = summary.status

    def row(name: str, of: str | None = None, amount: str = "", unit: str = "") -> ReportRow:
        def value(totals: PeriodTotals) -> float:
            return totals.amounts.get(amount, 0) if amount else getattr(totals, of or "")

        return ReportRow(name, value(now), value(before) if before else None, unit)

    piece = f"{standing.piece}s"
    rows = [
        row(f"{standing.plural} completed", "completed"),
        row("of these, done before", "again"),
        *([row(f"{piece} processed", amount=piece)] if standing.piece else []),
        row("issues found", "found"),
        row("issues resolved", "resolved"),
        row("issues resolved, then undone by your commands", "undone"),
        row("attempts that failed", "failed"),
        row(f"{standing.plural} read again by your commands", "by_hand"),
        *(row(f"{standing.plural} {what}", of) for what, of in _list_skip_words(standing.kind)),
        row("fields filled", amount="fields_filled"),
        row("requests to services", amount="requests"),
        row("answers from the cache", amount="hits"),
        row("waited for services, all workers together", amount="waited", unit="s"),
        row("time invested", "invested", unit="s"),
    ]
    return [line for line in rows if line.now or line.before] + _build_job_rows(
        kinds.get_kind(standing.kind), now, before
    )


def _list_skip_words(kind: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return what the numbers of skipped items are: jobs are skipped for other reasons, too."""
    if kinds.get_kind(kind).stages:
        return ("skipped", "vanished"), ("no longer skipped", "reappeared")
    return ("that vanished", "vanished"), ("that came back", "reappeared")


def _build_job_rows(kind: Kind, now: PeriodTotals, before: PeriodTotals | None) -> list[ReportRow]:
    """List the numbers on the jobs of a kind; one that is unknown in both periods is left out."""
    numbers = job_numbers.list_job_numbers(kind, now)
    old = job_numbers.list_job_numbers(kind, before) if before else []
    former = {number.label: number.value for number in old}
    return [
        ReportRow(number.label, number.value, former.get(number.label), number.unit)
        for number in numbers
        if number.value is not None or former.get(number.label) is not None
    ]


def build_issue_counts(
    stats: PeriodStats, before: PeriodStats | None, weeks: Sequence[PeriodStats]
) -> list[IssueKindCounts]:
    """Count the issues of each kind, without what commands of the user have undone."""
    totals, now = stats.flow, stats.level.open
    old = before.level.open if before else {}
    moved = (
        totals.new,
        totals.regressed,
        totals.closed,
        totals.repaired,
        totals.left,
        totals.returned,
    )
    kinds = {kind for counts in (now, old, *moved) for kind in counts}
    trends = [week.level.open for week in weeks]
    issues = [
        IssueKindCounts(
            kind=kind,
            new=totals.new.get(kind, 0),
            regressed=totals.regressed.get(kind, 0) - totals.undone_answers.get(kind, 0),
            closed=totals.closed.get(kind, 0) - totals.undone_answers.get(kind, 0),
            repaired=totals.fresh_repairs.get(kind, 0) - totals.undone_repairs.get(kind, 0),
            open=now.get(kind, 0),
            more=_net_change(totals, kind),
            trend=[level.get(kind, 0) for level in trends],
        )
        for kind in kinds
    ]
    return sorted(issues, key=lambda issue: (-issue.open, -issue.repaired, issue.kind))


def _list_worse(
    issues: Iterable[IssueKindCounts], first_read: Mapping[str, int]
) -> list[IssueKindCounts]:
    """List the kinds that got worse, without the issues of items read for the first time."""
    counts = [
        msgspec.structs.replace(issue, more=issue.more - first_read.get(issue.kind, 0))
        for issue in issues
    ]
    worse = [issue for issue in counts if issue.more > 0 or issue.regressed]
    return sorted(worse, key=lambda issue: (-issue.more, -issue.regressed, issue.kind))


def _net_change(totals: PeriodTotals, kind: str) -> int:
    came = sum(counts.get(kind, 0) for counts in (totals.new, totals.regressed, totals.returned))
    return came - totals.closed.get(kind, 0) - totals.left.get(kind, 0)
