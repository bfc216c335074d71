"""The output of a running batch: text, with a progress bar on a terminal; or JSON lines."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import click
import msgspec

from mediakeep import path_text
from mediakeep.app.batch.batch_request import BatchOptions
from mediakeep.app.batch.output import BatchOutput
from mediakeep.app.subjects import registry
from mediakeep.commands import app
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.runner.batch_config import BatchResult, SettledItem
from mediakeep.views import terminal
from mediakeep.views.summary import QueueStatus

_REVIEW_LIST = "outputs/manual_review_needed.json"
_STATUS_PREFIXES = {Status.ERROR: "failed: ", Status.SKIPPED: "skipped: "}


def create_output(options: BatchOptions) -> PipeSafeOutput:
    """Create the output of a batch: text, or JSON lines."""
    if options.as_json:
        return PipeSafeOutput(JsonLinesOutput())
    subject = registry.get_subject(options.request.kind)
    asking = options.config.limits.interactive
    return PipeSafeOutput(TextOutput(subject.kind, subject.format_dry_run, asking=asking))


class TextOutput:
    """Text output; on a terminal with a progress line below."""

    def __init__(
        self, kind: Kind, text: Callable[[Any], list[str]], *, asking: bool = False
    ) -> None:
        self._kind, self._format_changes = kind, text
        self._total = self._done = 0
        self._started = time.monotonic()
        self._shows_progress = sys.stderr.isatty() and not asking  # or it would hide the prompts
        self._current_item = ""

    def on_start(self, count: int) -> None:
        """Print the number of items."""
        self._total = count
        self._print_line(
            f"Processing {terminal.format_count(count, self._kind.noun, self._kind.plural)}..."
        )

    def on_item(self, settled: SettledItem) -> None:
        """Print the result of an item."""
        self._done, outcome = settled.number, settled.outcome
        self._total = max(self._total, settled.number)
        text = _STATUS_PREFIXES.get(outcome.state, "") + path_text.to_printable(outcome.message)
        head = f"[{settled.number}/{self._total}] {path_text.to_printable(settled.key)}: {text}"
        changes = self._format_changes(outcome.facts)
        self._print_line("\n".join([head, *(f"    {change}" for change in changes)]))

    def on_progress(self, key: str, done: int, of: int, service: str) -> None:
        """Show the progress of the current item."""
        text = f"waiting for {service}" if service else f"{done}/{of}"
        self._current_item = f"{path_text.to_printable(key)} {text}"
        self._draw_progress()

    def on_finish(self, report: BatchResult, summary: QueueStatus) -> None:
        """Print the summary."""
        self._clear_progress()
        self._total = 0
        for line in format_summary(report, summary):
            click.echo(line)

    def on_dry_run(self, report: BatchResult, /) -> None:
        """Print that the dry run is over."""
        self._clear_progress()
        self._total = 0
        click.echo("Dry run: nothing was written.")
        for note in [*_format_service_failure(report), *report.notes]:
            click.echo(note)

    def _print_line(self, line: str) -> None:
        self._clear_progress()
        click.echo(line)
        self._draw_progress()

    def _draw_progress(self) -> None:
        if self._shows_progress and self._total:
            share = terminal.draw_bar(100 * self._done / self._total)
            text = f"{share} {self._done}/{self._total}{self._format_pace()}  {self._current_item}"
            width = shutil.get_terminal_size().columns - 1
            click.echo(f"\r\x1b[2K{text[:width]}", nl=False, err=True)

    def _format_pace(self) -> str:
        seconds = time.monotonic() - self._started
        if not self._done or seconds < 1:
            return ""
        rate = self._done / seconds
        left = terminal.format_duration((self._total - self._done) / rate)
        return f", {3600 * rate:,.0f} an hour, {left} left"

    def _clear_progress(self) -> None:
        if self._shows_progress:
            click.echo("\r\x1b[2K", nl=False, err=True)


class JsonLinesOutput:
    """One JSON object per line: begun, settled..., ended."""

    def on_start(self, count: int) -> None:
        """Print the number of items."""
        _print_event("begun", items=count)

    def on_item(self, settled: SettledItem) -> None:
        """Print the result of an item."""
        outcome = settled.outcome
        facts = {"state": outcome.state.value, "message": outcome.message, **outcome.facts}
        seconds = round(settled.seconds, 3)
        _print_event("settled", number=settled.number, item=settled.key, seconds=seconds, **facts)

    def on_progress(self, key: str, done: int, of: int, service: str) -> None:
        """Do nothing: the live file has the progress."""

    def on_finish(self, report: BatchResult, summary: QueueStatus) -> None:
        """Print the summary."""
        _print_event("ended", **_summary_fields(report), summary=msgspec.to_builtins(summary))

    def on_dry_run(self, report: BatchResult, /) -> None:
        """Print the summary of the dry run."""
        _print_event("ended", **_summary_fields(report), dry_run=True)


def _summary_fields(report: BatchResult) -> dict[str, Any]:
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


class PipeSafeOutput:
    """An output whose reader may close the pipe, as `head` does; then the batch stops."""

    def __init__(self, shown: BatchOutput) -> None:
        self._shown = shown
        self.on_start = self._stop_on_closed_pipe(shown.on_start)
        self.on_item = self._stop_on_closed_pipe(shown.on_item)
        self.on_progress = shown.on_progress
        self.on_dry_run = self._stop_on_closed_pipe(shown.on_dry_run)
        self.on_finish = self._stop_on_closed_pipe(shown.on_finish)

    def _stop_on_closed_pipe(self, say: Callable[..., None]) -> Callable[..., None]:
        def tell(*what: Any) -> None:
            try:
                say(*what)
            except OSError:  # a closed pipe or terminal
                app.discard_output()
                if signal.getsignal(signal.SIGHUP) not in (signal.SIG_DFL, signal.SIG_IGN):
                    signal.raise_signal(signal.SIGHUP)  # the batch takes it as a closed terminal

        return tell


def _print_event(event: str, **facts: Any) -> None:
    click.echo(json.dumps({"event": event, **facts}, ensure_ascii=False))


def format_summary(report: BatchResult, summary: QueueStatus) -> list[str]:
    """Return the lines that summarize a batch."""
    waiting = _format_pending_lookups(report, summary)
    if not report.claimed and not report.abort_error:
        return [
            *_format_nothing_to_do(summary),
            f"BATCH COMPLETE: {_format_completion(summary)}",
            *waiting,
        ]
    word = "STOPPED" if report.stopped or report.abort_error else "COMPLETE"
    lines = [f"BATCH {word}: {_format_completion(summary)}"]
    failed = report.settled[Status.ERROR]
    if failed:
        lines.append(f"Failed: {terminal.format_count(failed, summary.noun, summary.plural)}")
    lines.append(f"Auto-fixed: {terminal.format_count(report.auto_fixed, 'issue')}")
    listed = report.manual_reviews if report.listed_reviews is None else report.listed_reviews
    reviews = terminal.format_count(listed, "issue")
    lines.append(f"Manual review needed: {reviews} (see {_REVIEW_LIST})")
    return [
        *lines,
        *_format_requests(report),
        *terminal.describe_tallies(summary.kind, report.counts),
        *waiting,
    ]


def _format_requests(report: BatchResult) -> list[str]:
    """Return a line on the requests, if there were any."""
    if not report.requests:
        return []
    cached = (
        f", {terminal.format_count(report.cache_hits, 'response')} from the cache"
        if report.cache_hits
        else ""
    )
    spent = f", {terminal.format_duration(report.waited_seconds)} waited by all workers in total"
    waited = spent if report.waited_seconds >= 1 else ""
    return [f"Looked up: {terminal.format_count(report.requests, 'request')}{cached}{waited}"]


def _format_pending_lookups(report: BatchResult, summary: QueueStatus) -> list[str]:
    """Return a line on pending lookups, the cause, and the fix."""
    if not report.pending_lookups:
        return _format_service_failure(report)
    why = path_text.to_printable(report.lookup_note)
    return [f"{terminal.format_pending_lookups(report.pending_lookups, summary)}. {why}".strip()]


def _format_service_failure(report: BatchResult) -> list[str]:
    """Return why a service failed, if one did."""
    return [path_text.to_printable(report.lookup_note)] if report.service_failures else []


def _format_completion(summary: QueueStatus) -> str:
    done = summary.counts[Status.COMPLETED]
    return f"{done:,}/{summary.total:,} {summary.plural} ({summary.percentage}%)"


def _format_nothing_to_do(summary: QueueStatus) -> list[str]:
    """Return why a batch had nothing to do."""
    if not summary.next_retry:
        return ["Nothing is pending."]
    waiting = terminal.format_count(
        summary.waiting, f"failed {summary.noun}", f"failed {summary.plural}"
    )
    return [f"Nothing is pending. {waiting} will be retried, the next at {summary.next_retry}."]
