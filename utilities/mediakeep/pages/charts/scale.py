"""The numbers of an axis: round ones, evenly apart, and how a number is written."""

from __future__ import annotations

from decimal import Decimal

from mediakeep.pages.charts.chart import DECIMALS

_STEPS = 5  # at most so many, or one more where zero lies between


def ticks(low: float, high: float, *, whole: bool) -> list[float]:
    """Return round numbers from below `low` to above `high`, zero among them.

    They are 1, 2 or 5 times a power of ten apart; where all is `whole`, at least 1.
    """
    # Decimals, since the logarithm of a float may differ from one machine to the next.
    bottom, top = Decimal(repr(min(low, 0.0))), Decimal(repr(max(high, 0.0)))
    step = _round_up((top - bottom or Decimal(1)) / _STEPS)
    if whole:
        step = max(step, Decimal(1))
    first, last = _floor(bottom / step), -_floor(-top / step)
    if first == last:
        last = 1  # nothing but zeros
    return [float(step * number) for number in range(first, last + 1)]


def _round_up(number: Decimal) -> Decimal:
    power = Decimal(1).scaleb(number.adjusted())
    return next(power * times for times in (1, 2, 5, 10) if power * times >= number)


def _floor(number: Decimal) -> int:
    return int(number.to_integral_value("ROUND_FLOOR"))


def written(number: float, decimals: int = DECIMALS) -> str:
    """Write a number for people: thousands apart, no zeros after the last decimal."""
    text = f"{number:,.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def short(number: float, tick: float) -> str:
    """Write a number as exactly as an axis with such steps shows it."""
    return written(number, min(DECIMALS, max(0, 1 - Decimal(repr(tick)).adjusted())))
