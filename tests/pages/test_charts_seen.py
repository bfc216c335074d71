"""Charts look right in a real browser: light, dark, and for colour-blind people."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mediakeep.pages import charts
from mediakeep.pages.charts import Chart, Goal, Series, theme
from tests.pages.chart_samples import HOSTILE, SAMPLES, Draw, days, kinds, made, progress, weeks
from tests.pages.test_charts_colours import contrast
from tests.sampling import some

if TYPE_CHECKING:
    from tests.browser import Visit

    Open = Callable[..., Visit]

pytest_plugins = ["tests.browser"]

_INKS = "texts => texts.map(text => getComputedStyle(text).fill)"
THEMES = {"light": theme.LIGHT, "dark": theme.DARK}
CROWDED: dict[str, tuple[Draw, Chart]] = {
    "bars of 7 days": (charts.bar_chart, days(7, made("Tracks", 7, 1))),
    "bars of 8 weeks": (charts.bar_chart, weeks(8, made("Artists", 8, 1))),
    "bars of 52 weeks": (charts.bar_chart, weeks(52, made("Artists", 52, 1))),
    "bars of 365 days": (charts.bar_chart, days(365, made("Tracks", 365, 1))),
    "stacked 8 weeks": (charts.stacked_bar_chart, weeks(8, *kinds(8))),
    "stacked 52 weeks": (charts.stacked_bar_chart, weeks(52, *kinds(52))),
    "stacked 365 days": (charts.stacked_bar_chart, days(365, *kinds(365)[:3])),
    "progress of 8 days": (charts.line_chart, progress(8)),
    "progress of 365 days": (charts.line_chart, progress(365)),
    "twenty kinds": (
        charts.stacked_bar_chart,
        weeks(8, *(made(f"Kind {n}", 8, n) for n in range(20))),
    ),
    "dates in full": (
        charts.bar_chart,
        Chart(
            "",
            "",
            tuple(f"2025-{n // 30 + 1:02}-{n % 30 + 1:02}" for n in range(360)),
            (made("Tracks", 360, 1),),
        ),
    ),
    "millions": (charts.line_chart, weeks(9, Series("", tuple(n * 1_234_567 for n in range(9))))),
    "below zero": (charts.stacked_bar_chart, weeks(8, *kinds(8)[:2], Series("less", (-40,) * 8))),
}


def saved(folder: Path, picture: str, name: str = "chart.svg") -> Path:
    path = folder / name
    path.write_text(picture, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", some(SAMPLES, 3))
def test_a_chart_opens_quietly_in_light_and_in_dark(visit: Open, tmp_path: Path, name: str) -> None:
    draw, chart = SAMPLES[name]
    seen = visit(saved(tmp_path, draw(chart)))
    for scheme, colours in THEMES.items():
        seen.turn(scheme)
        paper = seen.style(".paper", "fill")
        assert contrast(paper, colours.paper) == 1, "the theme that was asked for"
        for number, _ in enumerate(chart.series):
            for mark, paint in (("rect.bar", "fill"), (".line", "stroke")):
                if seen.page.locator(f".of{number} {mark}").count():
                    assert contrast(seen.style(f".of{number} {mark}", paint), paper) >= 3
        inks = seen.page.eval_on_selector_all("text", _INKS)
        assert min(contrast(ink, paper) for ink in inks) >= 4.5
    assert (seen.said, seen.asked) == ([], [])


@pytest.mark.parametrize("name", some(CROWDED, 4))
def test_no_words_lie_upon_each_other_or_stick_out(visit: Open, tmp_path: Path, name: str) -> None:
    draw, chart = CROWDED[name]
    seen = visit(saved(tmp_path, draw(chart)))
    assert seen.overlaps() == []
    assert seen.outside() == []
    assert seen.page.locator("text").count() > 8


def test_words_that_do_overlap_or_stick_out_would_be_noticed(visit: Open, tmp_path: Path) -> None:
    picture = charts.bar_chart(CROWDED["bars of 52 weeks"][1])
    spoilt = picture.replace(
        "</svg>",
        '<text x="708" y="30">sticks out</text><text x="20" y="34">on the title</text></svg>',
    )
    seen = visit(saved(tmp_path, spoilt))
    assert [one for _, one in seen.overlaps()] == ["on the title"]
    assert seen.outside() == ["sticks out"]


def test_hostile_names_are_inert_in_a_page_that_holds_many_charts(
    visit: Open, tmp_path: Path
) -> None:
    pictures = [
        draw(
            Chart(
                name,
                name,
                (name, "b"),
                (Series(name, (1, 2)), Series("b", (3, 4))),
                goal=Goal(name, 5),
            )
        )
        for name in HOSTILE
        for draw in (charts.bar_chart, charts.stacked_bar_chart, charts.line_chart)
    ]
    text = "<!doctype html><meta charset=utf-8><title>x</title><h1 class=title>Title</h1>"
    seen = visit(saved(tmp_path, text + "".join(pictures), "page.html"))
    assert (seen.said, seen.asked) == ([], [])
    assert seen.page.locator("svg").count() == len(pictures)
    assert seen.page.locator("script, img, svg svg, [onload], [onerror]").count() == 0
    assert seen.style("h1", "fontSize") == "32px", "the page keeps its own look"
    assert seen.page.locator("svg h1, svg p, svg ~ p").count() == 0


def test_what_a_page_says_and_asks_for_would_be_noticed(visit: Open, tmp_path: Path) -> None:
    text = "<img src='https://example.org/x.png'><script>console.log('hello'); broken()</script>"
    seen = visit(saved(tmp_path, text, "page.html"))
    assert seen.asked == ["https://example.org/x.png"]
    assert "hello" in seen.said
    assert any("broken is not defined" in one for one in seen.said)


def test_a_chart_shrinks_with_its_page(visit: Open, tmp_path: Path) -> None:
    picture = charts.line_chart(progress(8))
    seen = visit(saved(tmp_path, f"<!doctype html>{picture}", "page.html"), width=316)
    found = re.search(r'width="400" height="(\d+)" viewBox="0 0 400 \1"', picture)
    assert found
    box = seen.page.locator("svg").bounding_box()
    assert box is not None
    assert box["width"] == 300
    assert box["height"] == pytest.approx(300 / 400 * int(found[1]), abs=0.5)


def test_a_bar_is_painted_as_high_as_its_number(visit: Open, tmp_path: Path) -> None:
    picture = charts.bar_chart(Chart("", "", ("a", "b", "c"), (Series("", (10, 5, 1)),)))
    seen = visit(saved(tmp_path, picture))
    boxes = [bar.bounding_box() for bar in seen.page.locator("rect.bar").all()]
    assert [box["height"] for box in boxes if box] == pytest.approx([160, 80, 16])
