"""Run a task: one call of a worker. This is the only place that converts errors to results."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from mediakeep import files
from mediakeep.errors import ItemFailed, LibraryGone, MediakeepError, NoCache, NoRoom, Stopped
from mediakeep.item import Status
from mediakeep.media import file_errors
from mediakeep.outcome import Opening, Outcome, Parts, Progress, Work, Worker
from mediakeep.runner.stop import BrokenOff

_ENDS = (Status.COMPLETED, Status.ERROR, Status.SKIPPED)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_CURES = {
    errno.ENOSPC: "Free some space there, then run again.",
    errno.EDQUOT: "Free some of your quota there, then run again.",
    errno.EACCES: "Give this user the right to it, then run again.",
    errno.EPERM: "Give this user the right to it, then run again.",
    errno.EROFS: "Mount it writable, then run again.",
    errno.EIO: "Check the disk and its cable, then run again.",
    errno.ESTALE: "Mount the share again, then run again.",
}


_LONGEST_WAIT = 86400.0  # seconds
_WORTH_TELLING = 1.0  # seconds; shorter waits, as between two requests, are not reported


class Part(msgspec.Struct, frozen=True):
    """One part of a stage: its number, its input, and the function to call."""

    number: int
    given: Any
    run: Callable[[Any, Progress], Any]


class Task(msgspec.Struct, frozen=True):
    """A worker call for an item, or for one part of it."""

    key: str
    work: Work
    part: Part | None = None
    alone: bool = False  # in a process of its own, with no other task running


class PartDone(msgspec.Struct, frozen=True):
    """The result of a finished part."""

    result: Any


class Failed(msgspec.Struct, frozen=True):
    """The error of a failed task."""

    message: str
    traceback: str = ""


class Gone(msgspec.Struct, frozen=True):
    """The batch cannot continue, for a reason that is not the fault of an item.

    The library is missing, for example, or the disk is full.
    """

    error: MediakeepError


class Quit(msgspec.Struct, frozen=True):
    """The user quit at a prompt: the item is released, and the batch ends."""


class Lost(msgspec.Struct, frozen=True):
    """The process that ran the task died, or was killed after a timeout."""

    why: str


Result = Outcome | Parts | PartDone | Failed | Gone | Quit | Lost


@contextlib.contextmanager
def opened(worker_factory: Opening) -> Iterator[Worker]:
    """Open the worker of a process; raise ItemFailed if it cannot start."""
    with contextlib.ExitStack() as stack:
        try:
            worker = stack.enter_context(worker_factory())
        except MediakeepError:
            raise
        except Exception as error:
            raise ItemFailed(f"A worker could not start: {explain(error)}") from error
        yield worker


def run(worker: Worker, task: Task, progress: Progress) -> Result:
    """Run a task and return its result; exceptions become results, too."""
    try:
        if task.part:
            return PartDone(_plain(task.part.run(task.part.given, progress)))
        return _checked(worker(task.work, progress))
    except (LibraryGone, NoCache, NoRoom) as error:
        return Gone(error)
    except Stopped:
        return Quit()
    except OSError as error:
        return Gone(NoRoom(explain(error))) if error.errno in _NO_ROOM else failure(task, error)
    except (BrokenOff, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - a worker may fail in any way, the batch must not
        return failure(task, error)


def _checked(result: Any) -> Outcome | Parts:
    """Check that the result of a worker can be recorded, and return it as plain JSON values."""
    if isinstance(result, Parts):
        return result
    if not isinstance(result, Outcome):
        raise TypeError(f"the worker returned {type(result).__name__}, not an Outcome")
    if result.state not in _ENDS:
        raise ValueError(f"the worker returned {result.state!r}, which is not a final status")
    after = _plain(result.retry_after)
    return replace(
        result,
        message=files.printable(result.message),
        data=dict(_plain(result.data)),
        facts=dict(_plain(result.facts)),
        open_ids=tuple(_plain(result.open_ids)),
        retry_after=None if after is None else float(after),
    )


def _plain(thing: Any) -> Any:
    """Return a value as decoded from JSON, so that it is the same as after a crash."""
    try:
        return msgspec.json.decode(msgspec.json.encode(thing))
    except (TypeError, ValueError) as error:
        raise TypeError(f"the result of the worker cannot be recorded: {error}") from error


def span(seconds: float) -> float:
    """Return the extension of the deadline for a reported wait; 0 if it is not positive."""
    return min(seconds, _LONGEST_WAIT) if seconds > 0 else 0.0


def is_told(seconds: float) -> bool:
    """Return whether a wait is long enough to be reported as progress."""
    return seconds >= _WORTH_TELLING


def failure(task: Task, error: BaseException) -> Outcome | Failed:
    """Return the result of a task that raised an error."""
    message, trace = explain(error), _trace(error)
    if task.part:
        return Failed(message, trace)
    return Outcome(Status.ERROR, message, traceback=trace)


def _trace(error: BaseException) -> str:
    return file_errors.trace(error)


def explain(error: BaseException) -> str:
    """Return a sentence with the problem, the path and a fix."""
    try:
        return files.printable(_sentence(error))
    except Exception:  # noqa: BLE001 - str() of the error failed
        return type(error).__name__


def _sentence(error: BaseException) -> str:
    if isinstance(error, MediakeepError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        place = f"{files.display_path(error.filename)}: " if isinstance(error.filename, str) else ""
        return f"{place}{error.strerror}. {_CURES.get(error.errno or 0, '')}".strip()
    return f"{type(error).__name__}: {error}"
