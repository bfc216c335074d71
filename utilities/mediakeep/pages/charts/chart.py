"""The data of a chart: named series of numbers along one axis."""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec

MAX_VALUE = 1e15  # floats are not exact for all larger integers
DECIMALS = 6

Values = tuple[float | None, ...]


class ChartType(StrEnum):
    """The type of a chart, in words for screen readers."""

    BARS = "Bar chart"
    STACKED = "Stacked bar chart"
    LINE = "Line chart"


class Series(msgspec.Struct, frozen=True):
    """A named series of numbers with one value per label of the chart; None means unknown."""

    name: str
    values: Values


class Goal(msgspec.Struct, frozen=True):
    """The value that a line should reach, such as 930 artists."""

    name: str
    value: float


class Chart(msgspec.Struct, frozen=True):
    """A chart: its title, the unit of its values, and the series.

    `groups` has one entry per label, such as the year of a week or the month of a day; it is shown
    below the labels where it changes. A value that is not finite, or not below `MAX_VALUE`, counts
    as unknown. Raise ValueError if a series or `groups` does not have one entry per label.
    """

    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    groups: tuple[str, ...] = ()
    goal: Goal | None = None

    def __post_init__(self) -> None:
        """Check the number of entries."""
        for entries in (self.groups or self.labels, *(each.values for each in self.series)):
            if len(entries) != len(self.labels):
                raise ValueError(f"{len(entries)} entries for {len(self.labels)} labels")


def drawable_values(values: Values) -> list[float | None]:
    """Return the values rounded for drawing; those that cannot be drawn become None."""
    return [None if value is None else _to_drawable(value) for value in values]


def _to_drawable(value: float) -> float | None:
    if not -MAX_VALUE < value < MAX_VALUE:  # also NaN
        return None
    return round(float(value), DECIMALS)


def drawable_goal(chart: Chart) -> float | None:
    """Return the goal of a chart rounded for drawing, or None if there is none."""
    return None if chart.goal is None else _to_drawable(chart.goal.value)


def are_integers(numbers: list[float]) -> bool:
    """Return whether all numbers are integers."""
    return all(math.floor(number) == number for number in numbers)


def position_label(chart: Chart, position: int) -> str:
    """Return the full label of a position on the axis, such as "15 Dec 2025".

    `position` is an index into the labels of the chart.
    """
    return f"{chart.labels[position]} {chart.groups[position] if chart.groups else ''}".strip()
