"""The data of one kind in a daily or weekly report.

Unknown values are None or empty, and templates leave them out.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mediakeep.queue.history.queries import ItemGain
from mediakeep.views.period_stats import PeriodStats, PeriodTotals
from mediakeep.views.report.decisions import Decisions
from mediakeep.views.summary import CompletionEstimate, KindSummary

MAX_FAILED_ITEMS = 5  # failed items shown per cause; the queue lists all


class ReportRow(msgspec.Struct, frozen=True):
    """A number of this period and the previous one; None if the history does not reach back."""

    name: str
    now: float
    before: float | None
    unit: str = ""  # "s" for seconds


class IssueKindCounts(msgspec.Struct, frozen=True):
    """Counts of one kind of issue in the period, and how many are open at its end."""

    kind: str
    new: int
    regressed: int
    closed: int
    repaired: int
    open: int
    more: int  # change in open issues
    trend: list[int | None]  # open at the end of each week; None before the history


class FailureGroup(msgspec.Struct, frozen=True):
    """Items that failed for the same reason."""

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
    """The remaining work, and how long it will take."""

    done: int
    items: int  # remaining
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
    awaiting: int = 0  # items completed except for the lookup
    tallies: dict[str, int] = {}  # sums over completed items, by kinds.Tally


class CurrentState(msgspec.Struct, frozen=True):
    """The state when the report is written; only in reports on a recent period."""

    decisions: Decisions | None
    failing: list[FailureGroup]
    undone: int  # items that failed in the period and are not completed yet
    pending: int  # of these: items that the next batch retries
    rest: RemainingWork
    gone: list[VanishedItem] = []
    forget: str = ""  # command that removes them from the queue


class ItemFindings(msgspec.Struct, frozen=True):
    """What the history records of single items in the period."""

    gains: list[ItemGain]
    failed: frozenset[str]
    opened: dict[str, str]  # time when each open issue was first found, by id


class KindProgress(msgspec.Struct, frozen=True):
    """One kind in one period."""

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
    gains: list[ItemGain]
    failed_items: int
    present: CurrentState | None
    weeks: list[PeriodStats]
    days: list[PeriodStats]
    steps: list[tuple[str, int]]

    @property
    def open(self) -> int:
        """The number of issues open at the end."""
        return sum(issue.open for issue in self.issues)

    @property
    def worse(self) -> list[IssueKindCounts]:
        """The kinds with more open issues than before, or that came back; worst first."""
        worse_kinds = [issue for issue in self.issues if issue.more > 0 or issue.regressed]
        return sorted(worse_kinds, key=lambda issue: (-issue.more, -issue.regressed, issue.kind))


def build_progress(
    account: KindSummary,
    spans: Sequence[PeriodStats],
    findings: ItemFindings,
    present: CurrentState | None,
) -> KindProgress:
    """Build the data of the last period of `spans`, compared with the one before."""
    span, before = spans[-1], spans[-2] if len(spans) > 1 else None
    status, flow = account.status, span.flow
    completed, total = _completed_and_total(account, span)
    gained = completed - (span.level.completed - flow.progress)
    share, old = (_percentage(done, total) for done in (completed, completed - gained))
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
        flow=flow,
        before=before.flow if before else None,
        rows=list(_build_rows(account, flow, before.flow if before else None)),
        issues=_build_issue_counts(span, before, account.weeks),
        gains=findings.gains,
        failed_items=len(findings.failed),
        present=present,
        weeks=account.weeks,
        days=account.days,
        steps=account.completed_by_day,
    )


def _completed_and_total(account: KindSummary, span: PeriodStats) -> tuple[int, int | None]:
    """Return completed and total items at the end of the period, or now if it is still running."""
    if not account.is_running(span.period):
        return span.level.completed, span.level.total
    return account.status.counts["completed"], account.status.total


def _percentage(done: int, total: int | None) -> float | None:
    if not total:
        return None
    share = round(100 * done / total, 1)
    return share if done == total else min(share, 99.9)


def _build_rows(
    account: KindSummary, now: PeriodTotals, before: PeriodTotals | None
) -> list[ReportRow]:
    """List the numbers of the period; rows that are 0 in both periods are left out."""
    standing = account.status

    def row(name: str, of: str | None = None, amount: str = "", unit: str = "") -> ReportRow:
        def value(flow: PeriodTotals) -> float:
            return flow.amounts.get(amount, 0) if amount else getattr(flow, of or "")

        return ReportRow(name, value(now), value(before) if before else None, unit)

    piece = f"{standing.piece}s"
    rows = [
        row(f"{standing.plural} completed", "completed"),
        row("of these, done before", "again"),
        *([row(f"{piece} processed", amount=piece)] if standing.piece else []),
        row("issues found", "found"),
        row("issues resolved", "resolved"),
        row("attempts that failed", "failed"),
        row(f"{standing.plural} read again by your commands", "by_hand"),
        row(f"{standing.plural} that vanished", "vanished"),
        row(f"{standing.plural} that came back", "reappeared"),
        row("fields filled", amount="fields_filled"),
        row("requests to services", amount="requests"),
        row("answers from the cache", amount="hits"),
        row("waited for services, all workers together", amount="waited", unit="s"),
        row("time invested", "invested", unit="s"),
    ]
    return [line for line in rows if line.now or line.before]


def _build_issue_counts(
    span: PeriodStats, before: PeriodStats | None, weeks: Sequence[PeriodStats]
) -> list[IssueKindCounts]:
    flow, now = span.flow, span.level.open
    old = before.level.open if before else {}
    moved = (flow.new, flow.regressed, flow.closed, flow.repaired, flow.left, flow.returned)
    kinds = {kind for counts in (now, old, *moved) for kind in counts}
    trends = [week.level.open for week in weeks]
    issues = [
        IssueKindCounts(
            kind=kind,
            new=flow.new.get(kind, 0),
            regressed=flow.regressed.get(kind, 0),
            closed=flow.closed.get(kind, 0),
            repaired=flow.repaired.get(kind, 0) - flow.mended.get(kind, 0),
            open=now.get(kind, 0),
            more=_net_change(flow, kind),
            trend=[level.get(kind, 0) for level in trends],
        )
        for kind in kinds
    ]
    return sorted(issues, key=lambda issue: (-issue.open, -issue.repaired, issue.kind))


def _net_change(flow: PeriodTotals, kind: str) -> int:
    came = sum(counts.get(kind, 0) for counts in (flow.new, flow.regressed, flow.returned))
    return came - flow.closed.get(kind, 0) - flow.left.get(kind, 0)
