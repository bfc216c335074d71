"""Missing write permission is reported, and a file keeps its owner."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from mediakeep.errors import Unreadable, WriteRefused
from mediakeep.media.safewrite.write_tags import SetField
from tests.media import writable_files
from tests.media.failing_writes import TITLE, refused
from tests.music import shelf

pytestmark = pytest.mark.real_disk


@pytest.fixture
def nobody() -> Iterator[None]:
    """Drop root privileges, which ignore file modes."""
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(shelf.NOBODY)
    yield
    if privileged:
        os.seteuid(0)


@pytest.fixture
def locked(music: Path, tmp_path: Path) -> Iterator[Path]:
    """A file of this user in a folder that only its owner can write to."""
    path = writable_files.put(music, "mp3")
    (tmp_path / "home").mkdir()
    if os.geteuid() == 0:
        os.chown(path, shelf.NOBODY, -1)
        os.chown(tmp_path / "home", shelf.NOBODY, -1)
    for one in (tmp_path, *tmp_path.parents):
        if one.owner() == "root" and str(one).startswith("/tmp/"):
            one.chmod(one.stat().st_mode | 0o055)
    yield path
    music.chmod(0o755)
    path.chmod(0o644)


def test_a_read_only_folder_is_told(tmp_path: Path, locked: Path, nobody: None) -> None:
    if locked.parent.owner() == locked.owner():
        locked.parent.chmod(0o555)
    refused(locked, tmp_path / "home", WriteRefused, "may not write to .*/music")


def test_a_disk_that_is_mounted_read_only_is_told(
    tmp_path: Path, locked: Path, nobody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test cannot mount, so the result of statvfs is faked."""
    if locked.parent.owner() == locked.owner():
        locked.parent.chmod(0o555)
    true = os.statvfs

    def told(path: Path) -> SimpleNamespace:
        disk = true(path)
        return SimpleNamespace(
            f_flag=disk.f_flag | os.ST_RDONLY, f_bavail=disk.f_bavail, f_frsize=disk.f_frsize
        )

    monkeypatch.setattr(os, "statvfs", told)
    refused(locked, tmp_path / "home", WriteRefused, "mounted read-only. Mount it writable")


def test_a_read_only_file_is_left_alone_though_its_folder_could_be_written(
    tmp_path: Path, locked: Path
) -> None:
    locked.parent.chmod(0o777)
    locked.chmod(0o444)
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(shelf.NOBODY)
    try:
        refused(locked, tmp_path / "home", WriteRefused, r"may not write to .*\.mp3")
    finally:
        if privileged:
            os.seteuid(0)


def test_the_owner_stays_or_nothing_is_written(tmp_path: Path, locked: Path) -> None:
    locked.parent.chmod(0o777)
    locked.chmod(0o666)
    if os.geteuid() != 0:  # whose file cannot be another's: it is written as any
        writable_files.write(locked, tmp_path / "home", TITLE)
        return
    writable_files.write(locked, tmp_path / "home", TITLE)
    assert locked.stat().st_uid == shelf.NOBODY
    os.chown(locked, 12345, 12345)
    shutil.rmtree(tmp_path / "home" / "status")
    os.seteuid(shelf.NOBODY)
    try:
        before = locked.read_bytes()
        with pytest.raises(WriteRefused, match="Operation not permitted"):
            writable_files.write(locked, tmp_path / "home", SetField("title", ("Flood",)))
    finally:
        os.seteuid(0)
    assert locked.read_bytes() == before
    assert [one.name for one in locked.parent.iterdir()] == ["a.mp3"]


def test_what_is_no_file_or_gone_is_told(tmp_path: Path, music: Path) -> None:
    loop = music / "a.mp3"
    loop.symlink_to(loop)
    os.mkfifo(music / "b.mp3")
    for path in (music / "gone.mp3", loop, music / "b.mp3", music):
        with pytest.raises(Unreadable):
            writable_files.write(path, tmp_path, TITLE)
