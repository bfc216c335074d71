"""A home that is gone, a full disk: each page and call has the right status and reason."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.app import session_log
from mediakeep.errors import Unreadable
from mediakeep.queue import journal
from mediakeep.web import application, audit_log, pages
from mediakeep.web.operations import Operation
from tests.queue import rig
from tests.web import sample_home, serving
from tests.web.serving import Served

PAGE = {"Accept": "text/html"}
QUERIES = {"/covers/{kind}/{key:text}": {"path": "/x"}, "/reviews/{id}/candidates": {"title": "x"}}


def list_places(served: Served) -> Iterator[tuple[Operation, str]]:
    """Yield all operations and pages, with a place that exists for each."""
    review = served.api("/reviews")["groups"][0]["ids"][0]
    (session, *_) = served.api("/sessions")["sessions"]
    report = served.api("/reports")[0]["path"]
    values = {"kind": "music", "key": "Artist 000", "key:text": "Artist 000", "id": review}
    values |= {"session": session["id"], "path:text": report, "name": "none.jpg"}
    for operation in (*application.OPERATIONS, *pages.PAGES):
        place = operation.prefix + operation.path
        for name, value in values.items():
            place = place.replace(f"{{{name}}}", value)
        yield operation, place


def read_statuses(served: Served, places: list[tuple[Operation, str]]) -> dict[str, int]:
    """Return the statuses of all that is only read."""
    return {
        place: send(served, operation, place).status_code
        for operation, place in places
        if operation.method == "GET"
    }


def send(served: Served, operation: Operation, place: str, **headers: str) -> Any:
    own = {} if operation.prefix else PAGE
    return served.session.request(
        operation.method,
        served.url + place,
        params=QUERIES.get(operation.path),
        json=BODIES.get(operation.path, {}),
        headers={**own, **headers},
        timeout=serving.PATIENCE,
    )


BODIES = {
    "/items/{kind}/actions": {"action": "reset", "keys": ["Artist 000"]},
    "/jobs": {"kind": "albums", "folders": ["/x"]},
    "/reviews/preview": {"ids": ["x"], "action": "accept"},
    "/reviews/decide": {"ids": ["x"], "action": "later"},
    "/reviews/undo": {"session": "last"},
}


@pytest.mark.long
def test_a_home_that_is_gone_is_named_by_every_answer_until_it_is_back(tmp_path: Path) -> None:
    home = sample_home.make_home(tmp_path, 1).path
    with serving.serve(home) as served:
        places = list(list_places(served))
        statuses = read_statuses(served, places)
        assert list(statuses.values()).count(200) > 20
        away = home.rename(tmp_path / "away")
        check_gone(served, places)
        assert not home.exists()
        home.mkdir()  # the folder on which its disk was mounted
        check_gone(served, places[::3])
        home.rmdir()
        away.rename(home)
        assert read_statuses(served, places) == statuses


def check_gone(served: Served, places: list[tuple[Operation, str]]) -> None:
    """Check that each answer names the home, and that nothing is written there."""
    for operation, place in places:
        answer = send(served, operation, place)
        assert answer.status_code == 503, (place, answer.text)
        assert str(served.home) in answer.text, place
        assert ("<html" in answer.text) == (not operation.prefix)
    for place in ("/api/v1/events", "/readyz", "/metrics", "/api/v1/openapi.json"):
        assert str(served.home) in served.get(place, 503).text
    assert served.get("/healthz").json() == {"status": "ok"}
    assert "Log in" in served.get("/login").text
    served.get("/static/style.css")
    served.post("/login", 503, data={"token": "x"})
    assert not (served.home / "status").exists()


@pytest.mark.linux
def test_on_a_full_disk_pages_are_shown_and_nothing_is_done_by_halves(small_disk: Path) -> None:
    home = sample_home.make_home(small_disk, 3).path
    with serving.serve(home) as served:
        keys = [f"Artist {number:03}" for number in range(3)]
        actions = "/api/v1/items/music/actions"
        served.post(actions, json={"action": "reset", "keys": keys[:1]})
        places = list(list_places(served))
        statuses = read_statuses(served, places)
        fill(small_disk / "filler")
        assert read_statuses(served, places) == statuses
        assert {check["name"]: check["passed"] for check in served.get("/readyz", 503).json()} == {
            "home": True, "disk": False, "queue music": True,
        }  # fmt: skip
        refused = 0
        for _ in range(40):
            before = describe(home)
            answer = served.session.post(
                served.url + actions,
                json={"action": "prioritize", "keys": keys[:1]},
                headers={"Idempotency-Key": f"k{refused}"},
                timeout=serving.PATIENCE,
            )
            assert answer.status_code in (200, 507), answer.text
            if answer.status_code == 507:
                refused += 1
                assert "No space left on device" in answer.json()["detail"]
                assert describe(home) in (before, before + 1)
            else:
                assert describe(home) == before + 1
        assert refused
        group = served.api("/reviews", kind="missing-date")["groups"][0]
        for action in ("accept", "never", "later"):
            body = {"ids": group["ids"], "action": action}
            problem = served.post("/api/v1/reviews/decide", 507, json=body).json()
            assert "No space left on device" in problem["detail"]
        assert served.api("/reviews", kind="missing-date")["groups"][0] == group
        (small_disk / "filler").unlink()
        before = describe(home)
        served.post(actions, json={"action": "prioritize", "keys": keys[:1]})
        assert describe(home) == before + 1
        body = {"ids": group["ids"], "action": "accept"}
        served.post("/api/v1/reviews/decide", json=body)
        lines = (home / audit_log.FILE).read_text().splitlines()
        assert all(json.loads(line)["id"] for line in lines if "login" not in line)


def fill(path: Path) -> None:
    """Write a file until its disk is full."""
    with path.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(4096))


def describe(home: Path) -> int:
    """Return the number of changes of the queue."""
    paths = rig.journals(rig.at(home))
    return max(record.seq for path in paths for record in journal.read(path).records)


def test_a_truncated_log_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "session_logs" / "20251217_session_001.log.gz"
    path.parent.mkdir()
    whole = gzip.compress(b'{"message":"Batch started"}\n')
    path.write_bytes(whole)
    assert session_log.read_log(tmp_path, "20251217_session_001", 9)[0]["message"]
    for damaged in (whole[:-9], b"x" + whole, whole[:20] + b"xxxx" + whole[24:]):
        path.write_bytes(damaged)
        with pytest.raises(Unreadable, match=r"session_001\.log\.gz: .*Restore it"):
            session_log.read_log(tmp_path, "20251217_session_001", 9)
