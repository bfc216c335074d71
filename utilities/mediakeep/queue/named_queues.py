"""The named queues of a kind: each is a folder in that of the kind's main queue.

status/transfers/          the main queue
status/transfers/night/    the queue "night", whose kind is called "transfers/night"
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.kinds import Kind
from mediakeep.queue import checkpoints, compaction, item_archive, journal_lookup, sessions
from mediakeep.queue.history import event_log

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")  # equal on file systems that ignore case
_TAKEN = frozenset(  # folders of every queue
    {
        *(checkpoints.FOLDER, compaction.ASIDE_FOLDER, event_log.FOLDER, item_archive.FOLDER),
        *(sessions.LIVE_FOLDER, sessions.LOG_FOLDER),
    }
)


def check_name(name: str) -> None:
    """Raise UsageError if a queue cannot have a name."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'"{path_text.to_printable(name)}" cannot be the name of a queue. Use at most 40 small'
            " letters, digits, - and _, such as night."
        )
    if name in _TAKEN:
        raise UsageError(f'"{name}" is a folder of every queue. Use another name for the queue.')


def name_output(kind: Kind, name: str, taken: Container[str]) -> str:
    """Return a name for the outputs and working files of an item, which is not in `taken`.

    `name` is escaped. The queues of a kind share the folders of these files, so the name ends with
    that of the queue, and in the main queue with "@" if it would end with one.
    """
    text = path_text.unescape_path(name)
    is_alike = kind.stages and _NAME.fullmatch(text.rpartition("@")[2]) and "@" in text
    ending = f"@{kind.queue}" if kind.queue else "@" if is_alike else ""
    return path_text.safe_name(text, taken, ending)


def list_names(folder: Path) -> list[str]:
    """List the names of the queues in the folder of a kind's main queue."""
    return sorted(path.name for path in iter_folders(folder) if _holds_queue(path))


def iter_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders in that of a kind's main queue that may be those of named queues."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in _TAKEN and _NAME.fullmatch(path.name) and path.is_dir():
            yield path


def _holds_queue(folder: Path) -> bool:
    return journal_lookup.queue_exists(folder) or bool(checkpoints.list_checkpoints(folder))
