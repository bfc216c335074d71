"""Charts as SVG: numbers in, one complete picture out, the same byte for byte on every machine."""

from mediakeep.pages.charts.chart import Chart, Goal, Series
from mediakeep.pages.charts.columns import bars, stacked
from mediakeep.pages.charts.line import line

__all__ = ["Chart", "Goal", "Series", "bars", "line", "stacked"]
