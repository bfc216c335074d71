"""What a real browser does with the pages: keys, a book from start to sound, and no other host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediakeep.music.item import MUSIC
from mediakeep.queue.queue import Queue
from tests.audiobooks import books
from tests.commands.hands import state
from tests.music import shelf
from tests.queue import rig
from tests.recall.tags import pictures
from tests.web import sample_home, serving
from tests.web.serving import PATIENCE, Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytest_plugins = ["tests.browser"]
_ALBUMS = 100
_MILLISECONDS = 1000


@contextmanager
def open_page(browser: Browser, served: Served) -> Iterator[tuple[Page, list[str]]]:
    """Log in; yield a page, and what goes wrong in it: errors, policy reports, other hosts."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(PATIENCE * _MILLISECONDS)
    page, faults = context.new_page(), list[str]()
    page.on("console", lambda it: faults.append(it.text) if it.type != "log" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))

    def check(url: str) -> None:
        if not url.startswith(served.url):
            faults.append(f"foreign: {url}")

    page.on("request", lambda request: check(request.url))
    page.goto(f"{served.url}/login?token={served.web.access.create_link()}")
    yield page, faults
    context.close()


def contents(served: Served) -> dict[str, str]:
    music = served.home.parent / "music"
    return {path: digest for path, (digest, _) in state(music).items()}


def wait_for_total(page: Page, total: int) -> None:
    page.wait_for_selector(f'#review[data-total="{total}"]')


def test_a_hundred_reviews_are_decided_by_a_hundred_keys_and_undone(
    browser: Browser, tmp_path: Path
) -> None:
    home = sample_home.make_home(tmp_path, _ALBUMS)
    with serving.serve(home.path) as served, open_page(browser, served) as (page, faults):
        before = contents(served)
        page.goto(f"{served.url}/review?kind=missing-date")
        wait_for_total(page, _ALBUMS)
        for left in reversed(range(_ALBUMS)):
            page.keyboard.press("a")
            wait_for_total(page, left)
        after = contents(served)
        assert sum(before[path] != after[path] for path in before) == _ALBUMS
        for total in range(1, _ALBUMS + 1):
            page.keyboard.press("u")
            wait_for_total(page, total)
        assert contents(served) == before
        assert faults == []


def test_links_of_other_sites_lead_to_their_pages(browser: Browser, tmp_path: Path) -> None:
    rig.make(rig.at(tmp_path), 3).close()
    with serving.serve(tmp_path) as served:
        link = f"/login?token={served.web.access.create_link()}"
        context, stranger = browser.new_context(), browser.new_context()
        for place, user, heading in (
            (link, context, "Overview"),
            ("/jobs", context, "Jobs"),
            ("/jobs", stranger, "Log in"),
        ):
            page = user.new_page()
            page.goto(f'data:text/html,<a href="{served.url}{place}">A link</a>')
            page.click("a")
            page.wait_for_selector(f'h1:text-is("{heading}")', timeout=PATIENCE * _MILLISECONDS)
        context.close()
        stranger.close()


def press_at_once(page: Page, keys: str) -> None:
    """Press keys before the page can change."""
    page.evaluate(
        """keys => [...keys].forEach(key =>
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })))""",
        keys,
    )


def test_a_key_answers_only_the_review_that_was_shown_when_it_was_pressed(
    browser: Browser, tmp_path: Path
) -> None:
    home = sample_home.make_home(tmp_path, 6)
    with serving.serve(home.path) as served, open_page(browser, served) as (page, faults):
        page.goto(f"{served.url}/review?kind=missing-date")
        press_at_once(page, "jka")  # at its turn, the review of the key a is shown again
        wait_for_total(page, 5)
        before = contents(served)
        press_at_once(page, "ja")
        page.wait_for_selector("text=press the key again")
        assert contents(served) == before
        press_at_once(page, "nn")
        wait_for_total(page, 4)
        page.wait_for_selector("text=press the key again")
        page.keyboard.press("A")
        wait_for_total(page, 0)
        page.keyboard.press("u")
        page.wait_for_selector("#review article")
        before = contents(served)
        page.keyboard.press("a")
        page.wait_for_selector("text=1 decided.")
        (changed,) = (path for path, digest in contents(served).items() if digest != before[path])
        shelf.put(home.music / changed, title="Other")
        page.keyboard.press("u")
        page.wait_for_selector("text=it was changed since")
        assert faults == []


def test_a_book_is_started_watched_downloaded_and_played(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "rips" / "Emma"
    folder.mkdir(parents=True)
    for number in (1, 2):
        books.write_mp3(folder / f"0{number}.mp3", books.SHORT)
    home = tmp_path / "home"
    home.mkdir()
    with (
        serving.serve(home, roots=(str(tmp_path / "rips"),)) as served,
        open_page(browser, served) as (page, faults),
    ):
        page.goto(f"{served.url}/jobs")
        page.locator("summary", has_text="audiobooks").click()
        form = page.locator("form", has=page.locator('[name="kind"][value="audiobooks"]'))
        form.locator('[name="folders"]').fill(str(folder))
        form.locator('[name="options.title"]').fill("Emma")
        form.get_by_role("button", name="Start").click()
        page.get_by_role("link", name="Emma").click()
        # The page is never loaded again: events let it follow.
        page.wait_for_selector("#job .state.completed")
        assert page.locator("#job progress").get_attribute("value") == "100.0"
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        assert download.value.path().stat().st_size > 1000
        assert play(page) == "ended"
        assert faults == []


def test_a_page_follows_again_after_an_error_of_the_server_and_keeps_what_did_not_change(
    browser: Browser, tmp_path: Path
) -> None:
    rig.make(rig.at(tmp_path), 3).close()
    with serving.serve(tmp_path) as served, open_page(browser, served) as (page, _):
        codes: list[int] = []

        def answer(route: Route) -> None:
            codes.append(503)
            if len(codes) == 1:
                route.fulfill(status=503)
            else:
                route.continue_()

        page.route("**/api/v1/events", answer)
        page.goto(f"{served.url}/items/music/Artist 000")
        page.wait_for_selector("text=The server cannot be followed now.")
        page.locator("#item summary").click()
        page.evaluate("document.querySelector('#item th').kept = true")
        with Queue.open(rig.at(tmp_path), MUSIC) as queue, queue.open_session(command="test"):
            rig.settle(queue)
        page.wait_for_selector("#item .state.completed")
        assert page.evaluate("document.querySelector('#item th').kept")
        assert page.locator("#item details[open]").count() == 1
        assert len(codes) == 2


def play(page: Page) -> Any:
    """Play the audio of a page to its end, which is quick as it jumps there."""
    return page.evaluate(
        """() => new Promise((done) => {
            const audio = document.querySelector("audio");
            audio.addEventListener("ended", () => done("ended"));
            audio.addEventListener("error", () => done(audio.error.message));
            audio.play();
        })"""
    )


def test_pages_fit_a_phone_and_are_labelled(browser: Browser, tmp_path: Path) -> None:
    home = sample_home.make_home(tmp_path, 3)
    names = ("", "jobs", "queue", "review", "sessions", "reports", "services", "health")
    places = [*(f"/{name}" for name in names), "/items/music/Artist 000"]
    album = home.music / "Artist 000" / "Dawn"
    (album / "cover.jpg").write_bytes(pictures.jpeg(60, 60))
    (album / "' onerror=alert(1) x='.png").write_bytes(pictures.png(50, 50))
    (album / "other.jpg").write_text("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    with serving.serve(home.path) as served, open_page(browser, served) as (page, faults):
        page.set_viewport_size({"width": 390, "height": 844})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for place in places:
                page.goto(served.url + place)
                assert page.evaluate("document.documentElement.scrollWidth") <= 390, place
                bare = "input:not([type=hidden]), select, progress, button"
                for field in page.locator(bare).all():
                    name = field.evaluate(
                        "it => it.ariaLabel || it.labels?.[0]?.textContent || it.textContent"
                    )
                    assert name, (place, json.dumps(field.evaluate("it => it.outerHTML")))
        page.wait_for_function("[...document.images].every((it) => it.complete)")
        widths = page.evaluate("[...document.images].map((it) => it.naturalWidth)")
        assert sorted(widths) == [50, 60]
        assert faults == []
