"""Keep replaced and removed files of users for some days.

<root>/.mediakeep-quarantine/20261122-1f2e3d4c5b6a/record.json   where it came from
<root>/.mediakeep-quarantine/20261122-1f2e3d4c5b6a/content       the file or folder itself
"""

from __future__ import annotations

import contextlib
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from mediakeep import atomic_files, clock, path_text
from mediakeep.workspace import moves
from mediakeep.workspace.system_errors import (
    read_working_file,
    translate_errors,
    write_working_file,
)

FOLDER = ".mediakeep-quarantine"
_RECORD = "record.json"
_CONTENT = "content"
_EXPIRED = ".expired-"  # prefix of entries that are being deleted


class QuarantineEntry(msgspec.Struct, frozen=True):
    """A file or folder in quarantine; `path` is the escaped path that it came from."""

    id: str
    path: str
    reason: str
    date: datetime

    def content_path(self, root: Path) -> Path:
        """Return where the file or folder is kept, in the quarantine of a root folder."""
        return root / FOLDER / self.id / _CONTENT

    @property
    def original_path(self) -> Path:
        return Path(path_text.unescape_path(self.path))


def move_to_quarantine(
    path: Path, root: Path, reason: str, now: clock.Clock = clock.now
) -> QuarantineEntry:
    """Move a file or folder into the quarantine of a root folder, and return its entry.

    Raises NotCopied and DiskFull; then it is still at its path.
    """
    path = path.absolute()
    moment = now()
    name = f"{moment:%Y%m%d}-{os.urandom(6).hex()}"
    entry = QuarantineEntry(name, path_text.escape_path(path), reason, moment)
    folder = root / FOLDER / name
    write_working_file(folder / _RECORD, entry)
    try:
        _move(path, folder / _CONTENT)
    except BaseException:
        if not os.path.lexists(folder / _CONTENT):
            shutil.rmtree(folder, ignore_errors=True)  # what is left expires
        raise
    return entry


def list_entries(root: Path) -> list[QuarantineEntry]:
    """Return the entries of a quarantine, oldest first.

    Raise WorkingFilesChanged if the record of one is damaged, and NotCopied if it cannot be read.
    """
    entries = []
    for record in (root / FOLDER).glob(f"[!.]*/{_RECORD}"):
        if os.path.lexists(record.with_name(_CONTENT)):  # else killed before the move
            hint = f"Its file is next to it, named {_CONTENT}. Move it by hand."
            if entry := read_working_file(record, QuarantineEntry, hint):
                entries.append(entry)
    return sorted(entries, key=lambda entry: (entry.date, entry.id))


def restore_entry(root: Path, entry: QuarantineEntry) -> Path:
    """Move a file or folder back to where it came from; raise TargetExists if that is taken."""
    folder, target = root / FOLDER / entry.id, entry.original_path
    _move(folder / _CONTENT, target)
    _delete_entry(folder)
    return target


def expire_entries(root: Path, days: float, now: clock.Clock = clock.now) -> list[QuarantineEntry]:
    """Delete entries that are older than a number of days, and return them."""
    oldest = now() - timedelta(days=days)
    expired = [entry for entry in list_entries(root) if entry.date < oldest]
    for entry in expired:
        _delete_entry(root / FOLDER / entry.id)
    for folder in (root / FOLDER).glob("*"):  # of killed runs
        if folder.name.startswith(_EXPIRED):
            _delete_folder(folder)
        elif _is_old_and_empty(folder, oldest):
            _delete_entry(folder)
    return expired


def _move(source: Path, target: Path) -> None:
    """Move anything within a file system, links as they are; to another one, files and folders."""
    moves.remove_abandoned_parts(target.parent)
    moves.move_by(source, target, lambda staged: moves.rename_into_place(staged, target))


def _is_old_and_empty(folder: Path, oldest: datetime) -> bool:
    with translate_errors(folder):
        old = folder.stat().st_mtime < oldest.timestamp()
    return old and not os.path.lexists(folder / _CONTENT)


def _delete_entry(folder: Path) -> None:
    """Delete an entry so that a kill leaves it whole or out of the list."""
    expired = folder.with_name(f"{_EXPIRED}{folder.name}")
    with translate_errors(folder):
        folder.replace(expired)
        atomic_files.sync_folder(folder.parent)
    _delete_folder(expired)
    with contextlib.suppress(OSError):  # not empty
        folder.parent.rmdir()


def _delete_folder(folder: Path) -> None:
    with translate_errors(folder):
        shutil.rmtree(folder)
