"""What a dry run would change is told, kept as a plan, and made only where nothing has changed."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from mediakeep.media.audio import tags
from mediakeep.music.item import MUSIC
from tests.commands.conftest import Home
from tests.music import shelf


@pytest.fixture
def small(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home", tmp_path / "music")
    home.path.mkdir()
    for number, suffix in enumerate(("mp3", "flac", "opus"), 1):
        fields = {"title": f"Low  Tide {number}", "tracknumber": f"{number}/3"}
        shelf.put(home.music / "Vera" / "Dawn" / f"0{number} Low Tide.{suffix}", **fields)
    home.scan()
    return home


def state(home: Home) -> dict[str, tuple[str, int]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for root in (home.music, home.path)
        for path in root.rglob("*")
        if path.is_file() and path.parent.name != "cache"
    }


def titles(home: Home) -> list[tuple[str, ...]]:
    return [tags.read(path).tags.title for path in sorted(home.music.rglob("*.*"))]


def plan(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home.path.parent / "plan.json").read_text())
    return found


def test_a_dry_run_tells_file_field_old_new_and_reason_and_writes_nothing(small: Home) -> None:
    before = state(small)
    done = small.batch("--dry-run")
    assert done.returncode == 0, done.stderr
    line = 'Dawn/01 Low Tide.mp3: title "Low  Tide 1" -> "Low Tide 1" (whitespace: '
    assert f"    {line}" in done.stdout
    assert "3 auto-fixes" in done.stdout
    assert state(small) == before
    event = json.loads(small.batch("--dry-run", "--json").stdout.splitlines()[1])
    assert [one["changes"][0]["new"] for one in event["due"]] == [
        [f"Low Tide {number}"] for number in (1, 2, 3)
    ]
    assert state(small) == before


def test_a_plan_is_kept_read_and_applied(small: Home) -> None:
    before = state(small)
    path = small.path.parent / "plan.json"
    done = small.batch("--plan-out", path)
    assert f"Plan written to {path}: 3 changes in 3 files." in done.stdout
    assert state(small) == before
    changed = plan(small)
    del changed["files"][1]  # a person does not want that one
    path.write_text(json.dumps(changed))
    done = small.batch("--apply-plan", path, "--dry-run")
    assert "2 files would be changed." in done.stdout
    assert state(small) == before
    done = small.batch("--apply-plan", path)
    assert done.returncode == 0, done.stderr
    assert "2 files changed.\nUndo with: " in done.stdout
    assert titles(small) == [("Low Tide 1",), ("Low  Tide 2",), ("Low Tide 3",)]
    again = small.batch("--apply-plan", path)
    assert (again.returncode, again.stdout) == (
        0,
        "0 files changed.\n2 files already up to date.\n",
    )


def test_a_file_that_changed_since_the_plan_is_left_alone(small: Home) -> None:
    path = small.path.parent / "plan.json"
    small.batch("--plan-out", path)
    changed = small.music / "Vera" / "Dawn" / "02 Low Tide.flac"
    shelf.put(changed, title="Low  Tide  again")
    kept = small.music / "Vera" / "Dawn" / "03 Low Tide.opus"
    os.utime(kept)
    done = small.batch("--apply-plan", path)
    assert done.returncode == 1
    assert done.stdout.count("the file changed since the plan was made") == 2
    assert titles(small) == [("Low Tide 1",), ("Low  Tide  again",), ("Low  Tide 3",)]


def test_a_pending_artist_stays_pending_after_its_plan_and_nothing_is_left_to_repair(
    small: Home,
) -> None:
    path = small.path.parent / "plan.json"
    small.batch("--plan-out", path)
    small.batch("--apply-plan", path)
    assert small.statuses() == {"Vera": "pending"}
    assert "0 auto-fixes" in small.batch().stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{}", "not a plan of mediakeep"),
        ("{", "not a plan of mediakeep"),
        ('{"format": 9, "files": []}', "format 9"),
        ('{"files": [{"path": "x"}]}', "not a plan of mediakeep"),
    ],
)
def test_what_is_no_plan_is_named_and_nothing_is_written(
    small: Home, content: str, told: str
) -> None:
    path = small.path.parent / "plan.json"
    path.write_text(content)
    before = state(small)
    done = small.batch("--apply-plan", path)
    assert done.returncode in (2, 3)
    assert told in done.stderr
    assert str(path) in done.stderr
    assert state(small) == before


def test_a_file_that_is_no_plan_is_not_overwritten_by_one(small: Home) -> None:
    path = small.path.parent / "notes.txt"
    path.write_text("dear diary")
    done = small.batch("--plan-out", path)
    assert done.returncode == 2
    assert path.read_text() == "dear diary"


@pytest.mark.parametrize(
    "words", [("--all",), ("--artist", "Vera"), ("--deep",), ("--plan-out", "other.json")]
)
def test_a_plan_takes_no_further_choice(small: Home, words: tuple[str, ...]) -> None:
    done = small.batch("--apply-plan", "plan.json", *words)
    assert done.returncode == 2
    assert "cannot be combined with options" in done.stderr


def test_an_artist_that_a_batch_works_on_is_left_alone(small: Home) -> None:
    path = small.path.parent / "plan.json"
    small.batch("--plan-out", path)
    from mediakeep.queue import queue
    from mediakeep.queue.queue import Queue

    with Queue.open(queue.locate_queue(small.queue), MUSIC) as opened:
        opened.begin_session()
        assert opened.claim(1)
        done = small.batch("--apply-plan", path)
        assert done.returncode == 2
        assert "Vera is being processed by session" in done.stderr
    assert titles(small)[0] == ("Low  Tide 1",)
