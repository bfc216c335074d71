"""The output of a running batch: text, with a progress bar on a terminal; or JSON lines."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep import clock, path_text
from mediakeep.app.batch import batch_text
from mediakeep.app.batch.batch_request import BatchOptions
from mediakeep.app.batch.output import BatchOutput
from mediakeep.app.subjects import registry
from mediakeep.commands import app
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.runner.batch_config import BatchResult, ParkedItem, SettledItem
from mediakeep.size_text import format_count
from mediakeep.views import wait_text
from mediakeep.views.summary import QueueStatus, build_status_data

if TYPE_CHECKING:
    from rich.progress import Progress

_QUIET_SECONDS = 30.0  # after which the progress is printed, if no bar shows it
# Fields of a summary that jobs do not have.
_REVIEW_FIELDS = (
    *("auto_fixed", "manual_reviews"),
    *("awaiting_lookup", "service_failed", "lookup_note"),
)
_STATUS_PREFIXES = {
    Status.ERROR: "failed: ",
    Status.SKIPPED: "skipped: ",
}


@contextlib.contextmanager
def open_output(options: BatchOptions) -> Iterator[PipeSafeOutput]:
    """Open the output of a batch: text, or JSON lines."""
    if options.as_json:
        yield PipeSafeOutput(JsonLinesOutput(options.request.kind))
        return
    subject = registry.get_subject(options.request.kind)
    # With prompts there is no progress bar: it would hide them.
    is_interactive = options.config.limits.interactive
    has_progress = sys.stderr.isatty() and not (is_interactive or app.is_quiet())
    format_changes = subject.reviewed.format_dry_run if subject.reviewed else _format_plan
    output = (QuietOutput if app.is_quiet() else TextOutput)(
        subject.kind, format_changes, has_progress=has_progress, home=options.home
    )
    try:
        yield PipeSafeOutput(output)
    finally:
        with contextlib.suppress(OSError):  # the terminal was closed
            output.close()


class TextOutput:
    """Text output; on a terminal with a progress bar below, else with a line every 30 s."""

    def __init__(
        self,
        kind: Kind,
        text: Callable[[Any], list[str]],
        *,
        has_progress: bool = False,
        home: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kind, self._format_changes, self._home = kind, text, home
        self._monotonic, self._printed = monotonic, monotonic()
        self._total = 0
        self._progress = _create_progress() if has_progress else None

    def on_prepared(self, lines: list[str], data: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Print what was changed in the queue."""
        app.print_result(lines, None, as_json=False)

    def on_start(self, count: int) -> None:
        """Print the number of items."""
        self._total = count
        self._print_line(f"Processing {format_count(count, self._kind.noun, self._kind.plural)}...")
        if self._progress:
            self._progress.add_task("", total=count)
            self._progress.start()

    def on_item(self, settled: SettledItem) -> None:
        """Print the result of an item."""
        outcome = settled.outcome
        self._total = max(settled.total or self._total, settled.number)
        text = _STATUS_PREFIXES.get(outcome.state, "") + path_text.to_printable(outcome.message)
        head = f"[{settled.number}/{self._total}] {path_text.to_printable(settled.key)}: {text}"
        changes = self._format_changes(outcome.facts)
        self._update_progress(completed=settled.number, total=self._total)
        self._print_line("\n".join([head, *(f"    {change}" for change in changes)]))

    def on_parked(self, parked: ParkedItem) -> None:
        """Print until when an item waits, and why."""
        wait = wait_text.format_wait(parked.until, parked.why, clock.now())
        self._print_line(f"{path_text.to_printable(parked.key)}: {path_text.to_printable(wait)}")

    def on_dropped(self, key: str, why: str) -> None:
        """Print that the batch has dropped an item."""
        self._print_line(f"{path_text.to_printable(key)}: dropped, as it was {why}")

    def on_progress(self, key: str, done: int, of: int, service: str, stage: str = "") -> None:
        """Show the progress of the current item."""
        if self._progress:
            text = f"waiting for {service}" if service else f"{done}/{of}" if of else ""
            encoding = self._progress.console.encoding
            name = path_text.to_printable(key).encode(encoding, "backslashreplace").decode(encoding)
            self._update_progress(description=f"{name} {text}".rstrip())
        elif self._monotonic() - self._printed >= _QUIET_SECONDS:
            share = f"{stage} {100 * done // max(of, done)} %".lstrip() if of else stage
            text = f"waiting for {service}" if service else share
            self._print_line(f"{path_text.to_printable(key)}: {text}")

    def on_finish(self, report: BatchResult, summary: QueueStatus) -> None:
        """Print the summary."""
        self.close()
        next_steps = batch_text.format_next_steps(self._kind, self._home, report)
        for line in [*batch_text.format_summary(report, summary, self._home), *next_steps]:
            click.echo(line)

    def on_dry_run(self, report: BatchResult, /) -> None:
        """Print that the dry run is over."""
        self.close()
        click.echo("Dry run: nothing was written.")
        for note in [*batch_text.format_service_failure(report), *report.notes]:
            click.echo(note)

    def close(self) -> None:
        """Remove the progress bar."""
        if self._progress:
            self._progress.stop()

    def _print_line(self, line: str) -> None:
        """Print a line, above the progress bar if both are on the same terminal."""
        self._printed = self._monotonic()
        if self._progress and self._progress.live.is_started and not self._progress.console.stderr:
            from rich.text import Text

            self._progress.print(Text(line), soft_wrap=True)
        else:
            click.echo(line)

    def _update_progress(self, **fields: Any) -> None:
        if self._progress:
            for task in self._progress.task_ids:
                self._progress.update(task, **fields)


class QuietOutput(TextOutput):
    """Text output of what failed, and of a batch that ended early."""

    def on_start(self, count: int) -> None:
        """Count the items."""
        self._total = count

    def on_item(self, settled: SettledItem) -> None:
        """Print the result of an item that failed."""
        if settled.outcome.state is Status.ERROR:
            super().on_item(settled)

    def on_parked(self, parked: ParkedItem) -> None:
        """Print nothing."""

    def on_dropped(self, key: str, why: str) -> None:
        """Print nothing."""

    def on_progress(self, key: str, done: int, of: int, service: str, stage: str = "") -> None:
        """Print nothing."""

    def on_finish(self, report: BatchResult, summary: QueueStatus) -> None:
        """Print the summary if something failed, or the batch ended early."""
        if report.settled[Status.ERROR] or report.stopped or report.abort_error:
            super().on_finish(report, summary)
        elif report.out_of_space and not report.done_count:
            items = format_count(report.out_of_space, self._kind.noun, self._kind.plural)
            app.print_message(f"Nothing was done: not enough disk space for {items}.")
        else:
            _print_notes(batch_text.format_service_failure(report))

    def on_dry_run(self, report: BatchResult, /) -> None:
        """Print notes on failed services."""
        _print_notes([*batch_text.format_service_failure(report), *report.notes])


def _print_notes(notes: list[str]) -> None:
    """Print notes of a quiet batch to stderr."""
    for note in notes:
        app.print_message(note)


def _format_plan(facts: Mapping[str, Any]) -> list[str]:
    """Return the lines of a job's plan, from the facts of a dry run."""
    return [path_text.to_printable(line) for line in facts.get("plan", ())]


def _create_progress() -> Progress:
    """Create a progress bar: on stdout among the results, or on stderr if they go elsewhere."""
    from mediakeep.commands.display import progress_bar

    return progress_bar.create_progress(stderr=not sys.stdout.isatty())


class JsonLinesOutput:
    """One JSON object per line: begun, settled..., ended."""

    def __init__(self, kind: Kind) -> None:
        self._omitted = _REVIEW_FIELDS if kind.stages else ()

    def on_prepared(self, lines: list[str], data: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Print what was changed in the queue."""
        if data:
            _print_event("prepared", **data)

    def on_start(self, count: int) -> None:
        """Print the number of items."""
        _print_event("begun", items=count)

    def on_item(self, settled: SettledItem) -> None:
        """Print the result of an item."""
        outcome = settled.outcome
        facts = {"state": outcome.state.value, "message": outcome.message, **outcome.facts}
        seconds = round(settled.seconds, 3)
        _print_event("settled", number=settled.number, item=settled.key, seconds=seconds, **facts)

    def on_parked(self, parked: ParkedItem) -> None:
        """Print until when an item waits, and why."""
        _print_event("parked", item=parked.key, until=parked.until, why=parked.why)

    def on_dropped(self, key: str, why: str) -> None:
        """Print that the batch has dropped an item."""
        _print_event("dropped", item=key, why=why)

    def on_progress(self, key: str, done: int, of: int, service: str, stage: str = "") -> None:
        """Do nothing: the live file has the progress."""

    def on_finish(self, report: BatchResult, summary: QueueStatus) -> None:
        """Print the summary."""
        _print_event("ended", **self._build_fields(report), summary=build_status_data(summary))

    def on_dry_run(self, report: BatchResult, /) -> None:
        """Print the summary of the dry run."""
        _print_event("ended", **self._build_fields(report), dry_run=True)

    def _build_fields(self, report: BatchResult) -> dict[str, Any]:
        fields = batch_text.build_summary_data(report).items()
        return {name: value for name, value in fields if name not in self._omitted}


class PipeSafeOutput:
    """An output whose reader may close the pipe, as `head` does; then the batch stops."""

    def __init__(self, shown: BatchOutput) -> None:
        self._shown = shown
        self.on_prepared = self._stop_on_closed_pipe(shown.on_prepared)
        self.on_start = self._stop_on_closed_pipe(shown.on_start)
        self.on_item = self._stop_on_closed_pipe(shown.on_item)
        self.on_parked = self._stop_on_closed_pipe(shown.on_parked)
        self.on_dropped = self._stop_on_closed_pipe(shown.on_dropped)
        self.on_progress = shown.on_progress
        self.on_dry_run = self._stop_on_closed_pipe(shown.on_dry_run)
        self.on_finish = self._stop_on_closed_pipe(shown.on_finish)

    def _stop_on_closed_pipe(self, show: Callable[..., None]) -> Callable[..., None]:
        def show_or_stop(*arguments: Any) -> None:
            try:
                show(*arguments)
            except OSError:  # a closed pipe or terminal
                app.discard_output()
                if signal.getsignal(signal.SIGHUP) not in (signal.SIG_DFL, signal.SIG_IGN):
                    signal.raise_signal(signal.SIGHUP)  # the batch takes it as a closed terminal

        return show_or_stop


def _print_event(event: str, **facts: Any) -> None:
    click.echo(json.dumps({"event": event, **facts}, ensure_ascii=False))
