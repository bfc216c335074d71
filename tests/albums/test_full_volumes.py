"""A volume that fills up in each stage: the album waits, and continues when there is space."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.albums.item import ALBUMS
from mediakeep.app.batch.batch_request import BatchOptions, BatchRequest
from mediakeep.app.jobs.job_batch import JobBatch
from mediakeep.app.jobs.job_request import Preparation, Selection
from mediakeep.commands.display import batch_output
from mediakeep.item import Status
from mediakeep.runner.batch_config import BatchConfig
from mediakeep.workspace import disk_space
from tests import job_home
from tests.albums.test_albums import ALBUM, OUTPUTS, check_published
from tests.albums.test_interrupted import ARCHIVED
from tests.crash.tap import FileCall, Tap
from tests.job_kinds import AlbumHome
from tests.media.encoding import sounds


@pytest.fixture
def other_volume(tmp_path: Path, disk_folder: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=disk_folder))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("stage", "option", "match"),
    [
        ("preparing", "working_dir", "_source/"),
        ("converting", "working_dir", "_state/outputs/"),
        ("archiving", "archive_dir", ".part/"),
        ("finalizing", "output_dir", ".part/"),
    ],
)
def test_a_full_volume(
    albums: AlbumHome, other_volume: Path, stage: str, option: str, match: str
) -> None:
    albums.make(ALBUM)
    albums.values = {option: other_volume / "folder"}
    failed = []

    def fail(call: FileCall) -> None:  # the disk of a test is never full
        is_new_file = call.name == "open" and call.flags & os.O_CREAT
        if is_new_file and call.path.startswith(str(other_volume)) and match in call.path:
            failed.append(call.path)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), call.path)

    albums.prepare()
    with Tap(fail):
        result = albums.process()
    assert failed
    assert (result.parked, result.done_count) == (1, 0)
    item = albums.item(ALBUM)
    assert item.status is Status.PENDING
    assert ALBUMS.stages.get_current_stage(item.processing_stage) == stage
    assert item.parked.endswith("is full")
    assert not item.attempts
    with albums.context.open_queue() as queue:
        queue.unpark([ALBUM])
    albums.process()
    where = {"archive_dir": "archive", "output_dir": "output"}.get(option)
    if where:
        shutil.move(other_volume / "folder", albums.root / where)
    check_published(albums)


def run_command(albums: AlbumHome, *, dry_run: bool = False) -> int:
    """Scan and process as the command does, and return its exit code."""
    settings = albums.settings()
    request = BatchRequest(ALBUMS, settings=settings)
    options = BatchOptions(albums.path, request, dry_run, False, BatchConfig(size=None), False)
    job = JobBatch(albums.context, options, Preparation(settings, albums.library), Selection())
    with batch_output.open_output(options) as output:
        return job.run((), output)


def test_a_new_run_looks_at_once_whether_there_is_space(
    albums: AlbumHome, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    albums.make(ALBUM, "Art/Two")
    free = [0, 512, 1 << 40]  # bytes in the runs

    class Disk:
        f_frsize, f_blocks, f_bfree = 1, 1 << 41, 1 << 41

        @property
        def f_bavail(self) -> int:
            return free[0]

    monkeypatch.setattr(disk_space.os, "statvfs", lambda _: Disk())
    assert run_command(albums) == 1
    assert "0 B free" in albums.item(ALBUM).parked
    free.pop(0)
    assert run_command(albums) == 1
    assert "512 B free" in albums.item(ALBUM).parked
    free.pop(0)
    capsys.readouterr()
    assert run_command(albums, dry_run=True) == 0
    assert "[2/2]" in capsys.readouterr().out
    assert albums.item(ALBUM).parked
    assert run_command(albums) == 0
    assert albums.item(ALBUM).status is Status.COMPLETED


def test_a_batch_that_finds_its_volume_full_exits_1(albums: AlbumHome, other_volume: Path) -> None:
    albums.make(ALBUM)
    albums.values = {"archive_dir": other_volume / "folder"}

    def fail(call: FileCall) -> None:
        if call.name == "open" and call.flags & os.O_CREAT and ".part/" in call.path:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), call.path)

    with Tap(fail):
        assert run_command(albums) == 1
    assert run_command(albums) == 0
    assert albums.item(ALBUM).status is Status.COMPLETED


_ROOM = 16 << 10  # bytes that are left on a full volume, less than a track has


@pytest.fixture
def small_volume(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 megabytes."""
    folder = tmp_path / "volume"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "option", "match"),
    [
        ("preparing", "working_dir", "_state/owner.json"),
        ("converting", "working_dir", "_state/profile.json"),
        ("archiving", "archive_dir", ".part"),
        ("finalizing", "output_dir", ".part"),
    ],
)
def test_a_volume_that_really_fills_up(
    tmp_path: Path, small_volume: Path, stage: str, option: str, match: str
) -> None:
    folder, ballast = small_volume / "folder", small_volume / "ballast"
    albums = AlbumHome(tmp_path, {option: folder}, samples=3 * sounds.RATE)
    albums.make(ALBUM)
    albums.prepare()

    def fill(call: FileCall) -> None:  # once the stage has checked the space
        place = call.target or call.path
        if place.startswith(str(small_volume)) and place.endswith(match) and not ballast.exists():
            disk = os.statvfs(small_volume)
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - _ROOM)

    with Tap(lambda _: None, fill):
        result = albums.process()
    assert ballast.exists()
    item = albums.item(ALBUM)
    assert (result.parked, result.done_count, item.status) == (1, 0, Status.PENDING)
    assert ALBUMS.stages.get_current_stage(item.processing_stage) == stage
    assert item.parked.startswith(f"Not enough disk space: the volume of {small_volume}")
    assert item.parked.endswith(" is full")
    assert not item.attempts
    output = folder if option == "output_dir" else albums.output
    archive = folder if option == "archive_dir" else albums.archive
    assert job_home.names(output) == []
    assert job_home.names(archive / ALBUM) == (ARCHIVED if stage == "finalizing" else [])
    ballast.unlink()
    with albums.context.open_queue() as queue:
        queue.unpark([ALBUM])
    albums.process(delete_original=True)
    assert albums.item(ALBUM).status is Status.COMPLETED
    assert (job_home.names(output / ALBUM), job_home.names(archive / ALBUM)) == (OUTPUTS, ARCHIVED)
    assert job_home.names(albums.library) == []
