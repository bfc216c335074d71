"""The essence database survives kills, detects damage, and never loses entries."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mediakeep.errors import ItemFailed, NewerFormat, StateDamaged
from mediakeep.media.audio import essence_db
from mediakeep.media.audio.essence_db import (
    DeepScanFinding,
    DeepScanResult,
    EssenceDatabase,
    KnownEssence,
)
from mediakeep.sqlite import durable

ONE = KnownEssence("sha256:aa", 100, 120, 10**18, "2026-01-02", "2026-03-04")
TWO = ONE._replace(essence="sha256:bb")
FOUND = DeepScanFinding(120, 10**18, 10**18, "it cannot be decoded at 0:12", "")

# Records so many artists one after the other, each with 30 sounds, once it is told how many. It
# dies at the so-manieth instruction of SQLite's machine, 0 for never.
WRITER = """
import os, signal, sys
from pathlib import Path
from mediakeep.media.audio.essence_db import DeepScanResult, EssenceDatabase, KnownEssence
path, name = Path(sys.argv[1]), sys.argv[2]
book = EssenceDatabase.open(path, write=True)
left = steps = int(sys.argv[3])
def step():
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
if steps:
    book._database._connection.set_progress_handler(step, 1)
print("ready", flush=True)
for number in range(int(sys.stdin.readline())):
    sound = KnownEssence("sha256:%d" % number, 1, 2, 3, "2026-01-02", "2026-01-02")
    sounds = {"%02d.mp3" % place: sound for place in range(30)}
    book.save_scan("%s %d" % (name, number), DeepScanResult(sounds, (), {}))
    print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "status" / "music" / essence_db.FILE_NAME


@pytest.fixture
def begun(path: Path) -> Path:
    record(path, "Vera", DeepScanResult({"Dawn/a.mp3": ONE}, (), {"Dawn/a.mp3": FOUND}))
    return path


def record(path: Path, artist: str, entries: DeepScanResult) -> None:
    book = EssenceDatabase.open(path, write=True)
    book.save_scan(artist, entries)
    book.close()


def known(
    path: Path, artist: str = "Vera"
) -> tuple[dict[str, KnownEssence], dict[str, DeepScanFinding]]:
    book = EssenceDatabase.open(path, write=False)
    found = book.load_essences(artist), book.load_findings(artist)
    book.close()
    return found


def test_what_was_recorded_is_known_afterwards(begun: Path) -> None:
    assert known(begun) == ({"Dawn/a.mp3": ONE}, {"Dawn/a.mp3": FOUND})
    assert known(begun, "Nobody") == ({}, {})


def test_a_sound_stays_for_ever_and_a_finding_until_the_file_is_heard_again(begun: Path) -> None:
    record(begun, "Anna", DeepScanResult({"a.mp3": TWO}, (), {}, ["Dawn/a.mp3"]))
    record(begun, "Vera", DeepScanResult({"Dawn/b.mp3": TWO}, (), {}, ["Dawn/b.mp3"]))
    assert known(begun) == ({"Dawn/a.mp3": ONE, "Dawn/b.mp3": TWO}, {"Dawn/a.mp3": FOUND})
    record(begun, "Vera", DeepScanResult({}, (), {}, ["Dawn/a.mp3"]))
    assert known(begun) == ({"Dawn/a.mp3": ONE, "Dawn/b.mp3": TWO}, {})
    assert known(begun, "Anna") == ({"a.mp3": TWO}, {})


def test_a_sound_that_moved_leaves_its_place(begun: Path) -> None:
    record(begun, "Vera", DeepScanResult({"Dusk/a.mp3": ONE}, {"Dawn/a.mp3"}, {}))
    assert known(begun) == ({"Dusk/a.mp3": ONE}, {})


def test_a_ledger_that_is_only_read_is_not_made(path: Path) -> None:
    assert known(path) == ({}, {})
    assert not path.parent.exists()


def test_reading_changes_no_byte(begun: Path) -> None:
    before = begun.read_bytes()
    known(begun)
    assert begun.read_bytes() == before
    assert list(begun.parent.iterdir()) == [begun]


def test_a_person_can_look_into_it_with_sqlite(begun: Path) -> None:
    base = sqlite3.connect(begun)
    base.row_factory = sqlite3.Row
    row = dict(base.execute("SELECT * FROM sound").fetchone())
    base.close()
    assert row == {"artist": "Vera", "place": "Dawn/a.mp3", **ONE._asdict()}


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 5000)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


def replace_by_text(path: Path) -> None:
    path.write_text("gone" * 1000)


def replace_by_another(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE mine(thing)")
    base.close()


@pytest.mark.parametrize("damage", [cut, overwrite, replace_by_text, replace_by_another])
@pytest.mark.parametrize("write", [False, True])
def test_a_damaged_ledger_is_told_with_its_cure_and_left_alone(
    begun: Path, damage: Callable[[Path], None], write: bool
) -> None:
    damage(begun)
    before = begun.read_bytes()
    with pytest.raises(StateDamaged, match="Restore a backup") as told:
        EssenceDatabase.open(begun, write=write)
    assert str(begun) in str(told.value)
    assert begun.read_bytes() == before


def test_a_ledger_of_a_later_version_is_left_alone(begun: Path) -> None:
    base = sqlite3.connect(begun)
    base.execute(f"PRAGMA user_version = {essence_db.FORMAT + 1}")
    base.close()
    with pytest.raises(NewerFormat):
        EssenceDatabase.open(begun, write=True)


@pytest.mark.parametrize("write", [False, True])
def test_a_ledger_whose_making_was_cut_short_is_an_empty_one(path: Path, write: bool) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    book = EssenceDatabase.open(path, write=write)
    assert book.load_essences("Vera") == {}
    book.close()


def test_a_ledger_that_is_taken_away_under_a_worker_is_noticed(begun: Path) -> None:
    book = EssenceDatabase.open(begun, write=True)
    begun.rename(begun.with_name("elsewhere"))
    with pytest.raises(StateDamaged, match="has disappeared"):
        book.save_scan("Vera", DeepScanResult({}, (), {}))
    book.close()


def test_a_ledger_that_stays_locked_fails_the_artist(
    begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # else the test would wait as long as a person
    monkeypatch.setattr(durable, "_LOCK_TIMEOUT", 0.1)
    book = EssenceDatabase.open(begun, write=True)
    holder = sqlite3.connect(begun, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ItemFailed, match="another program has locked it"):
        book.save_scan("Vera", DeepScanResult({"Dawn/a.mp3": TWO}, (), {}))
    holder.close()
    book.close()
    assert known(begun)[0] == {"Dawn/a.mp3": ONE}


def test_a_full_disk_is_told_as_one_and_nothing_is_half_written(
    begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = EssenceDatabase.open(begun, write=True)
    assert book._database is not None
    # SQLite says then what it says of a full disk
    book._database._connection.execute("PRAGMA max_page_count = 1")
    many = {f"{number}.mp3": TWO for number in range(500)}
    with pytest.raises(OSError, match="No space left on device"):
        book.save_scan("Vera", DeepScanResult(many, (), {}))
    book.close()
    assert known(begun) == ({"Dawn/a.mp3": ONE}, {"Dawn/a.mp3": FOUND})


@pytest.fixture
def writers(path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Processes that write to one database once they receive a number of artists."""
    started = []

    def start(name: str, steps: int = 0) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name, str(steps)],
            stdin=-1,
            stdout=-1,
            text=True,
            env=environment,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def write(process: subprocess.Popen[str], count: int) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{count}\n")
    process.stdin.flush()


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    """Wait until a writer has printed so many lines."""
    assert process.stdout is not None
    found = [process.stdout.readline() for _ in range(count)]
    assert all(found), "it ended"
    return found


def artists(path: Path, name: str) -> list[str]:
    """Return the artists of a writer, after asserting that each of them is complete."""
    base = sqlite3.connect(path)
    rows = base.execute(
        "SELECT artist, count(*), min(essence), max(essence) FROM sound"
        " WHERE artist LIKE ? || ' %' GROUP BY artist",
        (name,),
    ).fetchall()
    base.close()
    for artist, count, first, last in rows:
        assert (count, first, last) == (30, *[f"sha256:{artist.split()[-1]}"] * 2)
    return [artist for artist, *_ in rows]


@pytest.mark.parametrize("kills", [4, pytest.param(16, marks=pytest.mark.slow)])
def test_kill_9_loses_nothing_that_was_recorded_and_leaves_nothing_half(
    path: Path, writers: Callable[..., subprocess.Popen[str]], kills: int
) -> None:
    chance = random.Random(5)
    for turn in range(kills):
        process = writers(f"turn{turn}", chance.randrange(1, 20_000))
        write(process, 10**9)
        assert process.stdout is not None
        told = process.stdout.read().split()
        assert process.wait() == -signal.SIGKILL
        # What it told it had recorded; one more may be, of which it could not tell any more.
        found = set(artists(path, f"turn{turn}"))
        assert found >= {f"turn{turn} {number}" for number in range(len(told))}
        assert len(found) <= len(told) + 1


def test_four_processes_record_at_once(
    path: Path, writers: Callable[[str], subprocess.Popen[str]]
) -> None:
    running = {name: writers(name) for name in "abcd"}
    for process in running.values():
        write(process, 20)
    for name, process in running.items():
        lines(process, 20)
        assert process.wait(60) == 0
        assert set(artists(path, name)) == {f"{name} {number}" for number in range(20)}
