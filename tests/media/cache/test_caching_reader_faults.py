"""No problem with the cache fails a scan: damaged, foreign, locked, deleted, or shared."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from mediakeep.media.audio import tags
from mediakeep.media.cache import caching_reader, file_cache
from mediakeep.media.cache.caching_reader import CachingReader
from mediakeep.media.cache.file_cache import FileCache
from mediakeep.sqlite import disposable
from tests.music import shelf

# Writes cards of so many made-up artists, once it is told how many, each's in one transaction. It
# dies at the so-manieth instruction of SQLite's machine, 0 for never.
WRITER = """
import os, signal, sqlite3, sys
from pathlib import Path
from mediakeep.media.cache.file_cache import CachedFile, CachedResult, FileCache
path, first = Path(sys.argv[1]), int(sys.argv[2])
left = steps = int(sys.argv[3])
def step():
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
connect = sqlite3.connect
def connected(*words, **options):
    base = connect(*words, **options)
    if steps:
        base.set_progress_handler(step, 1)
    return base
sqlite3.connect = connected
index = FileCache(path, 7)
print("ready", flush=True)
for number in range(first, first + int(sys.stdin.readline())):
    result = CachedResult(reason=f"{number}" * 50)
    made = [CachedFile((1, n, number, 2, 3), ".mp3", result) for n in range(20)]
    index.load_folder((1, number))
    index.save_folder((1, number), made)
    print(number, flush=True)
"""


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [shelf.put(tmp_path / f"{n}.{suffix}") for n, suffix in enumerate(shelf.FORMATS * 4)]


@pytest.fixture
def place(tmp_path: Path, paths: list[Path]) -> Path:
    """A cache that contains the files."""
    place = tmp_path / "cache" / caching_reader.FILE_NAME
    read(place, paths)
    assert len(known(place, paths)) == len(paths)
    return place


def at_rest() -> int:
    return time.time_ns() + 60 * 10**9


def read(place: Path, paths: list[Path]) -> list[tags.AudioFile]:
    """Read files as a scan in a new process does."""
    index = CachingReader(FileCache(place, caching_reader.parser_version()), at_rest)
    found = again(index, paths)
    index.close()
    return found


def again(index: CachingReader, paths: list[Path]) -> list[tags.AudioFile]:
    facts = {path: path.stat() for path in paths}
    index.prefetch(folder_of(paths), list(facts.values()))
    found = [index.read_track(str(path), facts[path]) for path in paths]
    index.commit()
    return found


def known(place: Path, paths: list[Path]) -> list[file_cache.CachedFile]:
    """Return the cache entries of files as they are now."""
    index = FileCache(place, caching_reader.parser_version())
    found, states = (
        index.load_folder(folder_of(paths)),
        [file_cache.stat_identity(path.stat()) for path in paths],
    )
    index.close()
    return [found[state] for state in states if state in found]


def folder_of(paths: list[Path]) -> file_cache.FolderKey:
    facts = paths[0].parent.stat()
    return facts.st_dev, facts.st_ino


def cut(place: Path) -> None:
    os.truncate(place, 5000)


def overwrite(place: Path) -> None:
    place.write_bytes(b"this is no database at all" * 500)


def empty(place: Path) -> None:
    place.write_bytes(b"")


def drop(place: Path) -> None:
    with sqlite3.connect(place) as base:
        base.execute("DROP TABLE drawer")


def garble_the_schema(place: Path) -> None:
    place.write_bytes(place.read_bytes().replace(b"CREATE TABLE", b"CREATE T\xf7BLE"))


def garble_a_name(place: Path) -> None:
    place.write_bytes(place.read_bytes().replace(b"sweep", b"swe\xf7p"))


def turn_into_a_folder(place: Path) -> None:
    place.unlink()
    place.mkdir()


@pytest.mark.parametrize(
    "damage", [cut, overwrite, empty, drop, garble_the_schema, garble_a_name, turn_into_a_folder]
)
def test_a_damaged_index_costs_reading_again_and_no_more(
    place: Path, paths: list[Path], damage: Callable[[Path], None]
) -> None:
    damage(place)
    assert read(place, paths) == [tags.read(path) for path in paths]
    if damage is not turn_into_a_folder:
        assert len(known(place, paths)) == len(paths)


@pytest.mark.parametrize("bits", [30, pytest.param(400, marks=pytest.mark.slow)])
def test_a_bit_that_changed_anywhere_in_the_index_changes_no_reading(
    place: Path, paths: list[Path], bits: int
) -> None:
    expected, whole = [tags.read(path) for path in paths], place.read_bytes()
    chance, spoilt = random.Random(1), 0
    for _ in range(bits):
        flipped = bytearray(whole)
        flipped[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        place.write_bytes(flipped)
        spoilt += len(known(place, paths)) < len(paths)
        place.write_bytes(flipped)
        assert read(place, paths) == expected
    assert spoilt > bits / 8


def test_a_database_of_another_program_is_set_aside_whole(place: Path, paths: list[Path]) -> None:
    place.unlink()
    with sqlite3.connect(place) as base:
        base.execute("CREATE TABLE mine(thing)")
        base.execute("INSERT INTO mine VALUES('precious')")
    base.close()
    before = place.read_bytes()
    assert read(place, paths) == [tags.read(path) for path in paths]
    assert (
        place.with_name(caching_reader.FILE_NAME + disposable.SET_ASIDE_SUFFIX).read_bytes()
        == before
    )
    assert len(known(place, paths)) == len(paths)


@pytest.mark.parametrize("hold", ["EXCLUSIVE", "IMMEDIATE"])  # against readers, or writers alone
@pytest.mark.parametrize("pause", [60.0, 0.0])
def test_an_index_that_stays_locked_is_done_without(
    place: Path, paths: list[Path], monkeypatch: pytest.MonkeyPatch, hold: str, pause: float
) -> None:
    # else the test would wait as long as a person
    monkeypatch.setattr(disposable, "_LOCK_TIMEOUT", 0.1)
    monkeypatch.setattr(disposable, "_DISABLED_SECONDS", pause)
    monkeypatch.setattr(disposable, "time", mock.Mock(monotonic=lambda: 1000.0))
    waits, give_up = [], disposable.DisposableSqlite._disable_or_reset

    def noted(
        one: disposable.DisposableSqlite, error: sqlite3.Error | OSError | UnicodeDecodeError
    ) -> bool:
        waits.append(error)
        return give_up(one, error)

    monkeypatch.setattr(disposable.DisposableSqlite, "_disable_or_reset", noted)
    holder = sqlite3.connect(place, isolation_level=None)
    holder.execute(f"BEGIN {hold}")
    if hold == "IMMEDIATE":  # there must be something to write
        for path in paths:
            path.write_bytes(path.read_bytes() + bytes(3000))
    index = CachingReader(FileCache(place, caching_reader.parser_version()), at_rest)
    for _ in range(5):
        assert again(index, paths) == [tags.read(path) for path in paths]
    assert len(waits) == 1 if pause else len(waits) >= 5  # it waits once, not for every artist
    holder.execute("ROLLBACK")
    holder.close()
    index.close()
    monkeypatch.undo()
    if hold == "IMMEDIATE":
        read(place, paths)
    assert len(known(place, paths)) == len(paths)


def test_an_index_deleted_under_a_worker_is_made_anew_by_it(place: Path, paths: list[Path]) -> None:
    index = CachingReader(FileCache(place, caching_reader.parser_version()), at_rest)
    expected = again(index, paths)
    place.unlink()
    assert again(index, paths) == expected
    assert len(known(place, paths)) == len(paths)
    shutil.rmtree(place.parent)
    assert again(index, paths) == expected
    assert len(known(place, paths)) == len(paths)
    index.close()


def test_an_index_spoilt_under_a_worker_is_made_anew_by_it(place: Path, paths: list[Path]) -> None:
    index = CachingReader(FileCache(place, caching_reader.parser_version()), at_rest)
    expected = again(index, paths)
    with place.open("r+b") as file:
        file.write(os.urandom(20_000))
    assert again(index, paths) == expected
    assert again(index, paths) == expected
    index.close()
    assert len(known(place, paths)) == len(paths)


def test_where_no_index_can_be_made_reading_goes_on(tmp_path: Path, paths: list[Path]) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert read(tmp_path / "cache" / caching_reader.FILE_NAME, paths) == [
        tags.read(path) for path in paths
    ]


def test_a_disk_that_is_full_costs_the_index_only(
    place: Path, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = CachingReader(FileCache(place, caching_reader.parser_version()), at_rest)
    expected = again(index, paths)
    base = index._cache._database._connection
    assert base is not None
    base.execute("PRAGMA max_page_count = 1")  # SQLite says then what it says of a full disk
    for path in paths:
        path.write_bytes(path.read_bytes() + bytes(3000))
    assert [found.tags for found in again(index, paths)] == [found.tags for found in expected]
    index.close()


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Processes that write to one cache once they receive a number of artists."""
    started = []

    def start(first: int, steps: int = 0) -> subprocess.Popen[str]:
        words = (str(tmp_path / "index"), str(first), str(steps))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, *words],
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


def begin(process: subprocess.Popen[str], count: int) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{count}\n")
    process.stdin.flush()


def numbers(path: Path) -> list[int]:
    """Return the numbers of all artists, after asserting that their entries are complete."""
    base = sqlite3.connect(path)
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    names = [name for (name,) in base.execute("SELECT folder FROM drawer")]
    base.close()
    index, found = FileCache(path, 7), sorted(int(name.partition(":")[2]) for name in names)
    for number in found:
        cards = index.load_folder((1, number)).values()
        assert [card.state[2] for card in cards] == [number] * 20
        assert {card.result.reason for card in cards} == {f"{number}" * 50}
    index.close()
    return found


def test_four_processes_write_at_once_and_nothing_is_lost(
    tmp_path: Path, writers: Callable[[int], subprocess.Popen[str]]
) -> None:
    running = [(first, writers(first)) for first in (0, 10**6, 2 * 10**6, 3 * 10**6)]
    for _, process in running:
        begin(process, 100)
    expected = []
    for first, process in running:
        process.communicate(timeout=120)
        assert process.returncode == 0
        expected += range(first, first + 100)
    assert numbers(tmp_path / "index") == expected


@pytest.mark.parametrize("kills", [4, pytest.param(16, marks=pytest.mark.slow)])
def test_kill_9_while_it_is_written_leaves_whole_artists(
    tmp_path: Path, writers: Callable[..., subprocess.Popen[str]], kills: int
) -> None:
    chance, path = random.Random(3), tmp_path / "index"
    for turn in range(kills):
        process = writers(turn * 10**6, chance.randrange(1, 5_000))
        begin(process, 10**6)
        assert process.stdout is not None
        told = process.stdout.read().split()
        assert process.wait() == -signal.SIGKILL
        assert set(map(int, told)) <= set(numbers(path))
    assert not path.with_name(path.name + disposable.SET_ASIDE_SUFFIX).exists()
