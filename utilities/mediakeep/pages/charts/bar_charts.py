"""Draw bar charts as SVG, with grouped or stacked bars."""

from __future__ import annotations

import msgspec

from mediakeep.pages.charts import frame, scale, svg, theme
from mediakeep.pages.charts.chart import DECIMALS, Chart, ChartType, are_integers, drawable_values
from mediakeep.pages.charts.frame import PlotArea

_BAR_SHARE = 0.72  # of the slot width
_MAX_BAR_WIDTH = 56.0
_MIN_GAP_SLOT = 4.0  # slots narrower than this have no gaps, which would flicker
_MIN_SEAM_SIZE = 4.0  # bars smaller than this have no seam, which would hide them
_MAX_NUMBERS = 16


class Bar(msgspec.Struct, frozen=True):
    """A bar of a chart: the indexes of its series and label, its value, and its start value."""

    series: int
    label: int
    number: float
    base: float = 0.0

    @property
    def end(self) -> float:
        """The value at the end of the bar."""
        return round(self.base + self.number, DECIMALS)


def bar_chart(chart: Chart) -> str:
    """Return the SVG of a bar chart in which the bars of several series are side by side."""
    return _render_bars(chart, ChartType.BARS, _build_bars(chart), max(1, len(chart.series)))


def stacked_bar_chart(chart: Chart) -> str:
    """Return the SVG of a bar chart in which the bars of several series are stacked.

    Negative values are stacked below zero.
    """
    return _render_bars(chart, ChartType.STACKED, _stack_bars(_build_bars(chart)), 1)


def _build_bars(chart: Chart) -> list[Bar]:
    return [
        Bar(number, position, value)
        for number, series in enumerate(chart.series)
        for position, value in enumerate(drawable_values(series.values))
        if value is not None
    ]


def _stack_bars(bars: list[Bar]) -> list[Bar]:
    """Move each bar to the end of the bars with the same label, so that they form a stack."""
    ends: dict[tuple[int, bool], float] = {}
    placed = []
    for bar in bars:
        pile = (bar.label, bar.number < 0)
        placed.append(msgspec.structs.replace(bar, base=ends.get(pile, 0.0)))
        ends[pile] = placed[-1].end
    return placed


def _render_bars(chart: Chart, kind: ChartType, bars: list[Bar], bars_per_slot: int) -> str:
    """Render a chart with `bars_per_slot` bars side by side for each label."""
    if not bars:
        return frame.render_empty_chart(chart, kind)
    ends = [bar.end for bar in bars]
    ticks = scale.compute_ticks(min(ends), max(ends), whole=are_integers(ends))
    area = frame.layout_plot_area(chart, ticks)
    marks: dict[int, list[str]] = {}
    for bar in bars:
        marks.setdefault(bar.series, []).append(_render_bar(chart, area, bar, bars_per_slot))
    groups = [
        svg.render_element("g", *each, class_=theme.css_class(series))
        for series, each in marks.items()
    ]
    above = [_render_seams(area, bars), *_render_numbers(area, bars, bars_per_slot)]
    return frame.render_chart(chart, kind, area, *groups, *above)


def _render_bar(chart: Chart, area: PlotArea, bar: Bar, bars_per_slot: int) -> str:
    x, y, width, height = _bar_box(area, bar, bars_per_slot)
    title = frame.render_tooltip(chart, bar.series, bar.label, bar.number)
    return svg.render_element("rect", title, class_="bar", x=x, y=y, width=width, height=height)


def _render_seams(area: PlotArea, bars: list[Bar]) -> str:
    """Render thin lines between stacked bars, except for bars that have an outline."""
    lines = []
    for bar in bars:
        x, _, width, height = _bar_box(area, bar, 1)
        if bar.base and min(width, height) > _MIN_SEAM_SIZE and not theme.has_outline(bar.series):
            lines.append(
                f"M{svg.format_coordinate(x)} {svg.format_coordinate(area.y(bar.base))}h"
                f"{svg.format_coordinate(width)}"
            )
    return svg.render_element("path", class_="seam", d="".join(lines)) if lines else ""


def _bar_box(area: PlotArea, bar: Bar, bars_per_slot: int) -> tuple[float, float, float, float]:
    """Return x, y, width and height of a bar in SVG coordinates."""
    share = _BAR_SHARE if area.slot_width / bars_per_slot >= _MIN_GAP_SLOT else 1.0
    width = min(area.slot_width * share / bars_per_slot, _MAX_BAR_WIDTH)
    lane = bar.series if bars_per_slot > 1 else 0
    upper, lower = sorted((area.y(bar.base), area.y(bar.end)))
    return area.x(bar.label) + (lane - bars_per_slot / 2) * width, upper, width, lower - upper


def _render_numbers(area: PlotArea, bars: list[Bar], bars_per_slot: int) -> list[str]:
    """Render the value of each bar above the bar; return [] if the texts do not all fit."""
    tops = {bar.label: bar.end for bar in bars}
    step = area.ticks[1] - area.ticks[0]
    shown = {label: scale.format_number_for_axis(end, step) for label, end in tops.items()}
    max_width = max(svg.text_width(text, svg.BOLD_WIDTH_FACTOR * 12) for text in shown.values())
    crowded = area.count > _MAX_NUMBERS or max_width > area.slot_width - 4
    if bars_per_slot > 1 or crowded or min(bar.number for bar in bars) < 0:
        return []
    return [
        svg.render_text(text, area.x(label), area.y(tops[label]) - 6, class_="number middle")
        for label, text in shown.items()
    ]
