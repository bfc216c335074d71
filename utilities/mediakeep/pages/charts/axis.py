"""Labels below a chart: as many as fit, evenly spaced, including the last one."""

from __future__ import annotations

import math
from itertools import pairwise

from mediakeep.pages.charts import svg
from mediakeep.pages.charts.chart import Chart

_FONT_SIZE = 12
_GAP = 12.0  # between two labels
_MAX_LABEL_WIDTH = 100.0
_MAX_SKIPPED = 7  # with groups, labels farther apart are omitted
_INDENT = 5.0  # of a group label from its line
_EDGES = (4.0, 716.0)  # of the drawing area


def render_labels(chart: Chart, left: float, slot: float, bottom: float) -> tuple[str, float]:
    """Render the labels of the slots, starting at `left`, and their groups below them.

    Return the SVG elements and their height below `bottom`.
    """
    shown = [svg.fit_text(label, _MAX_LABEL_WIDTH, _FONT_SIZE) for label in chart.labels]
    stride = _label_stride(shown, left, slot)
    if chart.groups and stride > _MAX_SKIPPED:
        return "\n".join(_render_groups(chart, left, slot, bottom)), 32
    last = len(shown) - 1
    elements = [
        _render_label(shown[place], left + (place + 0.5) * slot, bottom)
        for place in range(last % stride, last + 1, stride)
    ]
    if not chart.groups:
        return "\n".join(elements), 32
    return "\n".join(elements + _render_groups(chart, left, slot, bottom + 20)), 52


def _render_label(words: str, x: float, bottom: float) -> str:
    return svg.render_text(
        words, _clamp_to_paper(x, svg.text_width(words, _FONT_SIZE)), bottom + 20, class_="middle"
    )


def _label_stride(shown: list[str], left: float, slot: float) -> int:
    """Return the smallest distance, in slots, at which labels do not overlap."""
    broadest = max(svg.text_width(label, _FONT_SIZE) for label in shown)
    ends = (left + slot / 2, left + (len(shown) - 0.5) * slot)
    moved = sum(abs(_clamp_to_paper(end, broadest) - end) for end in ends)
    return max(1, math.ceil((broadest + _GAP + moved) / slot))


def _clamp_to_paper(x: float, room: float) -> float:
    """Return the position nearest to `x` at which a label of width `room` fits on the paper."""
    return min(max(x, _EDGES[0] + room / 2), _EDGES[1] - room / 2)


def _render_groups(chart: Chart, left: float, slot: float, y: float) -> list[str]:
    """Render each group label at its first slot, if it fits before the next group."""
    groups, count = chart.groups, len(chart.groups)
    starts = [0, *(place for place in range(1, count) if groups[place] != groups[place - 1])]
    elements = []
    for start, end in pairwise([*starts, count]):
        x = left + start * slot
        limit = _EDGES[1] if end == count else left + end * slot
        words = svg.fit_text(groups[start], _MAX_LABEL_WIDTH, _FONT_SIZE)
        elements.append(svg.render_element("line", class_="grid", x1=x, y1=y, x2=x, y2=y + 22))
        if x + _INDENT + svg.text_width(words, _FONT_SIZE) + _INDENT <= limit:
            elements.append(svg.render_text(words, x + _INDENT, y + 20))
    return elements
