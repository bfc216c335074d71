"""The exports of the queue of episodes: complete, made new when damaged, and cheap."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.episodes.exports import document
from mediakeep.episodes.exports.document import EpisodeState
from mediakeep.episodes.exports.follower import ExportFollower
from mediakeep.episodes.item import EPISODES, EpisodeError, EpisodeItem
from mediakeep.episodes.states import can_transition
from mediakeep.item import Status
from mediakeep.queue import actions
from mediakeep.queue.queue import Queue, locate_queue
from tests.episodes.queues import add, advance, create_queue, fail, find_key, read_database
from tests.sampling import each_row, tried

LOG = "SELECT stage, event FROM processing_log WHERE episode_id = 'one' ORDER BY id"


def read_yaml(home: Path, name: str, year: str = "2021") -> Any:
    return yaml.safe_load((home / "state/processed" / year / f"{name}.yaml").read_text())


def read_index(home: Path) -> Any:
    return json.loads((home / "state/index.json").read_bytes())


def test_every_transition_is_exported_and_legal(memory: Path) -> None:
    with create_queue(memory, ["one", "two"]) as queue:
        for stage in ("downloading", "downloaded"):
            advance(queue, "one", stage)
            assert read_yaml(memory, "one")["stage"] == read_index(memory)["one"]["stage"] == stage
        advance(queue, "one", "converting")
        fail(queue, "one", "No audio.")
        assert read_yaml(memory, "one")["stage"] == "failed"
        advance(queue, "one", "")
        advance(queue, "two", "downloading")
        fail(queue, "two", "Gone.", last=True)
    log = [stage for stage, event in read_database(memory, LOG) if event == "transition"]
    assert log == [
        *("downloading", "downloaded", "converting", "failed", "converting", "converted"),
        *("uploading", "uploaded", "scheduled", "published"),
    ]
    assert all(map(can_transition, ["discovered", *log], log))
    states = read_database(memory, "SELECT episode_id, stage, error_count FROM episode_states")
    assert states == [("one", "published", 1), ("two", "skipped", 1)]
    two = read_database(memory, LOG.replace("one", "two"))
    assert [stage for stage, _ in two] == ["discovered", "downloading", "failed", "skipped"]


def test_yaml_has_the_documented_fields(memory: Path) -> None:
    with create_queue(memory, ["one"], source_url="https://x/one.mp3", audio_size=7) as queue:
        advance(queue, "one", "downloading")
        fail(queue, "one", "Cut.")
        found = read_yaml(memory, "one")
        error = found["error_history"][0]
    assert list(found) == [
        *("episode_id", "archive_identifier", "date", "title", "stage", "status_message"),
        *("last_updated", "files", "youtube", "metrics", "attempts", "error_history"),
    ]
    assert found["files"]["source_url"] == "https://x/one.mp3"
    assert found["metrics"]["audio_size"] == 7
    assert found["attempts"] == {"download": 1, "conversion": 0, "upload": 0}
    assert (error["stage"], error["error"], error["traceback"]) == (
        *("downloading", "Cut."),
        "Traceback",
    )
    assert found["status_message"] == "Cut."


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@tried(60)
@given(TEXTS, TEXTS)
def test_yaml_is_read_as_written(title: str, message: str) -> None:
    error = EpisodeError("2026-11-24T10:00:00+00:00", "downloading", message, title)
    item = EpisodeItem(
        status=Status.ERROR,
        path="no",
        output_name="0123",
        title=title,
        error_message=message,
        errors=(error, error),
        playlist_ids=("no", "12:30:00"),
    )
    read = yaml.safe_load(document.render(item, "2026-11-24"))
    assert msgspec.convert(read, EpisodeState) == EpisodeState.from_item(item, "2026-11-24")


def test_undated_and_packed_episodes(memory: Path) -> None:
    (memory / "mediakeep.toml").write_text("[state_management.retention]\ncompress_old = true\n")
    with create_queue(memory, ["one"], date="") as queue:
        assert read_yaml(memory, "one", "undated")["date"] == ""
        advance(queue, "one", "", published_date="2020-01-01T00:00:00+00:00")
        path = memory / "state/processed/undated/one.yaml.gz"
        assert yaml.safe_load(gzip.decompress(path.read_bytes()))["stage"] == "published"
        assert document.read(path).stage == "published"
    assert not path.with_suffix("").exists()


def test_without_yaml_files(memory: Path) -> None:
    (memory / "mediakeep.toml").write_text("[state_management.retention]\nyaml_files = false\n")
    create_queue(memory, ["one"]).close()
    assert not (memory / "state/processed").exists()
    assert read_index(memory)["one"]["stage"] == "discovered"


EXPORTS = ["processed/2021/one.yaml", "index.json", "state.db"]
DAMAGE = {"missing": None, "truncated": 0.5, "foreign": b"\0foreign bytes" * 1000, "empty": 0.0}


@each_row("name, damage", [(name, damage) for name in EXPORTS for damage in DAMAGE])
def test_a_damaged_export_is_made_new(memory: Path, name: str, damage: str) -> None:
    with create_queue(memory, ["one", "two"]) as queue:
        advance(queue, "one", "converting")
        log = read_database(memory, LOG)
    path = memory / "state" / name
    whole = path.read_bytes()
    match DAMAGE[damage]:
        case None:
            path.unlink()
        case float(share):
            path.write_bytes(whole[: int(len(whole) * share)])
        case bytes(content):
            path.write_bytes(content)
    with Queue.open(locate_queue(memory / "status/episodes"), EPISODES) as queue:
        queue.begin_session()
        queue.end_session()
    if name != "state.db":
        again = path.read_bytes()
        keep = again.index(b"last_updated") if b"last_updated" in again else 0
        assert again[:keep] == whole[:keep]
        assert json.loads(again) == json.loads(whole) if not keep else b"converting" in again
    states = read_database(memory, "SELECT episode_id, stage FROM episode_states")
    assert states == [("one", "converting"), ("two", "discovered")]
    assert read_database(memory, LOG) == log


def test_changes_of_a_killed_process_are_exported_later(memory: Path) -> None:
    with create_queue(memory, ["one"]) as queue:
        queue._store._follower.follow = lambda *_: None  # as if it was killed after the commit
        advance(queue, "one", "converting")
        assert read_index(memory)["one"]["stage"] == "discovered"
    with Queue.open(locate_queue(memory / "status/episodes"), EPISODES) as queue:
        add(queue, ["two"])
    assert read_index(memory)["one"]["stage"] == read_yaml(memory, "one")["stage"] == "converting"
    log = [stage for stage, _ in read_database(memory, LOG)]
    assert log == ["discovered", "downloading", "downloaded", "converting"]


def test_two_processes_log_each_change_once(memory: Path) -> None:
    place = locate_queue(memory / "status/episodes")
    with create_queue(memory, ["one"]) as first, Queue.open(place, EPISODES) as second:
        for queue, stage in ((first, "downloading"), (second, "downloaded"), (first, "converting")):
            advance(queue, "one", stage)
    stages = [stage for stage, _ in read_database(memory, LOG)]
    assert stages == ["discovered", "downloading", "downloaded", "converting"]


def test_removed_and_reset_episodes(memory: Path) -> None:
    with create_queue(memory, ["one", "two"]) as queue:
        fail(queue, "one", "No.", last=True)
        key = find_key(queue, "one")
        queue.commit(actions.reset_items(queue.location, lambda _: [key]))
        assert read_database(memory, LOG)[-1] == ("discovered", "reset")
        queue.retire([find_key(queue, "two")])
    assert list(read_index(memory)) == ["one"]
    assert read_database(memory, "SELECT episode_id FROM episode_states") == [("one",)]


def test_an_unwritable_export_is_a_warning(memory: Path) -> None:
    (memory / "state").write_text("a file")
    with create_queue(memory, ["one"]) as queue:
        warnings = queue.take_warnings()
    assert warnings
    assert all("exports of episodes are not up to date" in text for text in warnings)


@pytest.mark.slow
def test_cost_of_a_change_of_10000_episodes(memory: Path) -> None:
    with create_queue(memory, (f"episode-{number:05}" for number in range(10_000))) as queue:
        inode = (memory / "state/index.json").stat().st_ino
        follower = queue._store._follower
        spent, count, follow = 0.0, 0, ExportFollower.follow

        def measure(*arguments: Any) -> None:
            nonlocal spent, count
            begin = time.process_time()
            follow(follower, *arguments)
            spent, count = spent + time.process_time() - begin, count + 1

        follower.follow = measure
        for number in range(0, 10_000, 500):
            advance(queue, f"episode-{number:05}", "converted")
        assert (memory / "state/index.json").stat().st_ino == inode  # changed in place
        begin = time.process_time()
        stages = read_database(memory, "SELECT * FROM episode_states WHERE stage = 'converted'")
        assert len(stages) == 20
        assert time.process_time() - begin < 0.2
    assert count >= 100
    assert spent / count < 0.005
    assert read_index(memory)["episode-00500"]["stage"] == "converted"


@each_row("form, content", [("json", '"episode_id": "one"'), ("csv", "one,'=A show,published")])
def test_formats_of_reports(memory: Path, form: str, content: str) -> None:
    section = f'[state_management.reporting]\nreport_format = "{form}"\ngenerate_weekly = false\n'
    (memory / "mediakeep.toml").write_text(section)
    with create_queue(memory, ["one"], title="=A show") as queue:
        advance(queue, "one", "")
        queue.begin_session()
        queue.end_session()
    (report,) = memory.glob("state/reports/*_report_*")
    assert report.suffix == f".{form}"
    assert content in report.read_text()
