"""Disk space: checks, reservations of several processes, and disks that are full or read-only."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mediakeep.errors import DiskFull, MediakeepError, NotCopied, NotEnoughSpace
from mediakeep.workspace import publish, quarantine
from mediakeep.workspace.disk_space import (
    SpaceRequirement,
    check_disk_space,
    reserve_disk_space,
)
from mediakeep.workspace.job_files import JobFiles
from mediakeep.workspace.manifest import build_manifest
from mediakeep.workspace.verified_copy import copy_to_source
from tests.workspace import trees

NOBODY = 65534
BIG = {"01.flac": b"1" * 900_000, "02.flac": b"2" * 900_000}
_RESERVE = """
import sys
import tempfile
from pathlib import Path
from mediakeep.workspace.disk_space import SpaceRequirement, reserve_disk_space
folder, size = Path(sys.argv[1]), int(sys.argv[2])
with reserve_disk_space(folder, [SpaceRequirement(folder, size)]):
    print("reserved", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def free(tmp_path: Path) -> int:
    disk = os.statvfs(tmp_path)
    return disk.f_bavail * disk.f_frsize


def test_too_little_space_is_named_with_its_file_system(small_disk: Path, tmp_path: Path) -> None:
    missing = small_disk / "not" / "yet"
    check_disk_space([SpaceRequirement(missing, 1_900_000), SpaceRequirement(tmp_path, 1)])
    with pytest.raises(NotEnoughSpace) as raised:
        check_disk_space(
            [SpaceRequirement(missing, 1_000_000), SpaceRequirement(missing, 2 * 10**9)]
        )
    assert str(raised.value) == (
        f"Not enough disk space: needs 2.0 GB on {small_disk}, 3.1 MB free."
        " Free disk space or use another folder, then run again."
    )


def test_reserved_space_is_not_free_until_it_is_used_or_released(tmp_path: Path, free: int) -> None:
    folder, half = tmp_path / "status", [SpaceRequirement(tmp_path, free * 6 // 10)]
    with reserve_disk_space(folder, half) as reservation:
        with pytest.raises(NotEnoughSpace, match="of it reserved"):
            check_disk_space(half, folder)
        with pytest.raises(NotEnoughSpace), reserve_disk_space(folder, half):
            pass
        reservation.update([SpaceRequirement(tmp_path, 5)])
        check_disk_space(half, folder)
        reservation.update(half)
        with pytest.raises(NotEnoughSpace):
            check_disk_space(half, folder)
    check_disk_space(half, folder)
    assert [path.name for path in folder.iterdir()] == ["lock"]


def test_the_reservation_of_a_killed_process_vanishes(tmp_path: Path, free: int) -> None:
    folder, size = tmp_path / "status", free * 6 // 10
    process = subprocess.Popen(
        [sys.executable, "-c", _RESERVE, str(folder), str(size)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "utilities"},
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout
    assert process.stdout.readline() == b"reserved\n"
    with pytest.raises(NotEnoughSpace):
        check_disk_space([SpaceRequirement(tmp_path, size)], folder)
    process.kill()
    process.communicate()
    check_disk_space([SpaceRequirement(tmp_path, size)], folder)
    assert [path.name for path in folder.iterdir()] == ["lock"]


Act = Callable[[Path, Path], object]


def _copy(album: Path, disk: Path) -> object:
    dirs = JobFiles(disk, "key").create("Album")
    return copy_to_source(album, dirs.source)


def _archive(album: Path, disk: Path) -> object:
    return publish.copy_to_archive(album, disk / "archive", build_manifest(album), {})


def _move(album: Path, disk: Path) -> object:
    return publish.move_to_output(album, disk / "out", build_manifest(album))


@pytest.mark.parametrize("act", [_copy, _archive, _move])
def test_a_disk_that_fills_up_is_named_and_a_freed_one_goes_on(
    act: Act, small_disk: Path, tmp_path: Path
) -> None:
    album = trees.make_tree(tmp_path / "Album", BIG)
    before = trees.contents(album)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_800_000))
    with pytest.raises(DiskFull, match=f"The file system {small_disk} is full: .*flac not written"):
        act(album, small_disk)
    assert trees.contents(album) == before
    assert not [path for path in small_disk.rglob(".*") if path.name.endswith((".tmp", ".part"))]
    assert not (small_disk / "archive").exists()
    assert not (small_disk / "out").exists()
    ballast.unlink()
    act(album, small_disk)
    copied = [path.read_bytes() for path in small_disk.rglob("*.flac")]
    assert sorted(copied) == sorted(BIG.values())


@pytest.mark.needs("mount")
def test_a_bind_mount_is_another_file_system(tmp_path: Path) -> None:
    """It has the same device, but a rename to it fails."""
    mounted, bound = tmp_path / "mounted", tmp_path / "bound"
    mounted.mkdir()
    bound.mkdir()
    mount = ["mount", "--bind", str(mounted), str(bound)]
    subprocess.run(mount, check=True)
    try:
        album = trees.make_tree(tmp_path / "Album")
        before = trees.contents(album)
        with pytest.raises(OSError, match="cross-device"):
            album.rename(bound / "Album")
        publish.move_to_output(album, bound / "Album", build_manifest(album))
        assert trees.contents(mounted / "Album") == before
        assert not album.exists()
        entry = quarantine.move_to_quarantine(mounted / "Album", bound, "test")
        assert entry.original_path == mounted / "Album"
        assert not (mounted / "Album").exists()
        assert quarantine.list_entries(mounted) == [entry]
    finally:
        subprocess.run(["umount", bound], check=True)


def test_a_full_disk_stays_the_place_of_what_was_to_go_to_quarantine(
    small_disk: Path, tmp_path: Path
) -> None:
    album = trees.make_tree(tmp_path / "Album", BIG)
    (small_disk / "ballast").write_bytes(bytes(1_800_000))
    with pytest.raises(DiskFull):
        quarantine.move_to_quarantine(album, small_disk, "test")
    assert set(trees.contents(album)) == {*BIG, "empty"}
    assert quarantine.list_entries(small_disk) == []


@pytest.fixture
def locked() -> Iterator[Path]:
    """A folder that this process may read but not write, next to one that it may write.

    Root loses its privileges meanwhile, as modes do not bind it.
    """
    with tempfile.TemporaryDirectory() as name:  # which every user may enter, unlike tmp_path
        folder = Path(name) / "locked"
        trees.make_tree(folder / "Album")
        folder.chmod(0o555)
        (Path(name) / "own").mkdir()
        Path(name).chmod(0o755)
        (Path(name) / "own").chmod(0o777)
        privileged = os.geteuid() == 0
        if privileged:
            os.seteuid(NOBODY)
        yield folder
        if privileged:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_read_only_archive_is_a_clear_error(locked: Path) -> None:
    album = trees.make_tree(locked.parent / "own" / "Album")
    manifest = build_manifest(album)
    before = trees.contents(album)
    acts: list[Callable[[], object]] = [
        lambda: publish.copy_to_archive(album, locked / "archive", manifest, {}),
        lambda: publish.move_to_output(album, locked / "out", manifest),
        lambda: quarantine.move_to_quarantine(locked / "Album", locked, "test"),
    ]
    for act in acts:
        with pytest.raises(NotCopied, match=r"Permission denied\. Grant this user access"):
            act()
    assert trees.contents(album) == before
    copy_to_source(locked / "Album", album)  # reading is enough for a copy


def test_a_read_only_file_system_is_a_clear_error(small_disk: Path, tmp_path: Path) -> None:
    album = trees.make_tree(tmp_path / "Album")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(MediakeepError, match="Mount its file system writable"):
        publish.copy_to_archive(album, small_disk / "Album", build_manifest(album), {})
