"""The labels below a chart: as many as have room, evenly apart, the last among them."""

from __future__ import annotations

import math
from itertools import pairwise

from mediakeep.pages.charts import svg
from mediakeep.pages.charts.chart import Chart

_SIZE = 12
_GAP = 12.0  # between two labels
_BROADEST = 100.0
_MOST_SKIPPED = 7  # where groups tell where one is, labels farther apart tell nothing
_INDENT = 5.0  # of a group from the line where it begins
_EDGES = (4.0, 716.0)  # within the paper


def labels(chart: Chart, left: float, slot: float, bottom: float) -> tuple[str, float]:
    """Draw the labels of slots from `left` on, and below them the groups they are part of.

    Returns the marks, and how much room they take below `bottom`.
    """
    shown = [svg.fitted(label, _BROADEST, _SIZE) for label in chart.labels]
    stride = _stride(shown, left, slot)
    if chart.groups and stride > _MOST_SKIPPED:
        return "\n".join(_groups(chart, left, slot, bottom)), 32
    last = len(shown) - 1
    found = [
        _label(shown[place], left + (place + 0.5) * slot, bottom)
        for place in range(last % stride, last + 1, stride)
    ]
    if not chart.groups:
        return "\n".join(found), 32
    return "\n".join(found + _groups(chart, left, slot, bottom + 20)), 52


def _label(words: str, x: float, bottom: float) -> str:
    return svg.text(words, _inside(x, svg.width(words, _SIZE)), bottom + 20, class_="middle")


def _stride(shown: list[str], left: float, slot: float) -> int:
    """Return the smallest distance, in slots, at which no label meets the next."""
    broadest = max(svg.width(label, _SIZE) for label in shown)
    ends = (left + slot / 2, left + (len(shown) - 0.5) * slot)
    moved = sum(abs(_inside(end, broadest) - end) for end in ends)
    return max(1, math.ceil((broadest + _GAP + moved) / slot))


def _inside(x: float, room: float) -> float:
    """Return the nearest place to `x` where what is `room` wide lies within the paper."""
    return min(max(x, _EDGES[0] + room / 2), _EDGES[1] - room / 2)


def _groups(chart: Chart, left: float, slot: float, y: float) -> list[str]:
    """Write each group where it begins, if it has room before the next."""
    groups, count = chart.groups, len(chart.groups)
    starts = [0, *(place for place in range(1, count) if groups[place] != groups[place - 1])]
    found = []
    for start, end in pairwise([*starts, count]):
        x = left + start * slot
        limit = _EDGES[1] if end == count else left + end * slot
        words = svg.fitted(groups[start], _BROADEST, _SIZE)
        found.append(svg.tag("line", class_="grid", x1=x, y1=y, x2=x, y2=y + 22))
        if x + _INDENT + svg.width(words, _SIZE) + _INDENT <= limit:
            found.append(svg.text(words, x + _INDENT, y + 20))
    return found
