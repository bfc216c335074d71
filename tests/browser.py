"""A real browser, without a window: what a person sees who opens one of our files.

A test module asks for it with `pytest_plugins = ["tests.browser"]`; what it imports from here for
its annotations it imports for them alone, since pytest must be the first to read this module.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.needs import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

# Boxes of letters may touch; they overlap where they share more than half a pixel each way.
_OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll("svg text")].map(text => {
        const box = text.getBBox({stroke: false}), at = text.getScreenCTM();
        return {words: text.textContent, left: at.e + at.a * box.x, top: at.f + at.d * box.y,
                right: at.e + at.a * (box.x + box.width),
                bottom: at.f + at.d * (box.y + box.height)};
    }).filter(box => box.words);
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5;
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => meet(a, b))
        .map(b => [a.words, b.words]));
}"""

# A drawing that is cut at its edge hides letters.
_OUTSIDE = """() => [...document.querySelectorAll("svg")].flatMap(svg => {
    const edge = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].filter(text => {
        const box = text.getBoundingClientRect();
        return box.width && (box.left < edge.left || box.right > edge.right
            || box.top < edge.top || box.bottom > edge.bottom);
    }).map(text => text.textContent);
})"""


@dataclass
class Visit:
    """An opened file: its page, what it said, and what it asked for besides itself."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def style(self, selector: str, name: str) -> str:
        """Return a computed style of the first element that fits."""
        script = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
        return str(self.page.evaluate(script, [selector, name]))

    def turn(self, scheme: str) -> None:
        """Turn the page to light or to dark."""
        self.page.emulate_media(color_scheme=_scheme(scheme))

    def overlaps(self) -> list[tuple[str, str]]:
        """Return the words of drawings that lie upon each other."""
        return [(one, other) for one, other in self.page.evaluate(_OVERLAPS)]

    def outside(self) -> list[str]:
        """Return the words that stick out of their drawing."""
        return [str(words) for words in self.page.evaluate(_OUTSIDE)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a process."""
    from playwright import sync_api  # which takes a while

    program = find_browser()
    # Its sandbox refuses to run as root.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=options)
        yield found
        found.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a file in light or in dark; nothing but the file itself is given to the page."""
    opened = []

    def open_file(path: Path, scheme: str = "light", width: int = 1000) -> Visit:
        context = browser.new_context(
            color_scheme=_scheme(scheme), viewport={"width": width, "height": 800}
        )
        opened.append(context)
        found = Visit(context.new_page())
        found.page.on("console", lambda message: found.said.append(message.text))
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.on("dialog", lambda dialog: _refuse(found, dialog))
        context.route("**/*", lambda route: _answer(found, route, path.as_uri()))
        found.page.goto(path.as_uri())
        return found

    yield open_file
    for context in opened:
        context.close()


def _scheme(scheme: str) -> Any:
    assert scheme in ("light", "dark")
    return scheme


def _refuse(visit: Visit, dialog: Any) -> None:
    visit.said.append(f"{dialog.type}: {dialog.message}")
    dialog.dismiss()


def _answer(visit: Visit, route: Route, own: str) -> None:
    if route.request.url.split("#")[0] == own:
        route.continue_()
    else:
        visit.asked.append(route.request.url)
        route.abort()
