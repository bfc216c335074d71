"""Numbers on the jobs of a period: success, speed, sizes, CPU time and memory."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mediakeep import size_text
from mediakeep.kinds import JobMeasure, Kind
from mediakeep.views import terminal
from mediakeep.views.period_stats import PeriodTotals

_USAGE = (
    JobMeasure("CPU time", "cpu_seconds", unit="s"),
    JobMeasure("peak memory of a process", "peak_memory", unit="B"),
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
    return [
        JobNumber("success rate", share, "%"),
        *(JobNumber(one.label, _compute(one, totals.amounts), one.unit) for one in measures),
    ]


def _compute(measure: JobMeasure, amounts: Mapping[str, float]) -> float | None:
    amount = amounts.get(measure.fact)
    if amount is None or not measure.per:
        return amount
    divisor = amounts.get(measure.per)
    return amount / divisor if amount and divisor else None


def format_number(value: float, unit: str) -> str:
    """Format a number with its unit."""
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
