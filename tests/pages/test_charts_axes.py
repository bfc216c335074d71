"""The ticks of a chart are few round numbers; below it are as many labels as fit."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from mediakeep.pages import charts
from mediakeep.pages.charts import Chart, scale
from tests.pages.chart_samples import days, made, weeks
from tests.sampling import each_row


def below(picture: str) -> list[str]:
    """Return the labels and groups below the plot area of a chart."""
    root = ElementTree.fromstring(picture)
    texts = [each for each in root.iter() if each.tag.endswith("}text")]
    height = float(root.get("height", ""))
    return [
        each.text or ""
        for each in texts
        if float(each.get("y", "")) > height - 50
        and each.get("class") != "end"
        and "number" not in (each.get("class") or "")
    ]


def test_all_weeks_are_named_where_they_have_room_and_each_year_once() -> None:
    found = below(charts.bar_chart(weeks(8, made("", 8, 1))))
    assert found == ["W49", "W50", "W51", "W52", "W1", "W2", "W3", "W4", "2025", "2026"]


def test_of_many_weeks_some_are_named_evenly_apart_and_the_last() -> None:
    found = below(charts.bar_chart(weeks(52, made("", 52, 1))))
    assert found == [*(f"W{number}" for number in range(7, 53, 7)), "W4", "2025"]


def test_a_month_that_has_no_room_before_the_next_is_left_out() -> None:
    labels = tuple(map(str, range(365)))
    months = ("December 2024",) * 3 + ("January 2025",) * 360 + ("February 2025",) * 2
    chart = Chart("", "", labels, (made("", 365, 1),), months)
    assert below(charts.bar_chart(chart)) == ["January 2025"]


def test_of_a_year_of_days_every_other_month_is_named_and_the_last() -> None:
    found = below(charts.line_chart(days(360, made("", 360, 1))))
    assert found == ["Feb", "Apr", "Jun", "Aug", "Oct", "Dec"]


@each_row(
    ("low", "high", "written"),
    [
        (0, 0, "0 1"),
        (0, 1, "0 1"),
        (0, 3, "0 1 2 3"),
        (0, 7, "0 2 4 6 8"),
        (0, 930, "0 200 400 600 800 1,000"),
        (0, 1_000_000, "0 200,000 400,000 600,000 800,000 1,000,000"),
        (40, 52, "0 20 40 60"),
        (-12, 9, "−15 −10 −5 0 5 10"),
        (-3, -1, "−3 −2 −1 0"),
        (0, 0.3, "0 0.1 0.2 0.3"),
        (0, 2.5, "0 0.5 1 1.5 2 2.5"),
    ],
)
def test_the_numbers_of_an_axis_are_round(low: float, high: float, written: str) -> None:
    whole = low == int(low) and high == int(high)
    ticks = scale.compute_ticks(low, high, whole=whole)
    assert " ".join(map(scale.format_number, ticks)) == written


@given(st.floats(-1e15, 1e15), st.floats(-1e15, 1e15))
def test_an_axis_holds_all_its_numbers_with_few_steps(one: float, other: float) -> None:
    low, high = sorted((round(one, 6), round(other, 6)))
    ticks = scale.compute_ticks(low, high, whole=False)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert 0.0 in ticks
    assert 2 <= len(ticks) <= 8
    assert ticks == sorted(set(ticks))
