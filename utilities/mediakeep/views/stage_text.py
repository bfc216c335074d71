"""Format the state of a queue by stage, and the runs of an item's stages, as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from mediakeep import path_text, size_text
from mediakeep.queue.history.stage_queries import StageRun
from mediakeep.queue.sessions import StageProgress
from mediakeep.size_text import format_count
from mediakeep.views import terminal
from mediakeep.views.stage_status import StageFailures, StageStatus
from mediakeep.views.wait_text import format_wait

MAX_WAITS = 5  # parked items in a summary


def describe_stages(status: StageStatus, noun: str, plural: str, now: datetime) -> list[str]:
    """Describe the state of a queue by stage in lines of text."""
    lines = [f"By stage: {format_counts(status.by_stage)}"] if status.by_stage else []
    lines += [format_failures(failures, noun, plural) for failures in status.failures]
    lines += describe_waits(status, noun, plural, now)
    if status.cleanup_due:
        lines.append(format_cleanups(status.cleanup_due, noun, plural))
    return lines


def describe_waits(status: StageStatus, noun: str, plural: str, now: datetime) -> list[str]:
    """Describe the parked items that are due first, one per line, and count the others."""
    lines = [
        path_text.to_printable(f"{wait.title}: {format_wait(wait.until, wait.why, now)}")
        for wait in status.parked_items[:MAX_WAITS]
    ]
    if (hidden := status.parked - MAX_WAITS) > 0:
        lines.append(f"{format_count(hidden, f'more {noun}', f'more {plural}')} waiting")
    return lines


def format_cleanups(number: int, noun: str, plural: str) -> str:
    """Format the number of items whose cleanup is due."""
    return f"{format_count(number, noun, plural)} to be cleaned up by the next batch"


def format_counts(by_stage: Mapping[str, int]) -> str:
    """Format counts by stage, as in "preparing 3, converting 12"."""
    return ", ".join(f"{stage} {count:,}" for stage, count in by_stage.items())


def format_failures(failures: StageFailures, noun: str, plural: str) -> str:
    """Format the failures of a stage, as in "Failed in converting: 2 albums, 5 attempts"."""
    items = format_count(failures.items, noun, plural)
    attempts = format_count(failures.attempts, "attempt")
    return f"Failed in {failures.stage}: {items}, {attempts}"


def format_progress(progress: StageProgress) -> str:
    """Format how a running stage proceeds, as in "converting: 3 of 40 parts, about 2 min left".

    Its share is formatted by `format_share`.
    """
    texts = []
    if progress.parts:
        ended, total = progress.parts
        texts.append(f"{ended:,} of {format_count(total, 'part')}")
    if progress.rate:
        texts.append(_format_rate(progress.rate))
    if progress.seconds_left is not None:
        texts.append(f"about {terminal.format_duration(max(1.0, progress.seconds_left))} left")
    return f"{progress.stage}: {', '.join(texts)}" if texts else progress.stage


def format_share(progress: StageProgress) -> str:
    """Format how much of a running stage is done, in percent of its work; "" if unknown."""
    return f"{100 * progress.done / progress.of:.0f}%" if progress.of else ""


def _format_rate(per_second: float) -> str:
    """Format a rate in the unit of time that gives a readable number."""
    for rate, unit in ((per_second, "second"), (60 * per_second, "minute")):
        if rate >= 1:
            return f"{rate:,.1f} a {unit}" if rate < 9.95 else f"{rate:,.0f} a {unit}"
    return f"{3600 * per_second:,.1f} an hour"


def format_usage(cpu_seconds: float | None, peak_memory: int | None) -> str:
    """Format what a stage used, as in "CPU 12 s, 64.0 MB"; "" if unknown."""
    if cpu_seconds is None or peak_memory is None:
        return ""
    return f"CPU {terminal.format_duration(cpu_seconds)}, {size_text.format_size(peak_memory)}"


def describe_runs(runs: Iterable[StageRun]) -> list[str]:
    """Describe the runs of an item's stages in lines of text, one for each run."""
    return [path_text.to_printable(f"  {_format_run(run)}") for run in runs]


def _format_run(run: StageRun) -> str:
    seconds = f" in {terminal.format_duration(run.seconds)}" if run.seconds is not None else ""
    attempts = f", attempt {run.attempts:,}" if run.attempts > 1 else ""
    usage = f" ({used})" if (used := format_usage(run.cpu_seconds, run.peak_memory)) else ""
    why = run.facts.get("error") or run.facts.get("why")
    ended = run.stage if run.stage == run.outcome else f"{run.stage} {run.outcome}"
    return f"{ended}{seconds}{usage}{attempts}" + (f": {why}" if why else "")
