"""What a chart shows: numbers by name along one axis, before anything is drawn."""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec

LARGEST = 1e15  # beyond it a float no longer holds every whole number
DECIMALS = 6

Values = tuple[float | None, ...]


class Kind(StrEnum):
    """How numbers are drawn, in the words that a reader of the screen says."""

    BARS = "Bar chart"
    STACKED = "Stacked bar chart"
    LINE = "Line chart"


class Series(msgspec.Struct, frozen=True):
    """Numbers under one name, one for each label of the chart; `None` is not known."""

    name: str
    values: Values


class Goal(msgspec.Struct, frozen=True):
    """The whole that a line is on its way to, such as 930 artists."""

    name: str
    value: float


class Chart(msgspec.Struct, frozen=True):
    """One picture: a title, what the numbers count, and the numbers.

    `groups` names what each label is part of, such as the year of a week or the month of a day;
    it stands below the labels, once where it changes. A number that is not finite, or not below
    `LARGEST`, counts as not known. Raises ValueError where a series or the groups do not have
    one entry for each label.
    """

    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    groups: tuple[str, ...] = ()
    goal: Goal | None = None

    def __post_init__(self) -> None:
        """Refuse what could only be drawn wrongly."""
        for entries in (self.groups or self.labels, *(each.values for each in self.series)):
            if len(entries) != len(self.labels):
                raise ValueError(f"{len(entries)} entries for {len(self.labels)} labels")


def known(values: Values) -> list[float | None]:
    """Return numbers as they are drawn: rounded, and None where there is nothing to draw."""
    return [None if value is None else _drawn(value) for value in values]


def _drawn(value: float) -> float | None:
    if not -LARGEST < value < LARGEST:  # also what is no number at all
        return None
    return round(float(value), DECIMALS)


def goal(chart: Chart) -> float | None:
    """Return the goal as it is drawn."""
    return None if chart.goal is None else _drawn(chart.goal.value)


def is_whole(numbers: list[float]) -> bool:
    """Tell whether all are counts, which have no halves."""
    return all(math.floor(number) == number for number in numbers)


def where(chart: Chart, place: int) -> str:
    """Return what lies at a place in full: "15 Dec 2025"."""
    return f"{chart.labels[place]} {chart.groups[place] if chart.groups else ''}".strip()
