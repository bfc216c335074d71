"""Files of a backup in their places: what they replace is moved away, never removed."""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from pathlib import Path

from mediakeep import files
from mediakeep.queue import history, rewrite, sessions
from mediakeep.queue.backups import sounds


def put(path: Path, target: Path, replaced: Path) -> None:
    """Put a file in its place; another that is there already goes to where it is kept."""
    if target.is_file() and filecmp.cmp(path, target, shallow=False):
        path.unlink()
        return
    if os.path.lexists(target):
        replaced.parent.mkdir(parents=True, exist_ok=True)
        _move(target, rewrite.free(replaced.parent, replaced.name, ""))
    target.parent.mkdir(parents=True, exist_ok=True)
    _move(path, target)


def _move(path: Path, target: Path) -> None:
    """Rename a file, or copy it whole where a part of the home lies on another disk."""
    try:
        os.rename(path, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(path, target)
        path.unlink()


def carry(current: Path, staged: Path) -> None:
    """Have the restored queue go on with the ledger of sounds, with the logs, whose numbers are
    never given again, and with the history, where it is a later one of the same queue.
    """
    sounds.join(current, staged)
    names = {path.name.partition(".")[0] for path in (staged / sessions.LOGS).glob("*")}
    for path in (current / sessions.LOGS).glob("*.log*"):
        target = staged / sessions.LOGS / path.name
        new = path.name.partition(".")[0] not in names
        # One that was copied while its session was at work has grown since.
        if sessions.numbered(path) and (new or (target.exists() and _begins(path, target))):
            _copy(path, target)
    then = history.paths(staged)
    if all(_begins(current / history.FOLDER / path.name, path) for path in then):
        for path in history.paths(current):
            _copy(path, staged / history.FOLDER / path.name)


def _copy(path: Path, target: Path) -> None:
    files.make_folder(target.parent)
    beside = target.with_name(f".{os.urandom(6).hex()}.tmp")
    shutil.copy2(path, beside)
    with beside.open("rb") as stream:
        files.sync_data(stream.fileno())
    os.rename(beside, target)
    files.sync_folder(target.parent)


def _begins(path: Path, beginning: Path) -> bool:
    """Tell whether a file begins with the whole content of another."""
    try:
        with path.open("rb") as longer, beginning.open("rb") as shorter:
            while piece := shorter.read(1 << 20):
                if longer.read(len(piece)) != piece:
                    return False
    except FileNotFoundError:
        return False
    return True
