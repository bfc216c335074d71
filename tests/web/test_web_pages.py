"""Pages without scripts: each is there, its forms work, and hostile names stay text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from mediakeep.item import ScannedItem
from mediakeep.music.item import MUSIC
from mediakeep.queue.queue import Queue
from mediakeep.queue.sessions import WorkerStatus
from mediakeep.web import guard, page_renderer, pages
from mediakeep.web.access import Scope
from tests.queue import rig
from tests.sampling import each_row
from tests.web import serving
from tests.web.serving import Served

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>?a#b'
PAGE = {"Accept": "text/html"}
VOID = {"meta", "link", "input", "img", "br", "hr"}


class Reader(HTMLParser):
    """Reads a page: its elements, what is open at its end, and duplicate ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        self.faults += [
            f"{tag} {name}" for name in found if name == "style" or name.startswith("on")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert (reader.open, reader.faults) == ([], [])
    return reader


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home with an artist whose name is hostile, and 60 others."""
    home = tmp_path_factory.mktemp("pages")
    names = [HOSTILE, *rig.names(60)]
    items = [ScannedItem(key=key, path=f"/music/{key}", fingerprint="f") for key in names]
    Queue.create(rig.at(home), MUSIC, "/music", items).close()
    with Queue.open(rig.at(home), MUSIC) as queue, queue.open_session(command="test"):
        assert queue.session
        queue.session.write_log(f"A message {HOSTILE}")
        rig.settle(queue, 3)
        rig.settle(queue, 1, rig.FAILED)
    with serving.serve(home) as found:
        yield found


@each_row("path", [page.path for page in pages.PAGES if "{" not in page.path])
def test_each_page_is_whole_and_has_no_inline_script(path: str, served: Served) -> None:
    found = read(served.get(path, headers=PAGE).text)
    scripts = [attributes for tag, attributes in found.elements if tag == "script"]
    assert scripts
    assert all(str(it["src"]).startswith("/static/") for it in scripts)
    for tag, attributes in found.elements:
        for name in ("src", "href", "action"):
            target = attributes.get(name) or "/"
            assert re.match(r"[/?#]", target), (tag, target)
    labels = [tag for tag, attributes in found.elements if tag == "html" and attributes["lang"]]
    assert labels == ["html"]


def test_a_hostile_name_stays_text_on_every_page(served: Served) -> None:
    (session,) = served.api("/sessions")["sessions"]
    item = f"/items/music/{quote(HOSTILE)}"
    assert f'name="next" value="{item}"' in served.get(item, headers=PAGE).text
    places = ("/queue", item, f"/sessions/music/{session['id']}")
    for place in places:
        text = served.get(place, headers=PAGE).text
        read(text)
        assert "&lt;script&gt;alert" in text
        assert "<script>alert" not in text
    problem = served.get(f"{item}x", 404, headers=PAGE).text
    assert "<script>alert" not in problem
    assert "There is no artist" in problem


def test_an_item_with_line_breaks_in_its_name_has_a_page_whose_buttons_work(tmp_path: Path) -> None:
    key = "Two\nlines\n"
    item = ScannedItem(key=key, path="/music/two", fingerprint="f")
    Queue.create(rig.at(tmp_path), MUSIC, "/music", [item]).close()
    with serving.serve(tmp_path) as served:
        place = f"/items/music/{quote(key)}"
        page = read(served.get(place, headers=PAGE).text)
        (sent,) = {it["value"] for tag, it in page.elements if it.get("name") == "keys"}
        assert sent == key
        form = {"action": "prioritize", "keys": sent.replace("\n", "\r\n"), "next": place}
        answer = served.post("/api/v1/items/music/actions", 303, data=form)
        served.get(answer.headers["Location"], headers=PAGE)
        assert served.api(place)["fields"]["priority"] > 0


def test_a_list_is_paged_filtered_and_searched_by_links_and_forms(served: Served) -> None:
    first = served.get("/queue?kind=music", headers=PAGE).text
    assert "61 artists" in first
    (more,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = served.get(f"/queue{more.replace('&amp;', '&')}", headers=PAGE).text
    names = re.findall(r"Artist \d\d\d", first + second)
    assert sorted(set(names)) == rig.names(60)
    found = served.get("/queue?kind=music&q=059&status=&sort=name", headers=PAGE).text
    assert set(re.findall(r"Artist \d\d\d", found)) == {"Artist 059"}
    assert "Invalid enum value" in served.get("/queue?status=x", 422, headers=PAGE).text


def test_a_button_of_a_page_does_what_its_action_does(served: Served) -> None:
    place = "/items/music/Artist 040"
    page = read(served.get(place, headers=PAGE).text)
    names = [it.get("value") for tag, it in page.elements if it.get("name") == "action"]
    assert names == ["prioritize", "complete", "undo"]
    fields = {
        str(it["name"]): str(it["value"])
        for tag, it in page.elements
        if tag == "input" and it.get("name")
    }
    assert fields == {"keys": "Artist 040", "next": "/items/music/Artist%20040"}
    form = next(
        it["action"] for tag, it in page.elements if it.get("action") != "/logout" and tag == "form"
    )
    answer = served.post(form, 303, data={**fields, "action": "prioritize"}, headers=PAGE)
    assert answer.headers["Location"] == "/items/music/Artist%20040"
    assert served.api("/items/music/Artist 040")["fields"]["priority"] > 0


def test_the_overview_shows_the_workers_of_a_scheduler(tmp_path: Path) -> None:
    items = [ScannedItem(key=HOSTILE, path="/music/x", fingerprint="f")]
    Queue.create(rig.at(tmp_path), MUSIC, "/music", items).close()
    worker = WorkerStatus(f"nas{HOSTILE}", "tcp://10.0.0.2:1", [HOSTILE], 412_000_000, 12.5)
    with Queue.open(rig.at(tmp_path), MUSIC) as queue, queue.open_session(command="test"):
        assert queue.session
        queue.session.note_workers([worker], "http://nas:8787/status")
        with serving.serve(tmp_path) as served:
            text = served.get("/", headers=PAGE).text
            (session,) = served.api("/sessions")["running"]
    read(text)
    assert "412 MB</td>" in text
    assert '<a href="http://nas:8787/status">' in text
    assert "<script>alert" not in text
    assert session["workers"][0]["tasks_per_minute"] == 12.5


def test_an_empty_home_says_how_to_begin(tmp_path: Path) -> None:
    with serving.serve(tmp_path) as served:
        assert "--scan" in served.get("/", headers=PAGE).text
        assert "Nothing to decide." in served.get("/review", headers=PAGE).text
        assert "No reports yet" in served.get("/reports", headers=PAGE).text
        assert "No jobs." in served.get("/jobs", headers=PAGE).text


def test_a_token_without_a_scope_sees_no_button_for_it(served: Served) -> None:
    token = served.web.access.create_token("only reads", [Scope.READ])
    headers = {**PAGE, "Cookie": f"{guard.COOKIE}={served.web.access.open_session(token)}"}
    answer = requests.get(f"{served.url}/items/music/Artist 010", headers=headers, timeout=99)
    assert "Artist 010" in answer.text
    assert "<button name=" not in answer.text


def test_no_template_marks_a_text_as_safe() -> None:
    for path in page_renderer.FOLDER.glob("*.j2"):
        assert not re.search(r"\|\s*safe\b|autoescape", path.read_text()), path


def test_reports_of_weeks_come_before_those_of_items(served: Served) -> None:
    folders = ("status/reports", "outputs", "issues/music")
    for folder in folders:
        (served.home / folder).mkdir(parents=True, exist_ok=True)
    names = ("issues/music/a.md", "outputs/a_audit.json", "outputs/music_library_master.json")
    for name in (*names, "status/reports/2026-01-05_weekly_progress.md"):
        (served.home / name).write_text("{}")
    (served.home / "status/reports/written.json").write_text("{}")
    text = served.get("/reports", headers=PAGE).text
    read(text)
    places = [text.index(part) for part in ("weekly_progress", "Libraries", "master", "Items")]
    assert places == sorted(places)
    assert text.index("a_audit.json") > places[-1]
    assert "written.json" not in text
