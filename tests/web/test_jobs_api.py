"""Jobs by the API: started once as processes that outlive the server, shown, cancelled, cleared."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mediakeep.web import access
from mediakeep.web.access import AccessStore, Scope
from tests import job_home
from tests.job_kinds import RecordingHome
from tests.sampling import each_row
from tests.web import sample_home, serving
from tests.web.serving import PATIENCE, Served


def wait_for(condition: Callable[[], Any]) -> Any:
    """Wait until a condition holds, and return its value."""
    until = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordingHome]:
    with sample_home.open_recordings(tmp_path_factory.mktemp("jobs")) as found:
        yield found


@pytest.fixture(scope="module")
def served(recordings: RecordingHome) -> Iterator[Served]:
    with serving.serve(recordings.path, roots=(str(recordings.library),)) as found:
        yield found


def body(recordings: RecordingHome, *names: str, **options: Any) -> dict[str, Any]:
    folders = [str(recordings.library / name) for name in names]
    return {"kind": "recordings", "folders": folders, "options": options}


def test_a_job_is_started_watched_shown_and_cleared(
    recordings: RecordingHome, served: Served
) -> None:
    recordings.make("Alpha")
    stream = served.session.get(
        f"{served.url}/api/v1/events?format=jsonl", stream=True, timeout=PATIENCE
    )
    lines = (json.loads(line) for line in stream.iter_lines() if line)
    (job,) = served.post("/api/v1/jobs", 201, json=body(recordings, "Alpha")).json()["jobs"]
    assert (job["kind"], job["name"]) == ("recordings", "Alpha")
    seen = []
    for event in lines:
        seen.append((event["op"], event.get("state", "")))
        if seen[-1] == ("settle", "completed"):
            break
    stream.close()
    assert ("stage", "") in seen or ("part", "") in seen
    found = wait_for(lambda: show_if(served, job["id"], "completed"))
    assert found["job"]["percent"] == 100.0
    assert [run["stage"] for run in found["stages"]][-1] == "publishing"
    assert served.api("/jobs", state="completed")["jobs"] == [found["job"]]
    assert served.api("/jobs", state="failed")["jobs"] == []
    again = served.post("/api/v1/jobs", 201, json=body(recordings, "Alpha")).json()["jobs"]
    assert [it["id"] for it in again] == [job["id"]]
    problem = served.get(f"/api/v1/jobs/{job['id']}/output", 404).json()
    assert "is no file" in problem["detail"]  # it is a folder
    place = f"/api/v1/jobs/{job['id']}/rollback"
    assert "is rolled back" in served.post(place, json={}).json()["lines"][0]
    assert not recordings.list_outputs("Alpha")
    assert "is rolled back already" in served.post(place, json={}).json()["lines"][0]


def show_if(served: Served, id_: str, state: str) -> Any:
    found = served.api(f"/jobs/{id_}")
    return found if found["job"]["state"] == state else None


def test_the_same_job_fifty_times_at_once_is_one(recordings: RecordingHome, served: Served) -> None:
    recordings.make("Many")
    headers = {"Idempotency-Key": "many"}

    def post(_: int) -> list[dict[str, Any]]:
        answer = served.post("/api/v1/jobs", 201, json=body(recordings, "Many"), headers=headers)
        jobs: list[dict[str, Any]] = answer.json()["jobs"]
        return jobs

    before = len(list((served.home / access.FOLDER / "runs").glob("*.out")))
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))
    assert len({json.dumps(answer) for answer in answers}) == 1
    assert len(list((served.home / access.FOLDER / "runs").glob("*.out"))) == before + 1
    assert [job["name"] for job in served.api("/jobs")["jobs"]].count("Many") == 1
    wait_for(lambda: show_if(served, answers[0][0]["id"], "completed"))


def test_a_waiting_job_is_cancelled_and_cleared(recordings: RecordingHome, served: Served) -> None:
    recordings.make("Later")
    request = body(recordings, "Later", publish_after="1h")
    (job,) = served.post("/api/v1/jobs", 201, json=request).json()["jobs"]
    waiting = wait_for(lambda: show_if(served, job["id"], "waiting"))
    assert waiting["job"]["reason"] == "published later"
    for sent in ({"json": {}}, {}):  # again, and without a body
        assert served.post(f"/api/v1/jobs/{job['id']}/cancel", **sent).json()["lines"]
    assert show_if(served, job["id"], "cancelled")
    problem = served.post("/api/v1/jobs/clear", 422, json={"older_than": "soon"}).json()
    assert "not a duration" in problem["detail"]
    served.post("/api/v1/jobs/clear", json={"older_than": "999999999999d"})


@pytest.mark.long
@each_row(
    "folders, options, code, sentence",
    [
        (["/etc"], {}, 403, "/etc is not below web.roots"),
        (["LIBRARY/../home"], {}, 403, "not below web.roots"),
        (["LIBRARY/link"], {}, 403, "not below web.roots"),
        (["relative"], {}, 403, "not below web.roots"),
        (["LIBRARY/\0"], {}, 403, "not below web.roots"),
        (["LIBRARY/none"], {}, 422, "none"),
        ([], {}, 422, "length >= 1"),
        (["LIBRARY"] * 101, {}, 422, "length <= 100"),
        (["LIBRARY/Some"], {"publish_afer": 1}, 422, "Did you mean publish_after?"),
        (["LIBRARY/Some"], {"publish_after": {"a": 1}}, 422, "publish_after"),
        (["LIBRARY/Some"], {"output": "/etc"}, 403, "/etc is not below web.roots"),
        (["LIBRARY/Some"], {"output": "-x"}, 403, "not below web.roots"),
    ],
)
def test_a_wrong_job_starts_nothing(
    folders: list[str],
    options: dict[str, Any],
    code: int,
    sentence: str,
    recordings: RecordingHome,
    served: Served,
) -> None:
    (recordings.library / "Some").mkdir(parents=True, exist_ok=True)
    link = recordings.library / "link"
    if not link.is_symlink():
        link.symlink_to("/etc")
    count = len(served.api("/jobs")["jobs"])
    paths = [text.replace("LIBRARY", str(recordings.library)) for text in folders]
    request = {"kind": "recordings", "folders": paths, "options": options}
    assert sentence in served.post("/api/v1/jobs", code, json=request).json()["detail"]
    assert len(served.api("/jobs")["jobs"]) == count


def test_without_roots_no_job_is_started(recordings: RecordingHome, tmp_path: Path) -> None:
    with serving.serve(tmp_path) as served:
        problem = served.post("/api/v1/jobs", 403, json=body(recordings, "Alpha")).json()
        assert "[web] roots" in problem["detail"]
        problem = served.post("/api/v1/jobs", 422, json={"kind": "music", "folders": ["/"]}).json()
        assert "not started as jobs" in problem["detail"]
        assert "Idempotency" not in served.post("/api/v1/jobs/clear", json={}).text


def test_a_job_outlives_a_killed_server_and_is_not_begun_twice(recordings: RecordingHome) -> None:
    recordings.make("Orphan")
    home = recordings.path
    settings = f'[web]\nroots = ["{recordings.library}"]\n'
    (home / "mediakeep.toml").write_text(settings)
    token = AccessStore(home).create_token("orphan", [Scope.JOBS, Scope.READ])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "orphan"}
    script = job_home.ROOT / "utilities" / "media_web.py"
    line = [sys.executable, str(script), "--home", str(home), "--port", "0"]

    def post(kill_at: Callable[[], Any] | None) -> Any:
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1].partition("/login")[0]
            if kill_at:

                def kill() -> None:
                    wait_for(kill_at)
                    process.send_signal(signal.SIGKILL)

                threading.Thread(target=kill).start()
            try:
                return serving.requests.post(
                    f"{url}/api/v1/jobs",
                    json=body(recordings, "Orphan"),
                    headers=headers,
                    timeout=PATIENCE,
                )
            except serving.requests.ConnectionError:
                return None
            finally:
                process.kill()

    runs = home / access.FOLDER / "runs"
    before = len(list(runs.glob("*.out"))) if runs.exists() else 0
    post(lambda: runs.exists() and len(list(runs.glob("*.out"))) > before)
    again = post(None)
    assert again.status_code == 201, again.text
    (job,) = again.json()["jobs"]
    with serving.serve(home) as served:
        done = wait_for(lambda: show_if(served, job["id"], "completed"))
        assert [run["stage"] for run in done["stages"]].count("publishing") == 1
        assert [it["name"] for it in served.api("/jobs")["jobs"]].count("Orphan") == 1
    (home / "mediakeep.toml").unlink()


def test_the_description_of_the_api_is_complete(served: Served) -> None:
    document = served.api("/openapi.json")
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]["/api/v1/jobs"]) == {"get", "post"}
    events = document["paths"]["/api/v1/events"]["get"]
    assert {it["name"] for it in events["parameters"]} == {"Last-Event-ID", "cursor", "format"}
    assert set(events["responses"]["200"]["content"]) == {
        "text/event-stream",
        "application/x-ndjson",
    }
    text = json.dumps(document)
    names = set(document["components"]["schemas"])
    used = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= names
    ids = [it["operationId"] for paths in document["paths"].values() for it in paths.values()]
    assert len(ids) == len(set(ids))
    for place, operations in document["paths"].items():
        for operation in operations.values():
            named = {it["name"] for it in operation["parameters"] if it["in"] == "path"}
            assert named == {part.partition("}")[0] for part in place.split("{")[1:]}
    kinds_named = {kind["name"]: kind for kind in served.api("/kinds")}
    assert [it["name"] for it in kinds_named["recordings"]["options"]][:2] == ["output", "working"]


def test_a_kind_of_another_distribution_has_its_pages(
    recordings: RecordingHome, served: Served
) -> None:
    page = {"Accept": "text/html"}
    recordings.make("Pages")
    jobs = served.get("/jobs", headers=page).text
    assert "<summary>recordings</summary>" in jobs
    assert 'name="options.publish_after"' in jobs
    form = {"kind": "recordings", "folders": str(recordings.library / "Pages"), "next": "/jobs"}
    served.post("/api/v1/jobs", 303, data={**form, "options.keep_working": "yes"}, headers=page)
    (job,) = [it for it in served.api("/jobs")["jobs"] if it["name"] == "Pages"]
    wait_for(lambda: show_if(served, job["id"], "completed"))
    shown = served.get(f"/jobs/{job['id']}", headers=page).text
    assert "publishing completed" in shown
    assert "Roll back" in shown
    assert "Pages" in served.get("/queue?kind=recordings", headers=page).text
    assert "publishing" in served.get(f"/items/recordings/{job['key']}", headers=page).text
    assert "recordings" in served.get("/", headers=page).text


def test_a_bad_cursor_of_events_is_refused(served: Served) -> None:
    assert "cursor" in served.get("/api/v1/events?cursor=x", 400).json()["detail"]
    served.get("/api/v1/events", 400, headers={"Last-Event-ID": "=1"})


def test_json_that_is_nested_too_deeply_is_refused(served: Served) -> None:
    deep = b'{"kind": "recordings", "folders": ["/x"], "options": {"a": ' + b"[" * 100_000
    headers = {"Content-Type": "application/json"}
    served.post("/api/v1/jobs", 400, data=deep, headers=headers)
