"""Charts as SVG documents, byte-identical on all machines."""

from mediakeep.pages.charts.bar_charts import bar_chart, stacked_bar_chart
from mediakeep.pages.charts.chart import Chart, Goal, Series
from mediakeep.pages.charts.line_chart import line_chart

__all__ = ["Chart", "Goal", "Series", "bar_chart", "line_chart", "stacked_bar_chart"]
