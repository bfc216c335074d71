"""One call of a worker, and the only place where an error becomes a result."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass
from typing import Any

from mediakeep import files
from mediakeep.errors import LibraryGone, MediakeepError
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker

_CURES = {
    errno.ENOSPC: "Free some space there, then run again.",
    errno.EDQUOT: "Free some of your quota there, then run again.",
    errno.EACCES: "Give this user the right to it, then run again.",
    errno.EPERM: "Give this user the right to it, then run again.",
    errno.EROFS: "Mount it writable, then run again.",
    errno.EIO: "Check the disk and its cable, then run again.",
    errno.ESTALE: "Mount the share again, then run again.",
}


@dataclass(frozen=True)
class Task:
    """Something to run: a worker's call on an item, or one part of it."""

    key: str
    work: Work
    part: int | None = None
    parts: Parts | None = None
    alone: bool = False  # with no neighbour, in a process of its own


@dataclass(frozen=True)
class PartDone:
    """A finished part."""

    result: Any


@dataclass(frozen=True)
class Failed:
    """A failed part."""

    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Gone:
    """The library itself is gone: no item is to blame."""

    error: LibraryGone


@dataclass(frozen=True)
class Lost:
    """The process that ran the task died, or was killed because it took too long."""

    why: str


Result = Outcome | Parts | PartDone | Failed | Gone | Lost


def run(worker: Worker, task: Task, progress: Progress) -> Result:
    """Run a task; whatever it raises becomes a result."""
    try:
        if task.parts is not None and task.part is not None:
            return PartDone(task.parts.run(task.parts.inputs[task.part], progress))
        return worker(task.work, progress)
    except LibraryGone as gone:
        return Gone(gone)
    except Exception as error:  # noqa: BLE001 - a worker may fail in any way, the batch may not
        return _failed(task, explain(error), _trace(error))


def _failed(task: Task, message: str, trace: str) -> Outcome | Failed:
    if task.part is not None:
        return Failed(message, trace)
    return Outcome(Status.ERROR, message, traceback=trace)


def _trace(error: Exception) -> str:
    return "" if isinstance(error, MediakeepError) else "".join(traceback.format_exception(error))


def explain(error: Exception) -> str:
    """Say in a sentence what went wrong, where, and what helps."""
    if isinstance(error, MediakeepError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        place = f"{files.escape(error.filename)}: " if isinstance(error.filename, str) else ""
        cure = _CURES.get(error.errno or 0, "")
        return f"{place}{error.strerror}. {cure}".strip()
    return files.printable(f"{type(error).__name__}: {error}")
