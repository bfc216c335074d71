"""The texts and the data that summarize a batch."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import UNSET

from mediakeep import clock, command_text, kinds, path_text
from mediakeep.clock import Clock
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.runner.batch_config import BatchResult
from mediakeep.size_text import format_count
from mediakeep.views import review, stage_text, terminal
from mediakeep.views.summary import QueueStatus


def format_summary(
    report: BatchResult, summary: QueueStatus, home: Path | None = None, now: Clock = clock.now
) -> list[str]:
    """Return the lines that summarize a batch."""
    waiting = _format_pending_lookups(report, summary)
    if not report.claimed and not report.abort_error:
        return [
            *_format_nothing_to_do(summary, now()),
            f"BATCH COMPLETE: {_format_completion(summary)}",
            *waiting,
        ]
    word = "STOPPED" if report.stopped or report.abort_error else "COMPLETE"
    lines = [f"BATCH {word}: {_format_completion(summary)}"]
    failed = report.settled[Status.ERROR]
    if failed:
        lines.append(f"Failed: {format_count(failed, summary.noun, summary.plural)}")
    if not kinds.get_kind(summary.kind).stages:
        lines += _format_issues(report, summary.kind, home)
    return [
        *lines,
        *_format_requests(report),
        *terminal.describe_tallies(summary.kind, report.counts),
        *waiting,
    ]


def format_next_steps(kind: Kind, home: Path | None, report: BatchResult) -> list[str]:
    """Return a line on what to do about failed jobs, if there are any."""
    if not (kind.stages and report.settled[Status.ERROR]):
        return []
    show = command_text.format_command(kind.manager_script, home, "--list --status error")
    retry = command_text.format_command(kind.batch_script, home, "--retry-failed")
    return [f"Show why: {show}. Try again: {retry}."]


def _format_issues(report: BatchResult, kind: str, home: Path | None) -> list[str]:
    """Return the lines on repaired issues, and on those that need a review."""
    listed = (
        {kind: report.manual_reviews} if report.listed_reviews is None else report.listed_reviews
    )
    own = format_count(listed.get(kind, 0), "issue")
    others = "".join(
        f", and {count:,} of {name}" for name, count in listed.items() if count and name != kind
    )
    path = home / review.FILE if home else Path(review.FILE)
    with contextlib.suppress(ValueError, FileNotFoundError):  # not below the current folder
        path = path.relative_to(Path.cwd())
    lines = [
        f"Auto-fixed: {format_count(report.auto_fixed, 'issue')}",
        f"Manual review needed: {own}{others} (see {path_text.display_path(path)})",
    ]
    if command_text.find_program() and any(listed.values()):
        lines.append(f"Decide with: {command_text.format_command('review.py', home)}")
    return lines


def _format_requests(report: BatchResult) -> list[str]:
    """Return a line on the requests, if there were any."""
    if not report.requests:
        return []
    cached = (
        f", {format_count(report.cache_hits, 'response')} from the cache"
        if report.cache_hits
        else ""
    )
    spent = f", {terminal.format_duration(report.waited_seconds)} waited by all workers in total"
    waited = spent if report.waited_seconds >= 1 else ""
    return [f"Looked up: {format_count(report.requests, 'request')}{cached}{waited}"]


def _format_pending_lookups(report: BatchResult, summary: QueueStatus) -> list[str]:
    """Return a line on pending lookups, the cause, and the fix."""
    if not report.pending_lookups:
        return format_service_failure(report)
    why = path_text.to_printable(report.lookup_note)
    return [f"{terminal.format_pending_lookups(report.pending_lookups, summary)}. {why}".strip()]


def format_service_failure(report: BatchResult) -> list[str]:
    """Return why a service failed, if one did."""
    return [path_text.to_printable(report.lookup_note)] if report.service_failures else []


def _format_completion(summary: QueueStatus) -> str:
    done = summary.counts[Status.COMPLETED]
    return (
        f"{done:,}/{summary.total:,} {summary.plural} ({summary.percentage}%)"
        f"{terminal.format_sources(summary)}"
    )


def _format_nothing_to_do(summary: QueueStatus, now: datetime) -> list[str]:
    """Return why a batch had nothing to do."""
    stages = summary.stages
    if stages is not UNSET and stages.parked:
        lines = stage_text.describe_waits(stages, summary.noun, summary.plural, now)
        return ["Nothing can be processed now.", *lines]
    if not summary.next_retry:
        return ["Nothing is pending."]
    waiting = format_count(summary.waiting, f"failed {summary.noun}", f"failed {summary.plural}")
    return [f"Nothing is pending. {waiting} will be retried, the next at {summary.next_retry}."]


def build_summary_data(report: BatchResult) -> dict[str, Any]:
    """Return the summary of a batch as data."""
    return {
        "session": report.session,
        "settled": {status.value: count for status, count in report.settled.items() if count},
        "auto_fixed": report.auto_fixed,
        "manual_reviews": report.manual_reviews,
        "seconds": round(report.seconds, 3),
        "stopped": report.stopped,
        "requests": report.requests,
        "hits": report.cache_hits,
        "waited": round(report.waited_seconds, 3),
        **{counter.name: report.counts[counter.name] for counter in report.counters},
        "awaiting_lookup": report.pending_lookups,
        "service_failed": report.service_failures > 0,
        "lookup_note": report.lookup_note,
        "warnings": report.warnings,
    }
