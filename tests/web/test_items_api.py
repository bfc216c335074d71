"""Items by the API: lists, pages and cursors, an item, and actions with the records of commands."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.app import live_queue
from mediakeep.errors import DiskFull, ItemFailed, ServiceFailed, StateDamaged, UsageError
from mediakeep.music.item import MUSIC
from mediakeep.queue import journal
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.queue import Queue
from mediakeep.web import audit_log, problems
from mediakeep.web.access import Scope
from tests.queue import rig
from tests.sampling import each_row
from tests.web import serving
from tests.web.serving import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home of 30 artists: five completed, two failed, one skipped."""
    home = tmp_path_factory.mktemp("items")
    rig.make(rig.at(home), 30).close()
    with Queue.open(rig.at(home), MUSIC) as queue, queue.open_session(command="test"):
        rig.settle(queue, 5)
        rig.settle(queue, 2, rig.FAILED)
        rig.settle(queue, 1, rig.SKIPPED)
    with serving.serve(home) as found:
        yield found


def list_keys(served: Served, **query: Any) -> list[str]:
    """Return the keys of all pages of a list."""
    keys: list[str] = []
    cursor = ""
    while True:
        page = served.api("/items", cursor=cursor, **query)
        keys += [item["key"] for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            assert page["total"] == len(keys)
            return keys


@each_row(
    "query, numbers",
    [
        ({"limit": 7}, range(30)),
        ({"limit": 4, "sort": "priority"}, range(29, -1, -1)),
        ({"status": "completed"}, range(5)),
        ({"status": ["completed", "error"], "limit": 3}, range(7)),
        ({"q": "ARTIST 01"}, range(10, 20)),
        ({"issue": "missing-cover"}, range(5)),
        ({"issue": "no-such-issue"}, []),
    ],
)
def test_pages_of_a_list_have_each_item_once(
    query: dict[str, Any], numbers: list[int], served: Served
) -> None:
    assert list_keys(served, **query) == [rig.names(30)[number] for number in numbers]


@each_row("descending, gone", [(False, False), (False, True), (True, False), (True, True)])
def test_a_page_goes_on_after_its_last_row_even_if_that_is_gone(
    descending: bool, gone: bool
) -> None:
    rows = sorted([(number // 3, f"k{number}") for number in range(10)], reverse=descending)
    last = rows[4]
    rest = rows[5:]
    if gone:
        rows.remove(last)
    assert rows[live_queue.find_row(rows, last, descending=descending) :] == rest


def test_names_are_found_within_one_name() -> None:
    names = ["ab", "", "ba\nb", "b", "abab", "c"]
    search = live_queue.NameSearch(names)
    for wanted in ("a", "b", "ab", "\n", "b\n", "b\nb", "bb", "c", "abc"):
        expected = [number for number, name in enumerate(names) if wanted in name]
        assert list(search.find(wanted)) == expected, wanted


@each_row(
    "query, code, sentence",
    [
        ({"page": "-1"}, 422, "unknown field `page`"),
        ({"limit": "0"}, 422, ">= 1"),
        ({"limit": "10000"}, 422, "<= 500"),
        ({"kind": "musik"}, 404, "Did you mean music?"),
        ({"kind": "movies"}, 404, "movie_queue_manager.py"),
        ({"status": "done"}, 422, "Invalid enum value 'done'"),
        ({"cursor": "x"}, 400, "The cursor is not valid"),
        ({"cursor": "ÿ"}, 400, "The cursor is not valid"),
        ({"kind": "music", "kind.a": "b"}, 400, "kind is given twice, as two types"),
        ({"sort": "size"}, 422, "Invalid enum value 'size'"),
    ],
)
def test_a_wrong_query_is_answered_with_the_reason(
    query: dict[str, str], code: int, sentence: str, served: Served
) -> None:
    problem = served.get("/api/v1/items", code, params=query).json()
    assert problem["status"] == code
    assert sentence in problem["detail"]


def test_the_cursor_of_another_list_is_refused(served: Served) -> None:
    cursor = served.api("/items", limit=2, sort="newest")["next"]
    problem = served.get("/api/v1/items", 400, params={"limit": 2, "cursor": cursor}).json()
    assert "another list" in problem["detail"]


def test_an_item_has_its_fields_events_and_actions(served: Served) -> None:
    item = served.api("/items/music/Artist 000")
    assert item["row"]["status"] == "completed"
    assert item["fields"]["issues"] == {"missing-cover": 1}
    assert [event["op"] for event in item["events"]] == ["settle"]
    assert item["actions"] == ["reset", "undo"]
    assert "no artist named" in served.get("/api/v1/items/music/U2", 404).json()["detail"]


def read_records(home: Path) -> list[JournalRecord]:
    paths = rig.journals(rig.at(home))
    return [record for path in paths for record in journal.read(path).records]


def test_what_a_use_case_changes_in_memory_is_no_change_of_the_queue(served: Served) -> None:
    queue = served.web.get_queue("music")
    context = queue.context()
    copy = context.read_state()
    copy.put_item("Artist 000", None)
    assert context.read_item("Artist 000") is not None
    assert len(context.read_state().items) == len(copy.items) + 1
    assert context.read_state().seq == copy.seq


@each_row(
    "body, code, sentence",
    [
        ({"action": "destroy", "keys": ["Artist 000"]}, 422, 'no action "destroy"'),
        ({"action": "reset", "keys": ["U2"]}, 404, "no artist named"),
        ({"action": "reset", "keys": []}, 422, "length >= 1"),
        ({"action": "reset", "keys": ["x"] * 10_000}, 422, "length <= 1000"),
        ({"action": "prioritize", "keys": ["Artist 021", "x"]}, 404, 'named "x"'),
        ({"action": "reset", "keys": "x"}, 422, "Expected `array`"),
        ({"action": "reset", "keys": ["x"], "force": True}, 422, "unknown field `force`"),
        ("{", 400, "truncated"),
        ("", 422, "missing required field `action`"),
        ("[]", 422, "Expected `object`"),
    ],
)
def test_a_wrong_action_changes_nothing(
    body: dict[str, Any] | str, code: int, sentence: str, served: Served
) -> None:
    count = len(read_records(served.home))
    sent = {"data": body} if isinstance(body, str) else {"json": body}
    problem = served.post("/api/v1/items/music/actions", code, **sent).json()
    assert sentence in problem["detail"]
    assert len(read_records(served.home)) == count


def test_a_form_does_the_same_and_shows_its_page_again(served: Served) -> None:
    form = {"action": "prioritize", "keys": "Artist 020", "next": "/queue/music?q=020"}
    answer = served.post("/api/v1/items/music/actions", 303, data=form)
    assert answer.headers["Location"] == "/queue/music?q=020"
    assert served.api("/items/music/Artist 020")["fields"]["priority"] > 0
    for place in ("//evil.example", "https://evil.example", "/\\evil.example"):
        served.post("/api/v1/items/music/actions", 200, data={**form, "next": place})


def test_the_same_key_has_the_same_answer_and_another_request_does_not(served: Served) -> None:
    body = {"action": "prioritize", "keys": ["Artist 021"]}
    headers = {"Idempotency-Key": "k1"}
    place = "/api/v1/items/music/actions"
    first = served.post(place, json=body, headers=headers).json()
    count = len(read_records(served.home))
    assert served.post(place, json=body, headers=headers).json() == first
    assert len(read_records(served.home)) == count
    other = {"action": "prioritize", "keys": ["Artist 022"]}
    problem = served.post(place, 422, json=other, headers=headers).json()
    assert "used for another request" in problem["detail"]
    served.post(place, 400, json=body, headers={"Idempotency-Key": "k" * 201})


def test_an_item_that_a_batch_works_on_is_not_changed(tmp_path: Path) -> None:
    rig.make(rig.at(tmp_path), 3).close()
    with serving.serve(tmp_path) as served, Queue.open(rig.at(tmp_path), MUSIC) as queue:
        queue.begin_session()
        (claim,) = queue.claim(1)
        body = {"action": "reset", "keys": [claim.key]}
        problem = served.post("/api/v1/items/music/actions", 409, json=body).json()
        assert "20" in problem["detail"]
        queue.end_session()


@each_row(
    "error, status",
    [
        (OSError(errno.ENOSPC, "No space left on device", "/home/x"), 507),
        (PermissionError(errno.EACCES, "Permission denied", "/home/x"), 503),
        (DiskFull("The disk is full."), 507),
        (StateDamaged("It is damaged."), 503),
        (UsageError("It is wrong."), 422),
        (ItemFailed("It has failed."), 409),
        (ServiceFailed("TMDb", "it is away"), 502),
    ],
)
def test_an_error_has_the_sentence_of_its_command(error: Exception, status: int) -> None:
    answer = problems.describe_error(error)
    assert answer.status == status
    assert answer.detail
    with pytest.raises(ZeroDivisionError):
        problems.describe_error(ZeroDivisionError())


def test_nothing_is_done_without_a_line_in_the_audit_log(tmp_path: Path) -> None:
    rig.make(rig.at(tmp_path), 3).close()
    with serving.serve(tmp_path) as served:
        log = tmp_path / audit_log.FILE
        log.unlink()
        served.web.audit.close()
        log.mkdir()
        count = len(read_records(tmp_path))
        body = {"action": "prioritize", "keys": ["Artist 001"]}
        problem = served.post("/api/v1/items/music/actions", 503, json=body).json()
        assert "audit.jsonl" in problem["detail"]
        assert len(read_records(tmp_path)) == count


def test_a_home_that_is_gone_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    rig.make(rig.at(home), 3).close()
    with serving.serve(home) as served:
        token = served.token(Scope.READ)
        served.get("/readyz")
        gone = home.rename(tmp_path / "gone")
        problem = served.get("/api/v1/items", 503).json()
        assert f"{home}: No such file or directory" in problem["detail"]
        assert not home.exists()
        served.get("/healthz")
        gone.rename(home)
        assert served.get("/api/v1/items", headers=token).json()["total"] == 3


def test_a_damaged_queue_is_named_and_others_are_shown(tmp_path: Path) -> None:
    rig.make(rig.at(tmp_path), 3).close()
    with serving.serve(tmp_path) as served:
        assert [check["passed"] for check in served.get("/readyz").json()] == [True] * 3
        rig.file(rig.at(tmp_path)).write_text("{")
        problem = served.get("/api/v1/items", 503).json()
        assert "--repair" in problem["detail"]
        checks = served.get("/readyz", 503).json()
        assert [check["name"] for check in checks if not check["passed"]] == ["queue music"]
        assert "mediakeep_up 0.0" in served.get("/metrics").text
        assert served.api("/jobs")["jobs"] == []
        shutil.rmtree(tmp_path / "status" / "music")
        assert "--scan" in served.get("/api/v1/items", 404).json()["detail"]


def test_metrics_sessions_logs_and_reports_are_those_of_the_home(served: Served) -> None:
    lines = served.get("/metrics").text.splitlines()
    assert 'mediakeep_items{kind="music",status="completed"} 5.0' in lines
    assert 'mediakeep_open_issues{kind="music"} 5.0' in lines
    (session,) = served.api("/sessions")["sessions"][-1:]
    assert session["settled"] == 8
    for since in (session["first"][:10], session["first"]):
        assert session in served.api("/sessions", since=since)["sessions"]
    assert served.api("/sessions", since="2999-01-01")["sessions"] == []
    for since in ("last week", "2026", "2026-11-25 10:00:00"):
        problem = served.get("/api/v1/sessions", 422, params={"since": since}).json()
        assert "regex" in problem["detail"]
    assert served.api(f"/sessions/music/{session['id']}/log") == []
    for name in ("20200101_session_001", "..%2f..%2fmediakeep"):
        served.get(f"/api/v1/sessions/music/{name}/log", 404)
    folder = served.home / "status" / "reports"
    folder.mkdir(exist_ok=True)
    (folder / "2026-01-05_weekly_progress.html").write_text("<style>a{}</style><script></script>")
    assert served.api("/reports")[0]["path"].endswith("weekly_progress.html")
    page = served.get("/api/v1/reports/status/reports/2026-01-05_weekly_progress.html")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; img-src 'self'")
    assert "script" not in page.headers["Content-Security-Policy"]
    (folder / "link.html").symlink_to("/etc/passwd")
    served.get("/api/v1/reports/status/reports/link.html", 403)
    (folder / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    picture = served.get("/api/v1/reports/status/reports/a.svg")
    assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    (served.home / "status" / "own.json").write_text("{}")
    for place in ("status/web/access.json", "status/reports/../web/access.json", "mediakeep.toml"):
        served.get(f"/api/v1/reports/{place}", 404)
    for place in ("outputs/%2e%2e/status/own.json", "status/reports/%2e%2e/own.json"):
        served.get(f"/api/v1/reports/{place}", 404)
