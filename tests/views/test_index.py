"""The index of the history: issues opened, closed and returned; what a restore undid left out."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mediakeep.item import ScannedItem
from mediakeep.music.item import MUSIC
from mediakeep.outcome import Outcome
from mediakeep.queue.history import index, queries
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.settle import SettleRequest


class Watch:
    """A clock that moves ten seconds at every look."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=10)
        return self.time


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    items = [ScannedItem(key=name, path=f"/m/{name}", fingerprint="f") for name in "ABCD"]
    folder = tmp_path / "status" / "music"
    return Queue.create(locate_queue(folder, Watch(), "here"), MUSIC, "/m", items)


def settle(queue: Queue, key: str, *ids: str) -> None:
    """Do one item again, with these issues open."""
    (claim,) = queue.claim_by_key(key)
    facts = {"issues_found": len(ids)}
    assert queue.settle(claim, SettleRequest(Outcome(open_ids=ids, facts=facts), 1.0))


def rows(folder: Path, query: str) -> list[Any]:
    with index.open_for_query(folder) as base:
        return base.execute(query).fetchall()


def close(queue: Queue) -> Path:
    queue.end_session(seconds=30.0)
    folder = queue.location.folder
    queue.close()
    return folder


SETTLES = "SELECT item, opened, closed, regressed FROM event WHERE op = 'settle' ORDER BY seq"


def test_issues_open_close_and_return(queue: Queue) -> None:
    queue.begin_session()
    settle(queue, "A", "x:1", "x:2")
    settle(queue, "A", "x:2")
    settle(queue, "A", "x:1", "x:2", "x:3")
    folder = close(queue)
    assert rows(folder, SETTLES) == [("A", 2, 0, 0), ("A", 0, 1, 0), ("A", 1, 0, 1)]
    assert rows(folder, "SELECT id, times FROM issue WHERE closed IS NULL ORDER BY id") == [
        ("x:1", 2),
        ("x:2", 1),
        ("x:3", 1),
    ]


def test_a_deleted_or_damaged_index_is_rebuilt_and_equal(queue: Queue) -> None:
    queue.begin_session()
    settle(queue, "A", "x:1")
    settle(queue, "B", "y:1")
    settle(queue, "A")
    folder = close(queue)
    everything = "SELECT * FROM event ORDER BY seq"
    grown = rows(folder, everything)
    assert len(grown) == 6  # start, three settles, the reset before the third, end; no claims
    for damage in (Path.unlink, lambda path: path.write_bytes(b"no database")):
        damage(folder / index.FILE)
        assert rows(folder, everything) == grown


def test_the_index_grows_with_the_history(queue: Queue) -> None:
    queue.begin_session()
    settle(queue, "A", "x:1")
    queue.write_checkpoint()
    folder = queue.location.folder
    assert len(rows(folder, SETTLES)) == 1
    settle(queue, "B", "x:1")
    queue.write_checkpoint()
    assert len(rows(folder, SETTLES)) == 2
    close(queue)


def test_what_a_restore_undid_does_not_count_until_a_replay_brings_it_back(queue: Queue) -> None:
    queue.begin_session()
    settle(queue, "A", "x:1")
    checkpoint = queue.write_checkpoint()
    settle(queue, "B", "y:1")
    settle(queue, "A")
    folder = close(queue)
    assert rows(folder, "SELECT count(*) FROM issue WHERE closed IS NULL") == [(1,)]
    shutil.copyfile(checkpoint, folder / "processing_queue.json")
    again = Queue.open(locate_queue(folder, Watch(), "here"), MUSIC)
    again.close()
    assert rows(folder, SETTLES) == [("A", 1, 0, 0)]
    assert rows(folder, "SELECT item FROM issue WHERE closed IS NULL") == [("A",)]
    (aside,) = (folder / "aside").iterdir()
    with Queue.open(locate_queue(folder, Watch(), "here"), MUSIC) as queue:
        assert set(queue.replay_undone_items(aside.name).back) == {"A", "B"}
    assert rows(folder, SETTLES) == [("A", 1, 0, 0), ("B", 1, 0, 0), ("A", 0, 1, 0)]


def test_the_pace_is_that_of_the_last_sessions(queue: Queue) -> None:
    queue.begin_session()
    settle(queue, "A")
    settle(queue, "B")
    folder = close(queue)
    with index.open_for_query(folder) as base:
        pace = queries.read_throughput(base)
    assert (pace.settled, pace.seconds) == (2, 30.0)
    assert pace.per_hour == pytest.approx(240)


def test_a_killed_session_ends_at_its_last_record(queue: Queue) -> None:
    queue.begin_session()
    settle(queue, "A")
    settle(queue, "B")
    queue.write_checkpoint()  # and no end: as after a kill
    with index.open_for_query(queue.location.folder) as base:
        pace = queries.read_throughput(base)
    assert pace.settled == 2
    assert 0 < pace.seconds < 300


def test_two_processes_may_bring_it_up_to_date_at_once(queue: Queue) -> None:
    queue.begin_session()
    settle(queue, "A", "x:1")
    folder = close(queue)
    first = sqlite3.connect(folder / index.FILE, isolation_level=None)
    first.execute("BEGIN IMMEDIATE")
    first.execute("COMMIT")
    first.close()
    assert rows(folder, SETTLES) == [("A", 1, 0, 0)]
