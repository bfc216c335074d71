"""The labels below a chart: as many as fit, evenly spaced, including the last one."""

from __future__ import annotations

import math
from itertools import pairwise

from mediakeep.pages.charts import svg
from mediakeep.pages.charts.chart import Chart

_FONT_SIZE = 12
_GAP = 12.0  # between two labels
_MAX_LABEL_WIDTH = 100.0
_MAX_SKIPPED = 7  # with groups, labels farther apart are omitted
_INDENT = 5.0  # distance of a group label from its line
_EDGES = (4.0, 716.0)  # left and right x coordinate of the drawing area


def render_axis_labels(chart: Chart, left: float, slot: float, bottom: float) -> tuple[str, float]:
    """Render the labels below a chart, and the group labels (such as years) below them.

    Return the SVG elements and their height below `bottom`. `left` is the x coordinate where the
    first label's slot starts, and `slot` is the width of each slot.
    """
    shown = [svg.truncate_to_width(label, _MAX_LABEL_WIDTH, _FONT_SIZE) for label in chart.labels]
    stride = _label_stride(shown, left, slot)
    if chart.groups and stride > _MAX_SKIPPED:
        return "\n".join(_render_groups(chart, left, slot, bottom)), 32
    last = len(shown) - 1
    elements = [
        _render_label(shown[position], left + (position + 0.5) * slot, bottom)
        for position in range(last % stride, last + 1, stride)
    ]
    if not chart.groups:
        return "\n".join(elements), 32
    return "\n".join(elements + _render_groups(chart, left, slot, bottom + 20)), 52


def _render_label(text: str, x: float, bottom: float) -> str:
    return svg.render_text(
        text, _clamp_to_paper(x, svg.text_width(text, _FONT_SIZE)), bottom + 20, class_="middle"
    )


def _label_stride(shown: list[str], left: float, slot: float) -> int:
    """Return the smallest n such that labels do not overlap if every n-th one is shown."""
    broadest = max(svg.text_width(label, _FONT_SIZE) for label in shown)
    ends = (left + slot / 2, left + (len(shown) - 0.5) * slot)
    moved = sum(abs(_clamp_to_paper(end, broadest) - end) for end in ends)
    return max(1, math.ceil((broadest + _GAP + moved) / slot))


def _clamp_to_paper(x: float, max_width: float) -> float:
    """Return the position nearest to `x` where a label of width `max_width` stays on the page."""
    return min(max(x, _EDGES[0] + max_width / 2), _EDGES[1] - max_width / 2)


def _render_groups(chart: Chart, left: float, slot: float, y: float) -> list[str]:
    """Render each group label where its group starts, unless it would overlap the next one."""
    groups, count = chart.groups, len(chart.groups)
    starts = [
        0,
        *(position for position in range(1, count) if groups[position] != groups[position - 1]),
    ]
    elements = []
    for start, end in pairwise([*starts, count]):
        x = left + start * slot
        limit = _EDGES[1] if end == count else left + end * slot
        text = svg.truncate_to_width(groups[start], _MAX_LABEL_WIDTH, _FONT_SIZE)
        elements.append(svg.render_element("line", class_="grid", x1=x, y1=y, x2=x, y2=y + 22))
        if x + _INDENT + svg.text_width(text, _FONT_SIZE) + _INDENT <= limit:
            elements.append(svg.render_text(text, x + _INDENT, y + 20))
    return elements
