"""On a full disk a record is written whole or refused aloud; with space again all goes on."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep import atomic_files
from mediakeep.errors import RecordNotWritten
from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.queue.queue import Queue
from tests.crash import fuller
from tests.crash.fuller import FillResult
from tests.queue import rig
from tests.queue.neighbour import context


def fill(folder: Path, size: int, ballast: Path | None = None) -> FillResult:
    ours, theirs = context.Pipe()
    process = context.Process(target=fuller.fill, args=(folder, size, ballast, theirs))
    process.start()
    theirs.close()
    message: FillResult = ours.recv()
    process.join()
    assert process.exitcode == 0
    return message


def check(folder: Path, result: FillResult) -> None:
    """Whatever was acknowledged is there, and nothing of what was refused."""
    assert result.sound
    assert result.afterwards == 5
    assert result.leftovers == []
    with Queue.open(rig.at(folder), MUSIC) as queue:
        done = [key for key, item in queue.state.items.items() if item.status is Status.COMPLETED]
        assert len(done) == len(result.acknowledged) + result.afterwards
        assert set(result.acknowledged) <= set(done)
        queue.begin_session()
        assert rig.settle(queue)


def test_a_journal_that_cannot_grow_refuses_records_and_keeps_those_before(tmp_path: Path) -> None:
    rig.make(rig.at(tmp_path), 300).close()
    result = fill(tmp_path, 200_000)
    assert result.refused == 5
    assert 20 < len(result.acknowledged) < 200
    check(tmp_path, result)


def test_a_snapshot_that_cannot_grow_costs_freshness_and_no_record(tmp_path: Path) -> None:
    rig.make(rig.at(tmp_path), 1600).close()
    size = rig.file(rig.at(tmp_path)).stat().st_size
    result = fill(tmp_path, size - 1000)
    assert result.acknowledged
    assert result.warned
    assert result.checkpoints_refused == 1
    check(tmp_path, result)


def _can_mount(folder: Path) -> bool:
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0


@pytest.fixture
def tight_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes where this user may mount one, else a folder of the usual disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = _can_mount(folder)
    yield folder
    if mounted:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_refuses_and_a_freed_one_goes_on(tight_disk: Path) -> None:
    rig.make(rig.at(tight_disk), 600).close()
    ballast = tight_disk / "ballast"
    mounted = tight_disk.is_mount()
    if mounted:
        with ballast.open("wb") as stream:
            left = os.statvfs(tight_disk)
            stream.write(bytes(left.f_bavail * left.f_bsize - 700_000))
    else:
        ballast.touch()
    result = fill(tight_disk, 0 if mounted else 250_000, ballast)
    assert result.acknowledged
    assert result.refused or result.warned
    check(tight_disk, result)


def test_after_a_failed_sync_the_queue_takes_no_more_records_until_reopened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 5) as queue:
        queue.begin_session()
        done = rig.settle(queue, 2)
        fired = []

        def failing(handle: int) -> None:
            fired.append(handle)
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(atomic_files, "sync_data", failing)
            with pytest.raises(RecordNotWritten, match="Input/output error"):
                queue.claim(1)
        assert fired
        with pytest.raises(RecordNotWritten):
            queue.claim(1)
    with Queue.open(where, MUSIC) as queue:
        assert rig.completed(queue) == len(done)
        queue.begin_session()
        assert rig.settle(queue, 5) == rig.names(5)[2:]
