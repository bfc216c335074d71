"""The output of a running batch: text, with a progress bar on a terminal; or JSON lines."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

import click
import msgspec

from mediakeep import files
from mediakeep.commands import shared
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.runner.plan import Report, Settled
from mediakeep.views import terminal
from mediakeep.views.summary import Standing

_REVIEWS = "outputs/manual_review_needed.json"
_WORDS = {Status.ERROR: "failed: ", Status.SKIPPED: "skipped: "}


class Shown(Protocol):
    """The output of a batch."""

    def begun(self, count: int) -> None:
        """Called once, before the first item, with the number of items claimed."""

    def settled(self, settled: Settled) -> None:
        """Called after each item."""

    def progress(self, key: str, done: int, of: int, service: str) -> None:
        """Called with the progress of the current item, and the service it waits for or ""."""

    def ended(self, report: Report, summary: Standing) -> None:
        """Called at the end of a batch."""

    def rehearsed(self, report: Report, /) -> None:
        """Called at the end of a dry run."""


class Plain:
    """Text output; on a terminal with a progress line below."""

    def __init__(
        self, kind: Kind, text: Callable[[Any], list[str]], *, asking: bool = False
    ) -> None:
        self._kind, self._told = kind, text
        self._of = self._done = 0
        self._started = time.monotonic()
        self._live = sys.stderr.isatty() and not asking  # or it would hide the prompts
        self._working = ""

    def begun(self, count: int) -> None:
        """Print the number of items."""
        self._of = count
        self._say(f"Processing {terminal.count(count, self._kind.noun, self._kind.plural)}...")

    def settled(self, settled: Settled) -> None:
        """Print the result of an item."""
        self._done, outcome = settled.number, settled.outcome
        self._of = max(self._of, settled.number)
        text = _WORDS.get(outcome.state, "") + files.printable(outcome.message)
        head = f"[{settled.number}/{self._of}] {files.printable(settled.key)}: {text}"
        changes = self._told(outcome.facts)
        self._say("\n".join([head, *(f"    {change}" for change in changes)]))

    def progress(self, key: str, done: int, of: int, service: str) -> None:
        """Show the progress of the current item."""
        text = f"waiting for {service}" if service else f"{done}/{of}"
        self._working = f"{files.printable(key)} {text}"
        self._draw()

    def ended(self, report: Report, summary: Standing) -> None:
        """Print the summary."""
        self._clear()
        self._of = 0
        for line in ending(report, summary):
            click.echo(line)

    def rehearsed(self, report: Report, /) -> None:
        """Print that the dry run is over."""
        self._clear()
        self._of = 0
        click.echo("Dry run: nothing was written.")
        for note in [*_outage(report), *report.notes]:
            click.echo(note)

    def _say(self, line: str) -> None:
        self._clear()
        click.echo(line)
        self._draw()

    def _draw(self) -> None:
        if self._live and self._of:
            share = terminal.bar(100 * self._done / self._of)
            text = f"{share} {self._done}/{self._of}{self._pace()}  {self._working}"
            width = shutil.get_terminal_size().columns - 1
            click.echo(f"\r\x1b[2K{text[:width]}", nl=False, err=True)

    def _pace(self) -> str:
        seconds = time.monotonic() - self._started
        if not self._done or seconds < 1:
            return ""
        rate = self._done / seconds
        left = terminal.duration((self._of - self._done) / rate)
        return f", {3600 * rate:,.0f} an hour, {left} left"

    def _clear(self) -> None:
        if self._live:
            click.echo("\r\x1b[2K", nl=False, err=True)


class Json:
    """One JSON object per line: begun, settled..., ended."""

    def begun(self, count: int) -> None:
        """Print the number of items."""
        _emit("begun", items=count)

    def settled(self, settled: Settled) -> None:
        """Print the result of an item."""
        outcome = settled.outcome
        facts = {"state": outcome.state.value, "message": outcome.message, **outcome.facts}
        seconds = round(settled.seconds, 3)
        _emit("settled", number=settled.number, item=settled.key, seconds=seconds, **facts)

    def progress(self, key: str, done: int, of: int, service: str) -> None:
        """Do nothing: the live file has the progress."""

    def ended(self, report: Report, summary: Standing) -> None:
        """Print the summary."""
        _emit("ended", **_facts(report), summary=msgspec.to_builtins(summary))

    def rehearsed(self, report: Report, /) -> None:
        """Print the summary of the dry run."""
        _emit("ended", **_facts(report), dry_run=True)


def _facts(report: Report) -> dict[str, Any]:
    return {
        "session": report.session,
        "settled": {status.value: count for status, count in report.settled.items() if count},
        "auto_fixed": report.auto_fixed,
        "manual_reviews": report.manual_reviews,
        "seconds": round(report.seconds, 3),
        "stopped": report.stopped,
        "requests": report.requests,
        "hits": report.hits,
        "waited": round(report.waited, 3),
        **{counter.name: report.tallies[counter.name] for counter in report.counted},
        "awaiting_lookup": report.awaiting,
        "service_failed": report.unreached > 0,
        "lookup_note": report.unmade,
        "warnings": report.warnings,
    }


class Overheard:
    """An output whose reader may close the pipe, as `head` does; then the batch stops."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self.begun = self._tell(shown.begun)
        self.settled = self._tell(shown.settled)
        self.progress = shown.progress
        self.rehearsed = self._tell(shown.rehearsed)
        self.ended = self._tell(shown.ended)

    def _tell(self, say: Callable[..., None]) -> Callable[..., None]:
        def tell(*what: Any) -> None:
            try:
                say(*what)
            except OSError:  # a closed pipe or terminal
                shared.drop_output()
                if signal.getsignal(signal.SIGHUP) not in (signal.SIG_DFL, signal.SIG_IGN):
                    signal.raise_signal(signal.SIGHUP)  # the batch takes it as a closed terminal

        return tell


def _emit(event: str, **facts: Any) -> None:
    click.echo(json.dumps({"event": event, **facts}, ensure_ascii=False))


def ending(report: Report, summary: Standing) -> list[str]:
    """Return the lines that summarize a batch."""
    waiting = _waiting(report, summary)
    if not report.claimed and not report.gone:
        return [*_nothing(summary), f"BATCH COMPLETE: {_share(summary)}", *waiting]
    word = "STOPPED" if report.stopped or report.gone else "COMPLETE"
    lines = [f"BATCH {word}: {_share(summary)}"]
    failed = report.settled[Status.ERROR]
    if failed:
        lines.append(f"Failed: {terminal.count(failed, summary.noun, summary.plural)}")
    lines.append(f"Auto-fixed: {terminal.count(report.auto_fixed, 'issue')}")
    listed = report.manual_reviews if report.listed is None else report.listed
    reviews = terminal.count(listed, "issue")
    lines.append(f"Manual review needed: {reviews} (see {_REVIEWS})")
    return [*lines, *_asked(report), *terminal.matches(summary.kind, report.tallies), *waiting]


def _asked(report: Report) -> list[str]:
    """Return a line on the requests, if there were any."""
    if not report.requests:
        return []
    cached = f", {terminal.count(report.hits, 'response')} from the cache" if report.hits else ""
    spent = f", {terminal.duration(report.waited)} waited by all workers in total"
    waited = spent if report.waited >= 1 else ""
    return [f"Looked up: {terminal.count(report.requests, 'request')}{cached}{waited}"]


def _waiting(report: Report, summary: Standing) -> list[str]:
    """Return a line on pending lookups, the cause, and the fix."""
    if not report.awaiting:
        return _outage(report)
    why = files.printable(report.unmade)
    return [f"{terminal.awaiting(report.awaiting, summary)}. {why}".strip()]


def _outage(report: Report) -> list[str]:
    """Return why a service failed, if one did."""
    return [files.printable(report.unmade)] if report.unreached else []


def _share(summary: Standing) -> str:
    done = summary.counts[Status.COMPLETED]
    return f"{done:,}/{summary.total:,} {summary.plural} ({summary.percentage}%)"


def _nothing(summary: Standing) -> list[str]:
    """Return why a batch had nothing to do."""
    if not summary.next_retry:
        return ["Nothing is pending."]
    waiting = terminal.count(summary.waiting, f"failed {summary.noun}", f"failed {summary.plural}")
    return [f"Nothing is pending. {waiting} will be retried, the next at {summary.next_retry}."]
