"""Group writes: each file is complete, no temporary remains, and errors name the right file."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mediakeep import atomic_files


def test_several_files_are_replaced_and_folders_made(tmp_path: Path) -> None:
    old, new = tmp_path / "a" / "old.csv", tmp_path / "b" / "new.md"
    atomic_files.write_atomic(old, "before")
    atomic_files.write_atomic_group({old: b"after", new: b"first"})
    assert (old.read_bytes(), new.read_bytes()) == (b"after", b"first")
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["new.md", "old.csv"]


def test_what_cannot_be_replaced_is_named_and_leaves_nothing_behind(tmp_path: Path) -> None:
    first, folder = tmp_path / "a.md", tmp_path / "taken.csv"
    folder.mkdir()
    with pytest.raises(OSError, match=r"taken\.csv"):
        atomic_files.write_atomic_group({first: b"whole", folder: b"no"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "taken.csv"]
    assert first.read_bytes() == b"whole"


def test_a_disk_that_fails_at_a_sync_is_told_with_the_file_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    # a disk that fails cannot be had for a test
    monkeypatch.setattr(atomic_files, "sync_data", fail)
    with pytest.raises(OSError, match=r"first\.md"):
        atomic_files.write_atomic_group(
            {tmp_path / "first.md": b"a", tmp_path / "second.csv": b"b"}
        )
    assert not list(tmp_path.iterdir())


def test_where_one_cannot_be_written_none_is_touched(tmp_path: Path) -> None:
    first, file = tmp_path / "a.md", tmp_path / "file"
    atomic_files.write_atomic(first, "before")
    file.write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        atomic_files.write_atomic_group({first: b"after", file / "below.csv": b"no"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "file"]
    assert first.read_bytes() == b"before"
