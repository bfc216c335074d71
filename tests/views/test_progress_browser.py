"""Reports in a real browser: quiet, inert, legible in light and dark, on paper and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pages.test_charts_colours import contrast
from tests.sampling import some
from tests.views import hostile, reports
from tests.views.reports import REPORTS

if TYPE_CHECKING:
    from tests.browser import Visit

    Open = Callable[..., Visit]

pytest_plugins = ["tests.browser"]

# Of each element with a text of its own: its words, their colour, and the colour behind them.
_INKS = """() => [...document.querySelectorAll("body, body *:not(svg *):not(style)")].filter(
    one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())
).map(one => {
    let behind = one;
    while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)")
        behind = behind.parentElement;
    return [one.textContent.trim().slice(0, 40), getComputedStyle(one).color,
            behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)"];
})"""

# Elements that stick out of the window, but for those in a box that scrolls by itself.
_WIDE = """() => [...document.querySelectorAll("body *:not(svg *)")].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width && (box.right > innerWidth + 0.5 || box.left < -0.5)
        && !one.parentElement.closest(".scroll");
}).map(one => one.tagName + " " + one.textContent.slice(0, 40))"""

_UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"

# Heads of wide tables and their rows that are not seen, nor named in their rows.
_HIDDEN_COLUMNS = """() => [...document.querySelectorAll(".wide table")].flatMap(table => {
    const heads = [...table.querySelectorAll("th")].map(one => one.textContent);
    return [...table.querySelectorAll("tbody tr")].flatMap(row => [...row.cells].filter(cell => {
        const box = cell.getBoundingClientRect();
        return cell.textContent && !(box.width && box.left >= 0 && box.right <= innerWidth + 0.5);
    }).map(cell => heads[cell.cellIndex] + ": " + cell.textContent));
})"""

# The heights of letters in drawings, in pixels of the window.
_LETTERS = """() => [...document.querySelectorAll("svg text")].map(
    one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"""

_HANDLERS = """all => all.flatMap(one => one.getAttributeNames()).filter(n => n.startsWith("on"))"""

_SHOW = """shown => [...document.querySelectorAll("svg")].forEach(
    (one, number) => one.style.display = number === shown ? "block" : "none")"""

# Tables that must be scrolled to be seen in whole, by their last heads.
_SCROLLED = """() => [...document.querySelectorAll(".scroll")].filter(
    one => one.scrollWidth > one.clientWidth + 1
).map(one => one.querySelector("th:last-child").textContent)"""

# Words of tables that are torn over lines.
_TORN = """() => [...document.querySelectorAll("th, td")].flatMap(cell => {
    const text = cell.firstChild;
    if (!text || text.nodeType !== 3) return [];
    return [...text.data.matchAll(/[A-Za-z]+/g)].filter(word => {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        return range.getClientRects().length > 1;
    }).map(word => word[0]);
})"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The reports as HTML: one full of hostile texts, and those that are kept."""
    pages_ = {make: make(tmp_path_factory.mktemp("home")) for make, _ in REPORTS.values()}
    found = {
        name: reports.write(pages_[make], period)["html"]
        for name, (make, period) in REPORTS.items()
    }
    return {
        **found,
        "hostile": hostile.write_reports(tmp_path_factory.mktemp("hostile")).paths["html"],
    }


NAMES = [*REPORTS, "hostile"]


@pytest.mark.parametrize("name", some(NAMES, 5))
def test_a_report_opens_quietly_alone_and_within_its_window(
    visit: Open, pages: dict[str, Path], name: str
) -> None:
    seen = visit(pages[name])
    assert (seen.said, seen.asked) == ([], [])
    elements = "script, img, link, iframe, object, embed, base, form, a, [src], [href]"
    assert seen.page.locator(elements).count() == 0
    assert seen.page.eval_on_selector_all("*", _HANDLERS) == []
    assert seen.page.locator("h1").count() == 1
    assert seen.page.locator("svg").count() >= 1
    for width in (360, 390, 1200):
        seen.page.set_viewport_size({"width": width, "height": 800})
        assert seen.page.evaluate(_WIDE) == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.locator("details[open]").count() == 0
    seen.page.evaluate(_UNFOLD)
    seen.page.set_viewport_size({"width": 390, "height": 800})
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seen.page.evaluate(_HIDDEN_COLUMNS) == []
    if name != "hostile":  # which has words that are wider than a phone
        assert seen.page.evaluate(_SCROLLED) == []
    assert min(seen.page.evaluate(_LETTERS)) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", some(["running_week", "hostile"], 2))
def test_every_word_stands_out_in_light_and_in_dark(
    visit: Open, pages: dict[str, Path], name: str, scheme: str
) -> None:
    seen = visit(pages[name], scheme)
    seen.page.evaluate(_UNFOLD)
    result = seen.page.evaluate(_INKS)
    assert len(result) > 40
    for words, ink, behind in result:
        assert contrast(ink, behind) >= 4.5, words
    papers = {behind for _, _, behind in result}
    assert (contrast(seen.style("body", "backgroundColor"), "#ffffff") < 1.2) == (scheme == "light")
    assert len(papers) == 2, "the page and its commands"


@pytest.mark.parametrize("name", some(["running_week", "hostile"], 2))
def test_tables_are_legible_on_a_phone_a_screen_and_on_paper(
    visit: Open, pages: dict[str, Path], name: str
) -> None:
    seen = visit(pages[name], width=1000)
    seen.page.evaluate(_UNFOLD)
    assert seen.page.evaluate(_SCROLLED) == []
    seen.page.emulate_media(media="print")
    seen.page.set_viewport_size({"width": 718, "height": 1000})  # A4 within its margins
    assert seen.page.evaluate(_SCROLLED) == [], "paper does not scroll"
    seen.page.emulate_media(media="screen")
    seen.page.set_viewport_size({"width": 360, "height": 800})
    assert seen.page.evaluate(_TORN) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["running_week", "hostile"])
def test_words_in_pictures_neither_overlap_nor_stick_out(
    visit: Open, pages: dict[str, Path], name: str
) -> None:
    seen = visit(pages[name])
    seen.page.evaluate(_UNFOLD)
    assert seen.outside() == []
    for number in range(seen.page.locator("svg").count()):
        seen.page.evaluate(_SHOW, number)
        assert seen.overlaps() == []


def test_hostile_texts_are_seen_as_they_are(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["hostile"])
    seen.page.evaluate(_UNFOLD)
    text = seen.page.inner_text("body")
    for needle in hostile.SEEN:
        assert needle in text
    assert "<script>console.log('name')</script>" in text
    assert "\u202e" not in text
    assert text.count("\u2069") == text.count("\u2066")
    assert seen.page.locator("h1").inner_text() == "16 to 22 November 2026"


def count_pages(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page/")


@pytest.mark.slow
def test_a_report_prints_on_white_paper_in_full_width(
    visit: Open, pages: dict[str, Path], tmp_path: Path
) -> None:
    seen = visit(pages["running_week"], "dark")
    seen.page.emulate_media(media="print", color_scheme="light")
    assert contrast(seen.style("body", "backgroundColor"), "#ffffff") < 1.2
    assert seen.style("body", "maxWidth") == "none"
    printed = seen.page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert printed.startswith(b"%PDF")
    assert count_pages(printed) == 1, "what is folded is not printed"
    seen.page.evaluate(_UNFOLD)
    assert 1 < count_pages(seen.page.pdf(path=tmp_path / "open.pdf", format="A4")) <= 6
    assert (seen.said, seen.asked) == ([], [])


def test_what_is_faint_wide_or_listens_would_be_noticed(
    visit: Open, pages: dict[str, Path], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.html"
    more = '<p style="color: #999" onclick="1">faint</p><p style="width: 2000px">wide</p></body>'
    damaged.write_text(pages["one_artist"].read_text().replace("</body>", more))
    seen = visit(damaged)
    assert [
        words for words, ink, behind in seen.page.evaluate(_INKS) if contrast(ink, behind) < 4.5
    ] == ["faint"]
    assert seen.page.evaluate(_WIDE) == ["P wide"]
    assert seen.page.eval_on_selector_all("*", _HANDLERS) == ["onclick"]
