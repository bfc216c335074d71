"""Remove backups after their retention time.

A backup is hidden by a new name, noted in the log, and then deleted. A killed call leaves it
complete, or hidden; the next call deletes what is hidden. Each removal is one line of the log.

    <root>/cleanup_log.txt                          time, name, size and reason, by tabs
    <root>/.expired-<name>_20261122_143000/         a backup that is being deleted
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Container, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from mediakeep import atomic_files, clock, path_text
from mediakeep.workspace.backups import PART_PATTERN, list_backups
from mediakeep.workspace.folder_locks import open_and_lock
from mediakeep.workspace.manifest import walk
from mediakeep.workspace.system_errors import translate_errors

LOG_FILE = "cleanup_log.txt"
_HIDDEN = ".expired-"
_PART_AGE = timedelta(days=1)  # after which an unfinished backup is not continued any more


def expire_backups(
    root: Path, days: int, now: clock.Clock = clock.now, kept_jobs: Container[str] = ()
) -> list[Path]:
    """Remove complete backups older than a number of days, and return their paths.

    With 0 days, complete backups are kept. Those of `kept_jobs`, by key, are kept, and those that
    files are being restored from. Unfinished backups that no process has written to for a day are
    removed. Folders without the record of a backup are left alone. Raises NotCopied.
    """
    moment = now()
    candidates = list(_find_expired(root, days, moment, kept_jobs))
    if not candidates and not list(root.glob(f"{_HIDDEN}*")):
        return []
    log = root / LOG_FILE
    with translate_errors(log), atomic_files.exclusive_lock(log) as handle:
        removed = [
            path for path, reason, name in candidates if _hide(path, root / f"{_HIDDEN}{name}")
        ]
        reasons = {name: reason for _, reason, name in candidates}
        for hidden in sorted(root.glob(f"{_HIDDEN}*")):
            name = hidden.name.removeprefix(_HIDDEN)
            reason = reasons.get(name, "removal continued")
            _log_removal(handle, hidden, name, reason, moment)
            shutil.rmtree(hidden)
        atomic_files.sync_folder(root)
    return removed


def _find_expired(
    root: Path, days: int, moment: datetime, kept_jobs: Container[str]
) -> Iterator[tuple[Path, str, str]]:
    """Yield each folder to remove, the reason, and a name for the log that is never used again."""
    if days:
        for path, record in list_backups(root):
            is_old = moment - record.created > timedelta(days=days)
            if is_old and record.job not in kept_jobs:
                yield path, f"older than {days} days", path.name
    for path in sorted(root.glob(PART_PATTERN)):
        try:
            changed = datetime.fromtimestamp(path.lstat().st_mtime, moment.tzinfo)
        except FileNotFoundError:  # its job has finished it
            continue
        if moment - changed > _PART_AGE:
            name = f"{path.stem.lstrip('.')}_{changed:%Y%m%d_%H%M%S_%f}"
            yield path, "unfinished", name


def _hide(path: Path, hidden: Path) -> bool:
    """Rename a folder, unless a process is using it or has removed it."""
    with contextlib.suppress(FileNotFoundError), open_and_lock(path) as is_locked:
        if is_locked:
            path.replace(hidden)
            atomic_files.sync_folder(path.parent)
        return is_locked
    return False


def _log_removal(handle: int, hidden: Path, name: str, reason: str, moment: datetime) -> None:
    """Append a line to the log, unless a killed call did."""
    shown = path_text.display_path(name)
    end = os.fstat(handle).st_size
    lines = os.pread(handle, end, 0).splitlines(keepends=True)
    if any(f"\t{shown}\t".encode() in line and line.endswith(b"\n") for line in lines):
        return
    size = sum(facts.st_size for _, facts in walk(hidden))
    line = f"{clock.format_iso(moment)}\t{shown}\t{size} bytes\t{reason}\n".encode()
    torn = bool(lines) and not lines[-1].endswith(b"\n")
    atomic_files.write_at(handle, b"\n" * torn + line, end)
    atomic_files.sync_data(handle)
