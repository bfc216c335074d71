"""Install the files of a backup; replaced files are moved away, never removed."""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from pathlib import Path

from mediakeep import files
from mediakeep.queue import history, rewrite, sessions
from mediakeep.queue.backups.sounds import join


def put(path: Path, target: Path, replaced: Path) -> None:
    """Install a file; a different file at its path is moved to `replaced`."""
    if target.is_file() and filecmp.cmp(path, target, shallow=False):
        path.unlink()
        return
    if os.path.lexists(target):
        replaced.parent.mkdir(parents=True, exist_ok=True)
        _move(target, rewrite.free(replaced.parent, replaced.name, ""))
    target.parent.mkdir(parents=True, exist_ok=True)
    _move(path, target)


def _move(path: Path, target: Path) -> None:
    """Rename a file, or copy it if part of the home is on another disk."""
    try:
        os.rename(path, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(path, target)
        path.unlink()


def carry(current: Path, staged: Path) -> None:
    """Copy what is newer than the backup to the restored queue.

    This is the essence database, the session logs, whose numbers are never reused, and the history,
    if it continues that of the backup.
    """
    join(current, staged)
    names = {path.name.partition(".")[0] for path in (staged / sessions.LOGS).glob("*")}
    for path in (current / sessions.LOGS).glob("*.log*"):
        target = staged / sessions.LOGS / path.name
        new = path.name.partition(".")[0] not in names
        # A log that was copied while its session was running has grown since.
        if sessions.numbered(path) and (new or (target.exists() and _begins(path, target))):
            _copy(path, target)
    restored = history.paths(staged)
    if all(_begins(current / history.FOLDER / path.name, path) for path in restored):
        for path in history.paths(current):
            _copy(path, staged / history.FOLDER / path.name)


def _copy(path: Path, target: Path) -> None:
    files.make_folder(target.parent)
    temporary = target.with_name(f".{os.urandom(6).hex()}.tmp")
    shutil.copy2(path, temporary)
    with temporary.open("rb") as stream:
        files.sync_data(stream.fileno())
    os.rename(temporary, target)
    files.sync_folder(target.parent)


def _begins(path: Path, beginning: Path) -> bool:
    """Return whether a file starts with the whole content of another."""
    try:
        with path.open("rb") as longer, beginning.open("rb") as shorter:
            while piece := shorter.read(1 << 20):
                if longer.read(len(piece)) != piece:
                    return False
    except FileNotFoundError:
        return False
    return True
