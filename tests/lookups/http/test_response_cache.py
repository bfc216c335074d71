"""The response cache: damaged, deleted, not writable."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mediakeep.errors import NoCache, NotFound
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment, ServiceResponse
from mediakeep.lookups.http.response_cache import ResponseCache
from mediakeep.sqlite import sqlite_cache
from tests.lookups.conftest import CONTACT, NOW, Scripted


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let the system refuse to extend files, for a `with` block."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def found(cache: ResponseCache, url: str) -> ServiceResponse | None:
    stored = cache.find(url)
    return stored.response if stored else None


def file_for_folder(cache: Path) -> None:
    cache.parent.parent.mkdir(parents=True)
    cache.parent.write_text("no folder")


def folder_for_file(cache: Path) -> None:
    cache.mkdir(parents=True)


def link_to_nowhere(cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.symlink_to("/proc/no/such/place")


@pytest.mark.parametrize("plant", [file_for_folder, folder_for_file, link_to_nowhere])
def test_a_place_that_cannot_be_written_is_an_error_at_the_start(
    cache: Path, plant: Callable[[Path], None]
) -> None:
    plant(cache)
    with pytest.raises(
        NoCache, match=f"Cannot store service responses in {cache}: .* Free disk space"
    ) as raised:
        CachedHttp(cache, CONTACT)
    assert raised.value.exit_code == 2


def test_a_full_disk_is_an_error_at_the_start(cache: Path) -> None:
    with full_disk(), pytest.raises(NoCache, match=str(cache)):
        CachedHttp(cache, CONTACT)
    CachedHttp(cache, CONTACT).close()
    with full_disk(), pytest.raises(NoCache, match=str(cache)):
        CachedHttp(cache, CONTACT)


def test_a_disk_that_fills_up_is_an_error_and_no_silence(
    http: CachedHttp, server: Scripted, cache: Path
) -> None:
    http.get(server.service(), f"{server.host}/a")
    with full_disk(), pytest.raises(NoCache, match=str(cache)):
        http.get(server.service(), f"{server.host}/b")
    http.get(server.service(), f"{server.host}/a")
    http.get(server.service(), f"{server.host}/b")
    assert server.asked == ["/a", "/b", "/b"]


def test_a_file_that_others_protect_is_an_error_at_the_start() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "musicbrainz.sqlite"
        CachedHttp(cache, CONTACT).close()
        cache.chmod(0o444)
        Path(folder).chmod(0o777)
        child = os.fork()
        if not child:
            status = 1
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)  # as root may write everything
                CachedHttp(cache, CONTACT)
            except NoCache as error:
                status = int(str(cache) not in str(error))
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0


def test_a_file_that_stays_locked_is_an_error_and_no_endless_loop(
    http: CachedHttp, server: Scripted, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    http.get(server.service(), f"{server.host}/a")
    http.close()  # the next query opens the file again, with this timeout:
    monkeypatch.setattr(sqlite_cache, "_BUSY_TIMEOUT", 0.1)
    with closing(sqlite3.connect(cache, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        http.get(server.service(), f"{server.host}/a")  # can be read
        with pytest.raises(NoCache, match=f"{cache}.*locked"):
            http.get(server.service(), f"{server.host}/b")
    http.get(server.service(), f"{server.host}/b")
    assert server.asked == ["/a", "/b", "/b"]


def garble(data: bytes) -> bytes:
    return b"no database at all, but text. " * 100


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def overwrite(data: bytes) -> bytes:
    return data[:4096] + b"\xa5" * (len(data) - 4096)


@pytest.mark.parametrize("damage", [garble, cut, overwrite])
def test_a_damaged_file_is_set_aside_and_made_anew(
    server: Scripted, cache: Path, machine: HttpEnvironment, damage: Callable[[bytes], bytes]
) -> None:
    before = CachedHttp(cache, CONTACT, machine=machine)
    for number in range(20):
        before.get(server.service(), f"{server.host}/{number}")
    before.close()
    cache.write_bytes(damaged := damage(cache.read_bytes()))
    after = CachedHttp(cache, CONTACT, machine=machine)
    after.get(server.service(), f"{server.host}/7")
    after.get(server.service(), f"{server.host}/7")
    assert len(server.asked) == 21
    [note] = after.damage_notes
    [aside] = cache.parent.glob("*.damaged-*[0-9]")
    assert note == f"{cache} was damaged. It was renamed to {aside} and replaced."
    assert aside.read_bytes()[100:] == damaged[100:]  # before it is what opening a file counts
    after.close()
    assert CachedHttp(cache, CONTACT, machine=machine).damage_notes == []


def test_a_file_that_is_damaged_while_it_is_used_is_made_anew_once(
    server: Scripted, cache: Path, machine: HttpEnvironment
) -> None:
    first = CachedHttp(cache, CONTACT, machine=machine)
    for number in range(20):
        first.get(server.service(), f"{server.host}/{number}")
    first.close()
    sessions = [CachedHttp(cache, CONTACT, machine=machine) for _ in range(2)]
    with contextlib.closing(sqlite3.connect(cache)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with cache.open("r+b") as file:
        file.write(b"\xa5" * cache.stat().st_size)
    for session in sessions:
        session.get(server.service(), f"{server.host}/7")
    assert [len(session.damage_notes) for session in sessions] == [1, 0]
    assert len(server.asked) == 21


def test_a_journal_that_was_left_behind_is_not_read_into_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    shelf = ResponseCache(path)
    for number in range(20):
        shelf.store(str(number), ServiceResponse("old", bytes(9000)))
    shelf.file.close()
    shelf.store("7", ServiceResponse("newer", b"2"))  # the journal holds this change alone
    with path.open("r+b") as file:
        file.write(b"\xa5" * path.stat().st_size)
    anew = ResponseCache(path)
    assert len(anew.file.damage_notes) == 1
    assert anew.find("7") is None
    anew.store("7", ServiceResponse("new", b"3"))
    assert found(anew, "7") == ServiceResponse("new", b"3")
    shelf.file.close()
    assert found(ResponseCache(path), "7") == ServiceResponse("new", b"3")


def use(path: Path, start: float) -> None:
    """Create the file, use and close it at a given time, and end the process."""
    status = 1
    try:
        time.sleep(max(0.0, start - time.time()))
        shelf = ResponseCache(path)
        shelf.store("a", ServiceResponse("a", b"1"))
        status = int(shelf.find("a") is None)
        shelf.file.close()
    finally:
        os._exit(status)


@pytest.mark.parametrize("files", [2, pytest.param(16, marks=pytest.mark.slow)])
def test_many_processes_may_make_the_file_and_close_it_at_once(tmp_path: Path, files: int) -> None:
    for number in range(files):
        start, children = time.time() + 0.1, []
        for _ in range(8):
            if not (child := os.fork()):
                use(tmp_path / f"{number}.sqlite", start)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 8


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE answers SET content = x'00'",
        "UPDATE answers SET content = substr(content, 1, length(content) - 1)",
        "UPDATE answers SET content = 'text'",
        "UPDATE answers SET content = 5",
        "UPDATE answers SET url = x'ff'",
        "UPDATE answers SET type = x'ff'",
    ],
)
def test_a_row_that_is_damaged_is_asked_for_again(
    http: CachedHttp, server: Scripted, cache: Path, change: str
) -> None:
    http.get(server.service(), f"{server.host}/a")
    with contextlib.closing(sqlite3.connect(cache, isolation_level=None)) as database:
        database.execute(change)
    for _ in range(2):
        assert http.get(server.service(), f"{server.host}/a").content == b'{"id": "a"}'
    assert len(server.asked) == 2
    assert not http.damage_notes


def test_a_time_that_cannot_be_true_does_not_say_that_there_is_nothing(
    http: CachedHttp, server: Scripted, cache: Path
) -> None:
    times = ("1e300", "-1e300", "'never'", "x'ff'", "-1")
    with contextlib.closing(sqlite3.connect(cache, isolation_level=None)) as database:
        for number, kept in enumerate(times):
            row = f"INSERT INTO answers VALUES ('{server.host}/{number}', 'u', '', {kept}, x'')"
            database.execute(row)
    for number in range(len(times)):
        assert http.get(server.service(), f"{server.host}/{number}").status == 200


def test_what_an_earlier_version_knew_to_be_missing_is_still_missing(
    server: Scripted, cache: Path, machine: HttpEnvironment
) -> None:
    CachedHttp(cache, CONTACT).close()
    with contextlib.closing(sqlite3.connect(cache, isolation_level=None)) as database:
        database.execute("CREATE TABLE absent (asked TEXT PRIMARY KEY, until REAL NOT NULL)")
        for path, until in (("a", NOW + 1), ("b", NOW - 1), ("c", "never")):
            database.execute("INSERT INTO absent VALUES (?, ?)", (f"{server.host}/{path}", until))
    for _ in range(2):
        with contextlib.closing(CachedHttp(cache, CONTACT, machine=machine)) as http:
            with pytest.raises(NotFound):
                http.get(server.service(), f"{server.host}/a")
            for path in "bc":
                http.get(server.service(), f"{server.host}/{path}")
    assert server.asked == ["/b", "/c"]


def test_the_file_may_be_deleted_while_it_is_used(
    http: CachedHttp, server: Scripted, cache: Path, machine: HttpEnvironment
) -> None:
    http.get(server.service(), f"{server.host}/a")
    for path in cache.parent.glob(f"{cache.name}*"):
        path.unlink()
    http.get(server.service(), f"{server.host}/b")
    after = CachedHttp(cache, CONTACT, machine=machine)
    after.get(server.service(), f"{server.host}/a")
    assert server.asked == ["/a", "/b", "/a"]
    assert after.damage_notes == []


@pytest.mark.long
def test_an_answer_of_the_longest_is_kept_whole_and_a_longer_row_is_none(tmp_path: Path) -> None:
    shelf = ResponseCache(tmp_path / "c.sqlite")
    for more, fits in ((0, True), (1, False)):
        shelf.store("a", ServiceResponse("a", bytes(64 * 2**20 + more)))
        assert (shelf.find("a") is not None) is fits
    assert (tmp_path / "c.sqlite-wal").stat().st_size < 2**20


def test_a_file_that_is_deleted_while_it_is_open_is_made_anew_and_keeps_what_comes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "musicbrainz.sqlite"
    first = ResponseCache(path)
    first.store("a", ServiceResponse("a", b"1"))
    for part in ("", "-wal", "-shm"):
        Path(f"{path}{part}").unlink(missing_ok=True)
    assert first.find("a") is None
    first.store("b", ServiceResponse("b", b"2"))
    second = ResponseCache(path)
    assert found(second, "b") == ServiceResponse("b", b"2")
    first.file.close()
    second.file.close()
