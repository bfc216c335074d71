"""The folder of a test run in memory is removed, and those of killed runs by the next run."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests import memory_folder
from tests.memory_folder import MemoryFolder
from tests.sampling import each_row

pytestmark = pytest.mark.linux  # /dev/shm


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that has room, as far as anybody asks."""
    monkeypatch.setattr(memory_folder, "_ROOM", 0)
    return tmp_path


def test_it_is_made_and_removed_with_all_in_it(place: Path) -> None:
    folder = MemoryFolder.create(place)
    assert folder
    (folder.path / "closed").mkdir()
    (folder.path / "closed" / "file").touch()
    (folder.path / "closed").chmod(0)
    assert memory_folder.find_memory_folder(folder.path / "closed") == folder.path
    folder.remove()
    assert list(place.iterdir()) == []


def test_the_next_run_removes_what_a_killed_run_left_and_nothing_of_a_running_one(
    place: Path,
) -> None:
    running = MemoryFolder.create(place)
    assert running
    (place / "mediakeep-tests-left" / "more").mkdir(parents=True)
    (place / "of others").mkdir()
    mine = MemoryFolder.create(place)
    assert mine
    assert set(place.iterdir()) == {running.path, mine.path, place / "of others"}
    running.remove()
    mine.remove()


def test_without_room_there_is_none(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_folder, "_ROOM", 1 << 62)
    assert MemoryFolder.create(place) is None
    assert MemoryFolder.create(place / "nowhere") is None


@each_row("mode", [0o1777, 0o755])
def test_removing_a_missing_folder_changes_no_folder_above_it(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    memory_folder.remove_folder(tmp_path / "gone")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == mode


def test_a_closed_parent_is_not_opened_but_closed_folders_inside_are(tmp_path: Path) -> None:
    parent, folder = tmp_path / "parent", tmp_path / "parent" / "folder"
    (folder / "closed" / "deep").mkdir(parents=True)
    for path in (folder / "closed" / "deep", folder / "closed", folder):
        path.chmod(0o500)
    parent.chmod(0o711)
    memory_folder.remove_folder(folder)
    assert not folder.exists()
    assert stat.S_IMODE(parent.stat().st_mode) == 0o711
