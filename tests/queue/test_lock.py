"""Who waits for the queue's lock is shown who holds it; a file system without locks is refused."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mediakeep.errors import LockingUnsupported
from mediakeep.music.item import MUSIC
from mediakeep.queue import lock, queue
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from tests.commands.conftest import Home
from tests.queue import rig
from tests.sampling import each_row

ON_LINUX = pytest.mark.linux  # /proc/locks
# Hold the lock of a queue in a session, say so, and let go when a line comes.
HOLDER = """
import sys
from pathlib import Path
from mediakeep.music.item import MUSIC
from mediakeep.queue import queue
with queue.Queue.open(queue.locate_queue(Path(sys.argv[1]), host="this-host"), MUSIC) as opened:
    session = opened.begin_session()
    with opened._store.hold_lock():
        print(session.id, flush=True)
        sys.stdin.readline()
    opened.end_session()
"""


@pytest.fixture
def where(tmp_path: Path) -> QueueLocation:
    place = rig.at(tmp_path)
    rig.make(place).close()
    return place


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "NOTICE_DELAY", 0.0)


def noticing(where: QueueLocation, notice: Callable[[str], object]) -> QueueLocation:
    return queue.locate_queue(where.folder, where.now, where.host, notice)


@pytest.fixture
def held(where: QueueLocation) -> Iterator[int]:
    """Hold the lock by another handle, which excludes as another process does."""
    handle = os.open(where.folder / lock.FILE, os.O_RDWR | os.O_CLOEXEC)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield handle
    os.close(handle)


@ON_LINUX
def test_the_process_that_holds_it_is_shown_and_its_session(
    where: QueueLocation, at_once: None
) -> None:
    line = [sys.executable, "-c", HOLDER, str(where.folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(line, env={**os.environ, **paths}, **pipes) as holder:  # type: ignore[call-overload]
        session = holder.stdout.readline().strip()
        told: list[str] = []

        def notice(text: str) -> None:
            told.append(text)
            if len(told) == 1:  # the lock is taken again at the end
                holder.stdin.write("\n")
                holder.stdin.flush()

        with Queue.open(noticing(where, notice), MUSIC):
            assert len(told) == 1
    assert told[0].startswith("Waiting for the queue's lock for 0 s. It is held by process ")
    assert f"process {holder.pid} ({sys.executable} -c" in told[0]
    assert told[0].endswith(f"), session {session}.")


@ON_LINUX
def test_only_those_who_hold_it_are_named_and_not_those_who_wait(
    where: QueueLocation, at_once: None, held: int
) -> None:
    told: list[str] = []

    def notice(text: str) -> None:
        told.append(text)
        fcntl.flock(held, fcntl.LOCK_UN)

    with Queue.open(noticing(where, notice), MUSIC):
        assert told[0].count("process") == 1
    assert f"process {os.getpid()} " in told[0]


class _Locks:
    """What /proc/locks gives while other processes lock files: no line of a lock, at first."""

    def __init__(self) -> None:
        self.reads = 0

    def read_text(self) -> str:
        self.reads += 1
        return Path("/proc/locks").read_text() if self.reads > 2 else ""


@ON_LINUX
def test_a_holder_that_the_list_of_locks_leaves_out_is_looked_for_again(
    where: QueueLocation, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Beside eight processes that lock files all the time, it is left out in one of 40 reads.
    monkeypatch.setattr(lock, "_LOCKS", _Locks())
    holders = lock.describe_holders(str(where.folder / lock.FILE), {})
    assert holders.startswith(f"process {os.getpid()} ")


def test_where_the_holder_is_unknown_the_sessions_at_work_are_named(
    where: QueueLocation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lock, "_LOCKS", tmp_path / "none")
    path = str(where.folder / lock.FILE)
    assert lock.describe_holders(path, {}) == "another process"
    holders = lock.describe_holders(path, {7: "20251217_session_003"})
    assert holders == "another process; running sessions: session 20251217_session_003 (process 7)"


def test_a_lock_that_is_free_is_taken_without_a_word(where: QueueLocation, at_once: None) -> None:
    told: list[str] = []
    with Queue.open(noticing(where, told.append), MUSIC) as opened:
        opened.begin_session()
        rig.settle(opened, 3)
        opened.end_session()
    assert told == []


def test_a_signal_ends_the_wait(where: QueueLocation, at_once: None, held: int) -> None:
    def interrupt(_: str) -> None:
        os.kill(os.getpid(), 2)

    with pytest.raises(KeyboardInterrupt):
        Queue.open(noticing(where, interrupt), MUSIC)


def _unsupported(number: int) -> Callable[[int, int], None]:
    def flock(*_: int) -> None:
        raise OSError(number, os.strerror(number))

    return flock


@each_row("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_named_with_the_cure(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home", tmp_path / "music")
    (home.music / "U2").mkdir(parents=True)
    (home.music / "U2" / "one.mp3").touch()
    home.path.mkdir()
    monkeypatch.setattr(fcntl, "flock", _unsupported(number))
    done = home.manage("--scan", home.music)
    assert done.returncode == 2
    assert f"{home.queue} cannot hold a queue: " in done.stderr
    assert f"does not support file locks ({os.strerror(number)})" in done.stderr
    assert "Move the home to a local disk" in done.stderr
    if sys.platform == "linux":
        assert lock._find_mount(home.queue)[1] in done.stderr


def test_ineffective_locks_are_detected(
    where: QueueLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    with pytest.raises(LockingUnsupported, match="two processes would get the same lock"):
        Queue.open(where, MUSIC)


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_lock_file_that_is_removed_during_the_wait_is_made_again(
    where: QueueLocation, at_once: None, held: int, is_replaced: bool
) -> None:
    path = where.folder / lock.FILE

    def notice(_: str) -> None:
        path.unlink()
        if is_replaced:
            path.touch()
        fcntl.flock(held, fcntl.LOCK_UN)

    with Queue.open(noticing(where, notice), MUSIC) as opened:
        rig.settle(opened, 1)
    assert path.exists()


@ON_LINUX
def test_the_file_system_is_the_one_that_is_mounted_deepest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    folder = tmp_path / "my share" / "home"
    folder.mkdir(parents=True)
    shown = str(folder.parent).replace(" ", "\\040")
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"90 22 0:50 / {shown} rw shared:7 master:2 - nfs4 server:/share rw\n"
        f"91 22 0:51 / {shown}2 rw - tmpfs tmpfs rw\n"
    )
    monkeypatch.setattr(lock, "_MOUNTS", mounts)
    assert lock._find_mount(folder) == (str(folder.parent), "nfs4")
    assert lock._find_mount(tmp_path) == ("/", "ext4")
