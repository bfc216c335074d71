"""Charts as SVG documents, byte-identical on all machines."""

from mediakeep.pages.charts.chart import Chart, Goal, Series
from mediakeep.pages.charts.columns import bars, stacked
from mediakeep.pages.charts.line import line

__all__ = ["Chart", "Goal", "Series", "bars", "line", "stacked"]
