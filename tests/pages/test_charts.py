"""Charts show correct heights, accept any name, and are identical on all machines."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.pages import charts
from mediakeep.pages.charts import Chart, Goal, Series, svg
from tests.pages.chart_samples import DRAWS, HOSTILE, SAMPLES, Draw, weeks
from tests.sampling import each_row, tried

GOLDEN = Path(__file__).with_name("golden")
SVG = "{http://www.w3.org/2000/svg}"


def elements(picture: str, name: str) -> list[ElementTree.Element]:
    """Return the elements of one class."""
    root = ElementTree.fromstring(picture)
    return [each for each in root.iter() if name in (each.get("class") or "").split()]


def marks(picture: str, name: str) -> dict[str, ElementTree.Element]:
    """Return the bars or points of a chart by their tooltips."""
    return {
        told: each for each in elements(picture, name) if (told := each.findtext(f"{SVG}title"))
    }


def words(picture: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(picture).iter(f"{SVG}text")]


@each_row("name", SAMPLES)
def test_a_chart_looks_as_it_should(name: str) -> None:
    draw, chart = SAMPLES[name]
    assert draw(chart) == (GOLDEN / f"{name}.svg").read_text(encoding="utf-8")


def test_a_bar_is_as_high_as_its_number_and_what_is_not_known_has_none() -> None:
    found = marks(charts.bar_chart(weeks(5, Series("", (250, 1000, None, 0, 1)))), "bar")
    bars = list(found.values())
    heights = [float(each.get("height", "")) for each in bars]
    assert list(found) == ["W52 2025\n250", "W1 2026\n1,000", "W3 2026\n0", "W4 2026\n1"]
    assert heights == [40, 160, 0, 0.16]
    assert len({float(each.get("y", "")) + float(each.get("height", "")) for each in bars}) == 1


def test_bars_are_stacked_without_a_gap() -> None:
    chart = weeks(4, Series("a", (1, 2, 3, 4)), Series("b", (4, None, 2, 1)), Series("c", (5,) * 4))
    found = marks(charts.stacked_bar_chart(chart), "bar")
    bars = [found[f"W1 2026\n{name}"] for name in ("a: 1", "b: 4", "c: 5")]
    spans = [(float(bar.get("y", "")), float(bar.get("height", ""))) for bar in bars]
    assert [height for _, height in spans] == [16, 64, 80]
    assert all(lower[0] == upper[0] + upper[1] for lower, upper in pairwise(spans))
    assert "10" in words(charts.stacked_bar_chart(chart)), "the whole above the bar"
    upper, lower = found["W2 2026\nc: 5"], found["W2 2026\na: 2"]
    assert float(upper.get("y", "")) + 80 == float(lower.get("y", "")), "none between them"


def test_what_is_below_zero_hangs_down_from_zero() -> None:
    chart = weeks(1, Series("more", (5,)), Series("less", (-10,)), Series("least", (-5,)))
    found = marks(charts.stacked_bar_chart(chart), "bar")
    up, down, last = (found[f"W4 2026\n{name}"] for name in ("more: 5", "less: −10", "least: −5"))
    (base,) = elements(charts.stacked_bar_chart(chart), "base")
    zero = float(base.get("y1", ""))
    assert float(up.get("y", "")) + float(up.get("height", "")) == zero == float(down.get("y", ""))
    assert float(last.get("y", "")) == zero + float(down.get("height", ""))
    assert [float(each.get("height", "")) for each in (up, down, last)] == [40, 80, 40]


def test_a_line_passes_through_its_numbers_and_breaks_where_one_is_not_known() -> None:
    chart = weeks(7, Series("", (0, 500, 1000, None, 250, None, 750)))
    picture = charts.line_chart(chart)
    heights = [160 - float(each.get("cy", "")) + 82 for each in marks(picture, "dot").values()]
    assert heights == [0, 80, 160, 40, 120]
    (path,) = elements(picture, "line")
    points = re.findall(r"[ML]([\d.]+) ([\d.]+)", path.get("d", ""))
    dots = [(each.get("cx"), each.get("cy")) for each in marks(picture, "dot").values()]
    assert points == dots[:3], "the others stand alone"
    assert "750" in words(picture), "the last number is written out"


def test_the_goal_lies_where_its_number_is() -> None:
    chart = Chart("", "", ("a", "b"), (Series("", (0, 100)),), goal=Goal("all artists", 930))
    picture = charts.line_chart(chart)
    (goal,) = elements(picture, "goal")
    assert float(goal.get("y1", "")) == pytest.approx(82 + 160 * (1 - 930 / 1000))
    assert "all artists: 930" in words(picture)
    assert "1,000" in words(picture)


@each_row("draw", DRAWS)
@each_row("series", [(), (Series("a", (None, None)),), (Series("a", (math.nan, 1e400)),)])
def test_a_chart_without_numbers_says_so_in_words(draw: Draw, series: tuple[Series, ...]) -> None:
    picture = draw(Chart("Rate", "artists per day", ("a", "b") if series else (), series))
    assert words(picture) == ["Rate", "artists per day", "nothing yet"]


def test_a_series_must_have_a_number_for_each_label() -> None:
    with pytest.raises(ValueError, match="1 entries for 2 labels"):
        Chart("", "", ("a", "b"), (Series("", (1,)),))
    with pytest.raises(ValueError, match="3 entries for 2 labels"):
        Chart("", "", ("a", "b"), (), ("x", "x", "y"))


PLACES = {"x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "width", "height"}
NUMBERS = st.none() | st.integers(-(10**18), 10**18) | st.floats()


@st.composite
def any_chart(draw: st.DrawFn) -> Chart:
    """Any valid chart, with names of any characters."""
    name = st.text(max_size=30) | st.sampled_from(HOSTILE)
    count = draw(st.integers(0, 12))
    labels = st.lists(name, min_size=count, max_size=count).map(tuple)
    row = st.lists(NUMBERS, min_size=count, max_size=count).map(tuple)
    return draw(
        st.builds(
            Chart,
            title=name,
            unit=name,
            labels=labels,
            series=st.lists(st.builds(Series, name=name, values=row), max_size=9).map(tuple),
            groups=st.just(()) | labels,
            goal=st.none() | st.builds(Goal, name=name, value=st.floats()),
        )
    )


@tried(20)
@given(any_chart(), st.sampled_from(DRAWS))
def test_any_chart_is_one_well_formed_picture_of_finite_places(chart: Chart, draw: Draw) -> None:
    picture = draw(chart)
    root = ElementTree.fromstring(picture.encode())
    assert root.tag == f"{SVG}svg"
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "text", "line", "path", "circle", "g")
    }
    for each in root.iter():
        for key in PLACES & set(each.keys()):
            assert re.fullmatch(r"-?\d+(\.\d{1,2})?", each.get(key, "")), (key, each.get(key))
    assert draw(chart) == picture


@each_row("text", HOSTILE)
@each_row("draw", DRAWS)
def test_no_name_becomes_markup_or_steers_what_shows_it(draw: Draw, text: str) -> None:
    chart = Chart(
        text, text, (text,), (Series(text, (1,)), Series("b", (2,))), (text,), Goal(text, 3)
    )
    picture = draw(chart)
    assert all(char == "\n" or char.isprintable() for char in picture)
    plain = draw(
        Chart("a", "a", ("a",), (Series("a", (1,)), Series("b", (2,))), ("a",), Goal("a", 3))
    )
    tags = [each.tag for each in ElementTree.fromstring(picture).iter()]
    assert tags == [each.tag for each in ElementTree.fromstring(plain).iter()]
    assert "<script" not in picture
    assert "<img" not in picture


def test_a_very_long_name_is_cut_where_it_is_drawn_and_where_it_is_told() -> None:
    long = "Wonderful " * 100_000
    chart = Chart(long, long, (long, "b"), (Series(long, (1, 2)), Series("b", (1, 2))))
    picture = charts.stacked_bar_chart(chart)
    assert len(picture) < 12_000
    assert all(svg.text_width(each, 12) <= 690 for each in words(picture))
    assert picture.count("…") > 6


def test_pictures_share_a_page_with_no_name_in_common_and_leave_the_page_alone() -> None:
    picture = charts.stacked_bar_chart(SAMPLES["stacked"][1])
    assert not re.search(r"\bid=|url\(|href|@import|<script|<foreignObject|\son\w+=", picture)
    rules = ElementTree.fromstring(picture).findtext(f"{SVG}style") or ""
    selectors = re.findall(
        r"([^{}]+)\{[^{}]*\}", rules.replace("@media (prefers-color-scheme:dark){", "")
    )
    assert len(selectors) > 30
    for one in ",".join(selectors).split(","):
        assert one.strip("} \n").startswith(".mk-chart"), one
    assert re.findall(r"https?://[^\"]+", picture) == ["http://www.w3.org/2000/svg"]


def test_a_million_is_written_with_its_thousands_apart() -> None:
    picture = charts.bar_chart(weeks(3, Series("", (1_000_000, 20_500, 3))))
    assert {"1,000,000", "20,500", "3", "800,000"} <= set(words(picture))
