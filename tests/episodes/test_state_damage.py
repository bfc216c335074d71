"""Flipped bits and noise in state.db: verify names them, and the next batch makes it new."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mediakeep.episodes import StateManager, maintenance
from mediakeep.episodes.item import EPISODES
from mediakeep.queue.queue import Queue, locate_queue
from tests.episodes.queues import advance, create_queue
from tests.sampling import each_row


def create_database(home: Path) -> Path:
    """Create a home with episodes in several states; return its state.db, without a log."""
    names = [f"e{number}" for number in range(8)]
    with create_queue(home, names) as queue:
        for name in names[:6]:
            advance(queue, name, "converted")
        advance(queue, "e0", "")
    path = home / "state/state.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def find_problems(home: Path) -> list[maintenance.Finding]:
    manager = StateManager(home / "state")
    return [*maintenance.verify_exports(manager), *maintenance.audit_log(manager)]


def read_content(path: Path) -> list[list[tuple[Any, ...]]]:
    """Return both tables, the log without what only it has: times and details."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        queries = ("SELECT * FROM episode_states", "SELECT id, episode_id, stage, event FROM")
        return [
            connection.execute(f"{queries[0]} ORDER BY 1").fetchall(),
            connection.execute(f"{queries[1]} processing_log ORDER BY 1").fetchall(),
        ]


@pytest.mark.parametrize("count", [60, pytest.param(1500, marks=pytest.mark.slow)])
def test_flipped_bits_are_named_or_harmless(memory: Path, count: int) -> None:
    path, chance, named = create_database(memory), random.Random(count), 0
    content, expected = path.read_bytes(), read_content(path)
    assert find_problems(memory) == []
    for bit in (chance.randrange(8 * len(content)) for _ in range(count)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        replace(path, damaged)
        if find_problems(memory):
            named += 1
        else:
            assert read_content(path) == expected, bit
    assert named


def flip(content: bytes, text: bytes) -> bytes:
    """Flip a bit in the last occurrence of a text."""
    at = content.rindex(text)
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


@each_row(
    "text, problem",
    [
        (b"", "5 bytes after its last page"),
        (b"A show", "its row in state.db differs from the queue"),
        (b"transition", "state.db is damaged or missing: CHECK constraint failed"),
        (b"converting", "state.db is damaged or missing: CHECK constraint failed"),
        (b"e7", "state.db is damaged or missing: "),
    ],
)
def test_the_next_batch_makes_damage_new(memory: Path, text: bytes, problem: str) -> None:
    path = create_database(memory)
    content, expected = path.read_bytes(), read_content(path)
    replace(path, flip(content, text) if text else content + b"noise")
    assert any(problem in finding.problem for finding in find_problems(memory))
    with Queue.open(locate_queue(memory / "status/episodes"), EPISODES) as queue:
        queue.begin_session()
        queue.end_session()
    assert find_problems(memory) == []
    assert read_content(path) == expected
