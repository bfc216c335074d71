"""Reports on days and weeks, collected from the queue and history of every kind."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
from msgspec import UnsetType

from mediakeep import clock
from mediakeep.app.subjects import registry
from mediakeep.errors import BadTemplate
from mediakeep.kinds import Kind
from mediakeep.queue import readonly, snapshot
from mediakeep.queue.history import index, queries, stage_queries
from mediakeep.queue.state import QueueState
from mediakeep.views import job_numbers, period_stats, periods, review, summary
from mediakeep.views.periods import DAY, WEEK, Period, TimeZone
from mediakeep.views.report import (
    current_state,
    decisions,
    kind_progress,
    priorities,
    progress_report,
    report_files,
    stage_report,
)
from mediakeep.views.report.current_state import StateContext
from mediakeep.views.report.decisions import DatedEntry, FixHints, ReviewSource
from mediakeep.views.report.kind_progress import ItemFindings, KindProgress
from mediakeep.views.report.priorities import Priorities
from mediakeep.views.report.progress_report import ProgressReport
from mediakeep.views.running_totals import RunningTotals
from mediakeep.views.stage_status import StageStatus
from mediakeep.views.summary import KindSummary, SummaryContext

MAX_GAINS = 5  # items with the largest gains that are listed
MAX_JOBS = 20  # completed jobs that are listed
# Size of all queue files (bytes) up to which the current report is rewritten after every batch:
# 20,000 artists, or 200 sessions of the audio toolkit, whose report takes about a second.
_SMALL_QUEUES = 16 << 20
_LEAST_SIZE = _SMALL_QUEUES // 200  # bytes that a small queue counts for: it takes 5 ms


class ReportContext(msgspec.Struct, frozen=True):
    """The home, the time and the time zone of reports.

    Queues that a report lacks, as they cannot be read, are added to `damaged`.
    """

    home: Path
    now: datetime
    zone: TimeZone = None
    damaged: registry.DamagedQueues = {}

    def current_period(self, days: int) -> Period:
        """Return the current day or week."""
        return periods.period_at(self.now, days, self.zone)


def collect_report(context: ReportContext, period: Period) -> ProgressReport | None:
    """Collect a report; None if no kind's history goes back to the period."""
    view = SummaryContext(context.now, context.zone, period)
    collected = registry.read_queues(
        registry.list_queues(context.home, context.damaged).values(),
        partial(_collect_progress, context, view=view),
        context.damaged,
    ).values()
    accounts, parts = [account for account, _ in collected], [part for _, part in collected if part]
    if not parts:
        return None
    local = context.now.astimezone(context.zone)
    running = period.first <= local.date() <= period.last
    return progress_report.build_report(
        summary.build_summary(accounts, view), parts, local, running=running
    )


def _collect_progress(
    context: ReportContext, kind: Kind, view: SummaryContext
) -> tuple[KindSummary, tuple[KindProgress, Priorities] | None]:
    folder, period = registry.queue_folder(context.home, kind), view.last_period
    queue = readonly.load_state_and_position(folder, kind)
    state = queue.state
    query = partial(_query_history, state=state, view=view)
    account, findings = index.query_history_index(folder, query, queue.records, kind)
    spans = account.stats_by(period.days)
    if not spans or spans[-1].period != period:
        return account, None
    hints, waiting, now = FixHints(), None, None
    is_current = context.now < period.shift(1).end  # else the current state says nothing about it
    if is_current and not kind.stages:
        hints = _build_fix_hints(context.home, kind)
        waiting = _read_pending_reviews(context, state, findings)
    if is_current:
        now = current_state.build_current_state(
            StateContext(context.home, state, context.now),
            account,
            None if waiting is None else decisions.summarize_reviews(waiting, hints),
            findings.failed,
        )
    part = kind_progress.build_progress(account, spans, findings, now)
    first = priorities.build_priorities(kind, now, waiting or [], hints, findings.repairs)
    stages = account.status.stages if is_current else None
    return account, (_add_stages(part, state, findings, stages), first)


def _add_stages(
    part: KindProgress,
    state: QueueState,
    findings: ItemFindings,
    status: StageStatus | UnsetType | None,
) -> KindProgress:
    """Return the report on a kind with its stages and completed jobs, if it has any."""
    kind = state.kind
    if not kind.stages:
        return part
    stages = stage_report.build_stage_report(kind.stages, findings.runs, status or None)
    jobs = [
        job_numbers.build_job_row(kind, kind.name_item(key, state.items.get(key)), runs)
        for runs in findings.jobs
        for key in (runs[-1].item,)
    ]
    return msgspec.structs.replace(part, stages=stages, jobs=jobs)


def _build_fix_hints(home: Path, kind: Kind) -> FixHints:
    reviewed = registry.get_reviewed(kind)
    return FixHints(partial(reviewed.accept_command, home), partial(reviewed.fix_hint, home))


def _read_pending_reviews(
    context: ReportContext, state: QueueState, findings: ItemFindings
) -> list[DatedEntry] | None:
    """Update the review list, and return the kind's entries; None if it cannot be read."""
    kind = state.kind
    reviewed = registry.get_reviewed(kind)
    with contextlib.suppress(OSError):  # if it cannot be written, the existing list is used
        # a batch warns of damage
        entries = review.skip_items_with_errors(partial(reviewed.read_reviews, context.home), [])
        folder = registry.queue_folder(context.home, kind)
        review.update_review_list(context.home, folder, state, entries)
    source = ReviewSource(context.home, kind.name)
    return decisions.read_dated_entries(source, findings.opened, context.zone)


def _query_history(
    connection: sqlite3.Connection, state: QueueState, view: SummaryContext
) -> tuple[KindSummary, ItemFindings]:
    """Query the history for all data of a report."""
    begin, end = clock.format_iso(view.last_period.start), clock.format_iso(view.last_period.end)
    gains, failed = (
        queries.read_most_repaired_items(connection, begin, end, MAX_GAINS),
        queries.read_failed_items(connection, begin, end),
    )
    account = summary.summarize_with_index(connection, state, view, RunningTotals(state))
    runs = stage_queries.read_stage_totals(connection, begin, end)
    jobs = stage_queries.read_completed_jobs(connection, begin, end, MAX_JOBS)
    return account, ItemFindings(
        gains,
        failed,
        queries.read_open_issues(connection),
        runs,
        jobs,
        queries.read_session_repairs(connection, begin, end),
        period_stats.count_initial_issues(connection, view.last_period),
    )


def first_activity(context: ReportContext) -> datetime | None:
    """Return the earliest time in any kind's history, or None."""
    times = registry.read_queues(
        registry.list_queues(context.home, context.damaged).values(),
        partial(_read_first_time, context),
        context.damaged,
    )
    return min((datetime.fromisoformat(time) for time in times.values() if time), default=None)


def _read_first_time(context: ReportContext, kind: Kind) -> str | None:
    folder = registry.queue_folder(context.home, kind)
    return (
        index.query_history_index(folder, queries.read_first_time, kind=kind)
        if folder.is_dir()
        else None
    )


def write_due_reports(
    context: ReportContext, formats: Sequence[str], *, daily: bool
) -> Iterator[str]:
    """Write due reports, and yield warnings.

    Those on the current day and week are due after every batch, for large queues once a day. If the
    user's template is invalid, the built-in one is used. While a queue is damaged, reports on past
    periods, which are written once, stay due.
    """
    since = first_activity(context)
    if since is None:
        return
    patterns = (f"status/{folder}/{snapshot.FILE}" for folder in ("*", "*/*"))
    snapshots = [path for pattern in patterns for path in context.home.glob(pattern)]
    size = sum(max(_LEAST_SIZE, path.stat().st_size) for path in snapshots)
    max_age = timedelta() if size <= _SMALL_QUEUES else report_files.MAX_AGE
    for days in (WEEK, *([DAY] if daily else [])):
        begin = periods.period_at(since, days, context.zone)
        for period in report_files.list_due_periods(
            context.home, context.current_period(days), begin, context.now, max_age
        ):
            if (report := collect_report(context, period)) and (
                report.running or not context.damaged
            ):
                yield from _write_report(context.home, report, formats)
    yield from map(str, context.damaged.values())


def _write_report(home: Path, report: ProgressReport, formats: Sequence[str]) -> Iterator[str]:
    try:
        report_files.write_report(home, report, formats)
    except BadTemplate as error:
        report_files.write_report(home, report, formats, own=False)
        yield f"{error} The report was written with that one."
