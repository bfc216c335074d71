"""Bars beside each other, and bars upon each other."""

from __future__ import annotations

import msgspec

from mediakeep.pages.charts import frame, scale, style, svg
from mediakeep.pages.charts.chart import DECIMALS, Chart, Kind, is_whole, known
from mediakeep.pages.charts.frame import Area

_SHARE = 0.72  # of its slot that a bar takes
_BROADEST = 56.0
_DENSE = 4.0  # so narrow a slot is filled: gaps would only flicker
_LOW = 4.0  # so low a part of a bar has no seam, which would hide it
_MOST_NUMBERS = 16


class Bar(msgspec.Struct, frozen=True):
    """One bar: its series and its label by their places, its number, and what it stands upon."""

    series: int
    label: int
    number: float
    base: float = 0.0

    @property
    def end(self) -> float:
        """Return the number that the bar reaches."""
        return round(self.base + self.number, DECIMALS)


def bars(chart: Chart) -> str:
    """Draw one bar for each number, the series side by side."""
    return _drawn(chart, Kind.BARS, _found(chart), max(1, len(chart.series)))


def stacked(chart: Chart) -> str:
    """Draw one bar for each label, made up of what each series adds to it.

    What is below zero hangs down from the line of zero.
    """
    return _drawn(chart, Kind.STACKED, _piled(_found(chart)), 1)


def _found(chart: Chart) -> list[Bar]:
    return [
        Bar(number, place, value)
        for number, series in enumerate(chart.series)
        for place, value in enumerate(known(series.values))
        if value is not None
    ]


def _piled(found: list[Bar]) -> list[Bar]:
    """Stand each bar upon those before it."""
    ends: dict[tuple[int, bool], float] = {}
    placed = []
    for bar in found:
        pile = (bar.label, bar.number < 0)
        placed.append(msgspec.structs.replace(bar, base=ends.get(pile, 0.0)))
        ends[pile] = placed[-1].end
    return placed


def _drawn(chart: Chart, kind: Kind, found: list[Bar], abreast: int) -> str:
    """Draw the bars, `abreast` of them in each slot."""
    if not found:
        return frame.empty(chart, kind)
    ends = [bar.end for bar in found]
    ticks = scale.ticks(min(ends), max(ends), whole=is_whole(ends))
    area = frame.area(chart, ticks)
    marks: dict[int, list[str]] = {}
    for bar in found:
        marks.setdefault(bar.series, []).append(_bar(chart, area, bar, abreast))
    groups = [svg.tag("g", *each, class_=style.dress(series)) for series, each in marks.items()]
    above = [_seams(area, found), *_numbers(area, found, abreast)]
    return frame.drawn(chart, kind, area, *groups, *above)


def _bar(chart: Chart, area: Area, bar: Bar, abreast: int) -> str:
    x, y, width, height = _box(area, bar, abreast)
    told = frame.tooltip(chart, bar.series, bar.label, bar.number)
    return svg.tag("rect", told, class_="bar", x=x, y=y, width=width, height=height)


def _seams(area: Area, found: list[Bar]) -> str:
    """Part each bar from the one that it stands upon, unless it has an outline of its own."""
    lines = []
    for bar in found:
        x, _, width, height = _box(area, bar, 1)
        if bar.base and min(width, height) > _LOW and not style.outlined(bar.series):
            lines.append(f"M{svg.point(x)} {svg.point(area.y(bar.base))}h{svg.point(width)}")
    return svg.tag("path", class_="seam", d="".join(lines)) if lines else ""


def _box(area: Area, bar: Bar, abreast: int) -> tuple[float, float, float, float]:
    """Return x, y, width and height of a bar."""
    share = _SHARE if area.slot / abreast >= _DENSE else 1.0
    width = min(area.slot * share / abreast, _BROADEST)
    lane = bar.series if abreast > 1 else 0
    upper, lower = sorted((area.y(bar.base), area.y(bar.end)))
    return area.x(bar.label) + (lane - abreast / 2) * width, upper, width, lower - upper


def _numbers(area: Area, found: list[Bar], abreast: int) -> list[str]:
    """Write above each bar how high it is, where all have room for it."""
    tops = {bar.label: bar.end for bar in found}
    step = area.ticks[1] - area.ticks[0]
    shown = {label: scale.short(end, step) for label, end in tops.items()}
    room = max(svg.width(words, svg.BOLD * 12) for words in shown.values())
    crowded = area.count > _MOST_NUMBERS or room > area.slot - 4
    if abreast > 1 or crowded or min(bar.number for bar in found) < 0:
        return []
    return [
        svg.text(words, area.x(label), area.y(tops[label]) - 6, class_="number middle")
        for label, words in shown.items()
    ]
