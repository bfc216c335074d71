"""Bar charts: grouped or stacked bars."""

from __future__ import annotations

import msgspec

from mediakeep.pages.charts import frame, scale, style, svg
from mediakeep.pages.charts.chart import DECIMALS, Chart, Kind, is_whole, known
from mediakeep.pages.charts.frame import Area

_SHARE = 0.72  # of the slot width
_BROADEST = 56.0
_DENSE = 4.0  # slots narrower than this have no gaps, which would flicker
_LOW = 4.0  # bars smaller than this have no seam, which would hide them
_MOST_NUMBERS = 16


class Bar(msgspec.Struct, frozen=True):
    """A bar: indexes of its series and label, its value, and the value where it starts."""

    series: int
    label: int
    number: float
    base: float = 0.0

    @property
    def end(self) -> float:
        """The value where the bar ends."""
        return round(self.base + self.number, DECIMALS)


def bars(chart: Chart) -> str:
    """Render a bar chart with the series side by side."""
    return _drawn(chart, Kind.BARS, _found(chart), max(1, len(chart.series)))


def stacked(chart: Chart) -> str:
    """Render a bar chart with the series stacked; negative values extend below zero."""
    return _drawn(chart, Kind.STACKED, _piled(_found(chart)), 1)


def _found(chart: Chart) -> list[Bar]:
    return [
        Bar(number, place, value)
        for number, series in enumerate(chart.series)
        for place, value in enumerate(known(series.values))
        if value is not None
    ]


def _piled(bars: list[Bar]) -> list[Bar]:
    """Place each bar on top of the bars before it."""
    ends: dict[tuple[int, bool], float] = {}
    placed = []
    for bar in bars:
        pile = (bar.label, bar.number < 0)
        placed.append(msgspec.structs.replace(bar, base=ends.get(pile, 0.0)))
        ends[pile] = placed[-1].end
    return placed


def _drawn(chart: Chart, kind: Kind, bars: list[Bar], abreast: int) -> str:
    """Render the chart with `abreast` bars side by side in each slot."""
    if not bars:
        return frame.empty(chart, kind)
    ends = [bar.end for bar in bars]
    ticks = scale.ticks(min(ends), max(ends), whole=is_whole(ends))
    area = frame.area(chart, ticks)
    marks: dict[int, list[str]] = {}
    for bar in bars:
        marks.setdefault(bar.series, []).append(_bar(chart, area, bar, abreast))
    groups = [svg.tag("g", *each, class_=style.dress(series)) for series, each in marks.items()]
    above = [_seams(area, bars), *_numbers(area, bars, abreast)]
    return frame.drawn(chart, kind, area, *groups, *above)


def _bar(chart: Chart, area: Area, bar: Bar, abreast: int) -> str:
    x, y, width, height = _box(area, bar, abreast)
    title = frame.tooltip(chart, bar.series, bar.label, bar.number)
    return svg.tag("rect", title, class_="bar", x=x, y=y, width=width, height=height)


def _seams(area: Area, bars: list[Bar]) -> str:
    """Render the lines between stacked bars, except for bars with an outline."""
    lines = []
    for bar in bars:
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


def _numbers(area: Area, bars: list[Bar], abreast: int) -> list[str]:
    """Render the values above the bars, if all of them fit."""
    tops = {bar.label: bar.end for bar in bars}
    step = area.ticks[1] - area.ticks[0]
    shown = {label: scale.short(end, step) for label, end in tops.items()}
    room = max(svg.width(words, svg.BOLD * 12) for words in shown.values())
    crowded = area.count > _MOST_NUMBERS or room > area.slot - 4
    if abreast > 1 or crowded or min(bar.number for bar in bars) < 0:
        return []
    return [
        svg.text(words, area.x(label), area.y(tops[label]) - 6, class_="number middle")
        for label, words in shown.items()
    ]
