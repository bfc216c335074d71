"""Sample charts, some with hostile names."""

from __future__ import annotations

from collections.abc import Callable

from mediakeep.pages import charts
from mediakeep.pages.charts import Chart, Goal, Series

Draw = Callable[[Chart], str]
DRAWS: list[Draw] = [charts.bar_chart, charts.stacked_bar_chart, charts.line_chart]
HOSTILE = [
    "<script>alert(1)</script>",
    "</title></svg><img src=x onerror=alert(1)>",
    "]]> <![CDATA[ <!-- &amp; &#60; --> <?php ?>",
    "\"><rect onload='alert(1)'/>",
    "\x00\x1b[31m\x07\r\n\t\x7f\ufffe\u2028",
    "\ud800 \udce9 \udfff",
    "\u202egnp.3pm \u2066שלום مرحبا",
    "url(https://example.org/x)",
]


def weeks(count: int, *series: Series, title: str = "Issues found, by kind") -> Chart:
    """Return a chart of the weeks up to the fourth of 2026."""
    numbers = [
        (52 - (count - 5 - place) if place < count - 4 else place - count + 5)
        for place in range(count)
    ]
    years = ["2025" if place < count - 4 else "2026" for place in range(count)]
    labels = tuple(f"W{number}" for number in numbers)
    return Chart(title, "issues per week", labels, series, tuple(years))


def days(count: int, *series: Series) -> Chart:
    """Return a chart of days, thirty to a month."""
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    labels = tuple(str(day % 30 + 1) for day in range(count))
    months = tuple(names[day // 30 % 12] for day in range(count))
    return Chart("Tracks per day", "tracks", labels, series, months)


def made(name: str, count: int, seed: int) -> Series:
    """Return a series of plausible numbers: ups, downs, a pause."""
    numbers = [(place * place * (seed + 3) + 17 * seed) % 61 for place in range(count)]
    return Series(name, tuple(None if place == 3 else one for place, one in enumerate(numbers)))


def kinds(count: int) -> tuple[Series, ...]:
    names = [
        "Missing cover",
        "Wrong year",
        "Track numbers",
        "Missing album artist",
        "Duplicate track",
        "Missing genre",
        "other",
    ]
    return tuple(made(name, count, seed) for seed, name in enumerate(names))


def progress(count: int) -> Chart:
    values = tuple(round(800 * (place + 1) / count) for place in range(count))
    drawn = days(count, Series("Artists", values))
    return Chart(
        "Progress", "artists", drawn.labels, drawn.series, drawn.groups, Goal("all artists", 930)
    )


SAMPLES: dict[str, tuple[Draw, Chart]] = {
    "bars": (charts.bar_chart, weeks(8, Series("Artists", (12, 31, 28, None, 0, 52, 38, 9)))),
    "bars_abreast": (charts.bar_chart, weeks(8, *kinds(8)[:2])),
    "stacked": (charts.stacked_bar_chart, weeks(8, *kinds(8))),
    "line": (charts.line_chart, progress(7)),
    "lines": (charts.line_chart, weeks(52, *kinds(52)[:3])),
    "empty": (charts.line_chart, Chart("Rate", "artists per day", (), ())),
}  # fmt: skip
