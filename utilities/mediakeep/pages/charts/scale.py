"""Choose the ticks of an axis, and format numbers."""

from __future__ import annotations

from decimal import Decimal

from mediakeep.pages.charts.chart import DECIMALS

_MAX_STEPS = 5  # at most, or one more if zero is in between


def compute_ticks(low: float, high: float, *, whole: bool) -> list[float]:
    """Return round numbers for an axis that covers zero and the range from `low` to `high`.

    The step is 1, 2 or 5 times a power of ten. If `whole`, it is at least 1.
    """
    # Decimals, because the logarithm of a float may differ between machines.
    bottom, top = Decimal(repr(min(low, 0.0))), Decimal(repr(max(high, 0.0)))
    step = _round_up((top - bottom or Decimal(1)) / _MAX_STEPS)
    if whole:
        step = max(step, Decimal(1))
    first, last = _round_down(bottom / step), -_round_down(-top / step)
    if first == last:
        last = 1  # all zero
    return [float(step * number) for number in range(first, last + 1)]


def _round_up(number: Decimal) -> Decimal:
    power = Decimal(1).scaleb(number.adjusted())
    return next(power * times for times in (1, 2, 5, 10) if power * times >= number)


def _round_down(number: Decimal) -> int:
    return int(number.to_integral_value("ROUND_FLOOR"))


def format_number(number: float, decimals: int = DECIMALS) -> str:
    """Format a number with thousands separators and without trailing zeros."""
    text = f"{number:,.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def format_number_for_axis(number: float, tick: float) -> str:
    """Format a number on an axis, with as many decimals as the step between ticks needs."""
    return format_number(number, min(DECIMALS, max(0, 1 - Decimal(repr(tick)).adjusted())))
