"""Numbers on the jobs of a period: success, speed, sizes, CPU time and memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mediakeep import size_text
from mediakeep.kinds import JobMetric, Kind
from mediakeep.queue.history.stage_queries import StageRun
from mediakeep.views import terminal
from mediakeep.views.period_stats import PeriodTotals

_TIME = JobMetric("time", "stage_seconds", unit="s")
_USAGE = (
    JobMetric("CPU time", "cpu_seconds", unit="s"),
    JobMetric("peak memory of a process", "peak_memory", unit="B"),
)


class JobNumber(msgspec.Struct, frozen=True):
    """A number on the jobs of a period; the value is None if unknown."""

    label: str
    value: float | None
    unit: str  # "s", "B", "x", "%" or ""


def list_job_numbers(kind: Kind, totals: PeriodTotals) -> list[JobNumber]:
    """Return the numbers on the jobs of a period; [] for a kind without stages.

    The success rate is the share of the attempts that completed an item.
    """
    if not kind.stages:
        return []
    attempts = totals.completed + totals.failed
    share = 100 * totals.completed / attempts if attempts else None
    measures = (*kind.measures, *_USAGE)
    return [JobNumber("success rate", share, "%"), *_measure(measures, totals.amounts)]


class JobRow(msgspec.Struct, frozen=True):
    """A completed job: the item, its name, and its numbers."""

    item: str
    name: str
    numbers: list[JobNumber]


def build_job_row(kind: Kind, name: str, runs: Sequence[StageRun]) -> JobRow:
    """Return the numbers of a completed job from the runs of its stages."""
    amounts: defaultdict[str, float] = defaultdict(float)
    for run in runs:
        for fact, value in run.facts.items():
            if type(value) in (int, float):
                amounts[fact] += value
        amounts["stage_seconds"] += run.seconds or 0.0
        amounts["cpu_seconds"] += run.cpu_seconds or 0.0
        amounts["peak_memory"] = max(amounts["peak_memory"], run.peak_memory or 0)
    return JobRow(runs[-1].item, name, _measure((_TIME, *kind.measures, *_USAGE), amounts))


def _measure(measures: Iterable[JobMetric], amounts: Mapping[str, float]) -> list[JobNumber]:
    return [JobNumber(one.label, _compute(one, amounts), one.unit) for one in measures]


def _compute(measure: JobMetric, amounts: Mapping[str, float]) -> float | None:
    amount = amounts.get(measure.fact)
    if amount is None or not measure.per:
        return amount
    divisor = amounts.get(measure.per)
    return amount / divisor if amount and divisor else None


def format_number(value: float | None, unit: str) -> str:
    """Format a number with its unit; return "" if it is unknown."""
    if value is None:
        return ""
    match unit:
        case "s":
            return terminal.format_duration(value)
        case "B":
            return size_text.format_size(value)
        case "%":
            return f"{value:.0f} %"
        case "x" if value < 99.95:
            return f"{value:.1f}"
        case _:
            return f"{value:,.0f}"
