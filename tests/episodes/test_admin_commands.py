"""The commands that show, check and change episodes without a batch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mediakeep.commands.migrate_episodes import main
from mediakeep.episodes.item import EPISODES
from mediakeep.queue.queue import Queue, locate_queue
from tests.episodes.queues import advance, create_queue, fail
from tests.sampling import each_row

STEPS = {"thumbnail": "done", "playlist PL": "YouTube refused it."}
NAMES = ["new", "failed", "spent", "skipped", "converting", "uploaded"]


@pytest.fixture
def home(memory: Path) -> Path:
    """A home with an episode in each of some states."""
    with create_queue(memory, NAMES) as queue:
        for name in NAMES[1:3]:
            advance(queue, name, "downloading")
        fail(queue, "failed", "Connection cut.")
        fail(queue, "spent", "No audio.", last=True)
        fail(queue, "skipped", "not ours", last=True)
        advance(queue, "converting", "converting")
        advance(queue, "uploaded", "uploaded", video_id="abc", steps=STEPS)
    return memory


def run(home: Path, name: str, *options: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, [name, *options, "--home", str(home)])
    assert result.exit_code == code, result.output
    return result.output


def run_json(home: Path, name: str, *options: str) -> Any:
    return json.loads(run(home, name, *options, "--json"))


def list_stages(home: Path) -> dict[str, str]:
    entries = json.loads((home / "state/index.json").read_bytes())
    return {name: entry["stage"] for name, entry in entries.items()}


def test_status(home: Path) -> None:
    lines = run(home, "status").splitlines()
    assert {"failed: 1", "skipped: 2", "uploaded: 1"} <= {*lines}
    assert "0.0 % of 4 episodes published, without those skipped." in lines
    assert len(run_json(home, "status", "--limit", "2")["latest"]) == 2
    assert 'stage: "converting"' in run(home, "status", "--episode", "converting")
    assert 'error_history:\n- timestamp: "20' in run(home, "status", "--episode", "failed")
    state = run_json(home, "status", "--episode", "uploaded")
    assert state["youtube"]["video_id"] == "abc"
    assert state["notes"] == {"playlist PL": "YouTube refused it."}
    assert "1 episode with notes, such as uploaded: playlist PL: YouTube refused it." in lines


def test_incomplete(home: Path) -> None:
    assert sorted(run(home, "incomplete").splitlines()) == [
        "converting: converting",
        "failed: failed: Connection cut.",
        "uploaded: uploaded",
    ]
    assert len(run_json(home, "incomplete", "--limit", "1")) == 1
    assert run(home, "incomplete", "--episode", "new") == "No episode is incomplete.\n"


def test_retry(home: Path) -> None:
    before = list_stages(home)
    assert sorted(run_json(home, "retry", "--dry-run")["episodes"]) == [
        "failed",
        "skipped",
        "spent",
    ]
    assert list_stages(home) == before
    text = run(home, "retry", "--episode", "uploaded", code=2)
    assert "uploaded cannot be retried: it is uploaded. Only failed and skipped" in text
    run(home, "retry", "--episode", "spent")
    assert list_stages(home) == {**before, "spent": "discovered"}
    run(home, "retry", "--limit", "9")
    assert {*list_stages(home).values()} == {"discovered", "converting", "uploaded"}


def test_skip(home: Path) -> None:
    before = list_stages(home)
    run(home, "skip", code=2)
    run(home, "skip", "--episode", "uploaded", code=2)
    run(home, "skip", "--episode", "new", "--dry-run")
    assert list_stages(home) == before
    run(home, "skip", "--episode", "new", "--reason", "too long")
    assert list_stages(home) == {**before, "new": "skipped"}
    assert run_json(home, "status", "--episode", "new")["status_message"] == "too long"


def test_audit(home: Path) -> None:
    assert run(home, "audit") == "The log has allowed changes of state only.\n"
    events = [row[1] for row in run_json(home, "audit", "--episode", "spent")]
    assert events == ["discovered", "downloading", "failed", "skipped"]


@each_row("options, shown", [((), 2), (("--limit", "1"), 2), (("--episode", "new"), 1)])
def test_verify(memory: Path, options: tuple[str, ...], shown: int) -> None:
    create_queue(memory, ["new", "other"]).close()
    assert run(memory, "verify") == "Queue, exports and files agree.\n"
    shutil.rmtree(memory / "state/processed")
    assert len(run(memory, "verify", *options, code=1).splitlines()) == shown


def test_cleanup(home: Path) -> None:
    orphan = home / "state/processed/2021/gone.yaml"
    orphan.write_text("old")
    assert run_json(home, "cleanup", "--dry-run")["files"] == [str(orphan)]
    assert orphan.exists()
    run(home, "cleanup")
    assert not orphan.exists()
    assert run(home, "cleanup").startswith("0 files")


def test_rebuild(home: Path) -> None:
    before = list_stages(home)
    run(home, "rebuild", code=2)
    shutil.rmtree(home / "status")
    assert "utilities/migrate_episodes.py rebuild --home" in run(home, "status", code=2)
    run(home, "rebuild", "--from-yaml", "--dry-run")
    assert not (home / "status").exists()
    assert sorted(run_json(home, "rebuild", "--from-yaml")["episodes"]) == sorted(NAMES)
    assert list_stages(home) == before
    with Queue.open(locate_queue(home / "status/episodes"), EPISODES) as queue:
        assert len(queue.state.items) == 6
    assert "Use another --home" in run(home, "rebuild", "--from-yaml", code=2)
    assert run(home, "verify") == "Queue, exports and files agree.\n"


def test_nothing_is_rebuilt_without_a_file_of_an_episode(memory: Path) -> None:
    text = run(memory, "rebuild", "--from-yaml", code=2)
    assert (
        text == f"{memory}/state/processed has no YAML file of an episode. Nothing was changed.\n"
    )
    assert not any(memory.iterdir())
    assert "migrate_episodes.py discover" in run(memory, "status", code=2)
