"""What a report on a day or a week tells of one kind: facts that are ready to be written down.

What is not known is None or empty, and templates leave it out.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mediakeep.queue.past import Gain
from mediakeep.views.flows import Flow, Span
from mediakeep.views.report.decisions import Decisions
from mediakeep.views.summary import Account, Estimate

SHOWN = 5  # items that failed, of each reason; the queue lists all


class Row(msgspec.Struct, frozen=True):
    """A number of the period and of the one before; None where the history knows nothing."""

    name: str
    now: float
    before: float | None
    unit: str = ""  # "s" for seconds


class Issue(msgspec.Struct, frozen=True):
    """One kind of issue: what happened to it in the period, and how many are open at its end."""

    kind: str
    new: int
    regressed: int
    closed: int
    repaired: int
    open: int
    more: int  # open now, less those open before
    trend: list[int | None]  # open at the end of each of the last weeks, None before the history


class Failing(msgspec.Struct, frozen=True):
    """Items that fail for one reason."""

    error: str
    items: list[str]  # the newest
    count: int
    next_try: str  # the next of them, "" for never by itself
    due: bool  # whether that time has come
    command: str  # has them tried by the next batch


class Gone(msgspec.Struct, frozen=True):
    """An item that the library no longer has, and why: vanished, ignored or empty."""

    item: str
    reason: str


class Rest(msgspec.Struct, frozen=True):
    """What is left to be done, and how long that takes."""

    done: int
    items: int  # left
    failed: int
    vanished: int
    waiting: int
    next_retry: str
    outdated: int
    seconds: float | None
    per_hour: float | None
    sessions: int  # that the pace is of
    estimate: Estimate | None
    next_items: list[str]
    batch: str  # the command that goes on
    redo: str  # the command that has outdated ones done again
    lookups: list[str]  # sentences on look-ups that were made, and that are to be made
    awaiting: int = 0  # items that lack nothing but their look-up
    tallies: dict[str, int] = {}  # sums of what completed items count, by kinds.Tally


class Present(msgspec.Struct, frozen=True):
    """How things stand when the report is written, which is told only while that is near."""

    decisions: Decisions | None
    failing: list[Failing]
    undone: int  # items that failed in the period and are not completed since
    pending: int  # those of them that the next batch tries
    rest: Rest
    gone: list[Gone] = []
    forget: str = ""  # the command that removes them from the queue


class Findings(msgspec.Struct, frozen=True):
    """What the history tells of single items in the period."""

    gains: list[Gain]
    failed: frozenset[str]
    opened: dict[str, str]  # of all open issues by id: when they were first found


class Progress(msgspec.Struct, frozen=True):
    """One kind in one period."""

    library: str
    kind: str
    noun: str
    plural: str
    piece: str
    completed: int
    total: int | None
    share: float | None  # in per cent
    gained: int  # completed items more than before
    share_gained: float | None
    flow: Flow
    before: Flow | None
    rows: list[Row]
    issues: list[Issue]  # most open first
    gains: list[Gain]
    failed_items: int
    present: Present | None
    weeks: list[Span]
    days: list[Span]
    steps: list[tuple[str, int]]

    @property
    def open(self) -> int:
        """Issues that were open at the end."""
        return sum(issue.open for issue in self.issues)

    @property
    def worse(self) -> list[Issue]:
        """Kinds of which more are open than before, or that came back; the worst first."""
        found = [issue for issue in self.issues if issue.more > 0 or issue.regressed]
        return sorted(found, key=lambda issue: (-issue.more, -issue.regressed, issue.kind))


def of(
    account: Account, spans: Sequence[Span], found: Findings, present: Present | None
) -> Progress:
    """Tell of the last of some spans, beside the one before it."""
    span, before = spans[-1], spans[-2] if len(spans) > 1 else None
    standing, flow = account.standing, span.flow
    completed, total = _reached(account, span)
    gained = completed - (span.level.completed - flow.progress)
    share, old = (_share(done, total) for done in (completed, completed - gained))
    return Progress(
        library=standing.library,
        kind=standing.kind,
        noun=standing.noun,
        plural=standing.plural,
        piece=standing.piece,
        completed=completed,
        total=total,
        share=share,
        gained=gained,
        share_gained=None if share is None or old is None else round(share - old, 1),
        flow=flow,
        before=before.flow if before else None,
        rows=list(_rows(account, flow, before.flow if before else None)),
        issues=_issues(span, before, account.weeks),
        gains=found.gains,
        failed_items=len(found.failed),
        present=present,
        weeks=account.weeks,
        days=account.days,
        steps=account.steps,
    )


def _reached(account: Account, span: Span) -> tuple[int, int | None]:
    """Return how many were completed at the end, of how many; in the period that runs, now."""
    if not account.is_running(span.period):
        return span.level.completed, span.level.total
    return account.standing.counts["completed"], account.standing.total


def _share(done: int, total: int | None) -> float | None:
    if not total:
        return None
    share = round(100 * done / total, 1)
    return share if done == total else min(share, 99.9)


def _rows(account: Account, now: Flow, before: Flow | None) -> list[Row]:
    """List the numbers of the period; those that are 0 in both are left out."""
    standing = account.standing

    def row(name: str, of: str | None = None, amount: str = "", unit: str = "") -> Row:
        def value(flow: Flow) -> float:
            return flow.amounts.get(amount, 0) if amount else getattr(flow, of or "")

        return Row(name, value(now), value(before) if before else None, unit)

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
    return [one for one in rows if one.now or one.before]


def _issues(span: Span, before: Span | None, weeks: Sequence[Span]) -> list[Issue]:
    flow, now = span.flow, span.level.open
    old = before.level.open if before else {}
    moved = (flow.new, flow.regressed, flow.closed, flow.repaired, flow.left, flow.returned)
    kinds = {kind for counts in (now, old, *moved) for kind in counts}
    trends = [week.level.open for week in weeks]
    found = [
        Issue(
            kind=kind,
            new=flow.new.get(kind, 0),
            regressed=flow.regressed.get(kind, 0),
            closed=flow.closed.get(kind, 0),
            repaired=flow.repaired.get(kind, 0) - flow.mended.get(kind, 0),
            open=now.get(kind, 0),
            more=_more(flow, kind),
            trend=[level.get(kind, 0) for level in trends],
        )
        for kind in kinds
    ]
    return sorted(found, key=lambda one: (-one.open, -one.repaired, one.kind))


def _more(flow: Flow, kind: str) -> int:
    came = sum(counts.get(kind, 0) for counts in (flow.new, flow.regressed, flow.returned))
    return came - flow.closed.get(kind, 0) - flow.left.get(kind, 0)
