"""A volume that fills up in each stage: the album waits, and continues when there is space."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep import kinds
from mediakeep.item import Status
from tests.albums.rig import AlbumHome
from tests.albums.test_albums import ALBUM, check_published
from tests.crash.tap import FileCall, Tap


@pytest.fixture
def other_volume(tmp_path: Path, disk_folder: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=disk_folder))
    if folder.stat().st_dev == tmp_path.stat().st_dev:
        folder.rmdir()
        pytest.skip("there is but one file system")
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
        result = albums.run()
    assert failed
    assert (result.parked, result.done_count) == (1, 0)
    item = albums.item(ALBUM)
    assert item.status is Status.PENDING
    assert kinds.ALBUMS.stages.get_current_stage(item.processing_stage) == stage
    assert item.parked.endswith("is full")
    assert not item.attempts
    with albums.context.open_queue() as queue:
        queue.unpark([ALBUM])
    albums.run()
    where = {"archive_dir": "archive", "output_dir": "output"}.get(option)
    if where:
        shutil.move(other_volume / "folder", albums.root / where)
    check_published(albums)
