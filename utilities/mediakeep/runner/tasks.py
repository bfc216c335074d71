"""Run a task, which is one call of a worker, and convert its errors to results."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from mediakeep import path_text
from mediakeep.errors import (
    DiskFull,
    ItemFailed,
    LibraryMissing,
    MediakeepError,
    NoCache,
    NotAuthorised,
    StateDamaged,
    Stopped,
    VolumeFull,
)
from mediakeep.item import MAX_NUMBER, Status
from mediakeep.media import file_errors
from mediakeep.outcome import (
    Aborting,
    Outcome,
    Parts,
    Progress,
    Stopping,
    Work,
    Worker,
    WorkerFactory,
)
from mediakeep.runner import memory_limit, volumes
from mediakeep.runner.signals import Interrupted
from mediakeep.runner.task_usage import TaskUsage, UsageMeter
from mediakeep.runner.volumes import FullVolume

_DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_FIX_HINTS = {
    errno.ENOSPC: "Free some space there, then run again.",
    errno.EDQUOT: "Free some of your quota there, then run again.",
    errno.EACCES: "Give this user the right to it, then run again.",
    errno.EPERM: "Give this user the right to it, then run again.",
    errno.EROFS: "Mount it writable, then run again.",
    errno.EIO: "Check the disk and its cable, then run again.",
    errno.ESTALE: "Mount the share again, then run again.",
}


_MAX_WAIT = 86400.0  # seconds
_MIN_REPORTED_WAIT = 1.0  # seconds; shorter waits, as between two requests, are not reported
_FINAL_STATUSES = (Status.COMPLETED, Status.ERROR, Status.SKIPPED)
# Fields of an item that only the queue itself sets.
_QUEUE_FIELDS = frozenset(
    {
        *("status", "session", "claim", "first_claim", "settled", "suspect", "for_lookup"),
        *("attempts", "processing_stage", "failed_stage", "cleanup_stage", "resume_stage"),
        *("parts", "made_progress", "refunds"),
        *("parked", "out_of_space", "not_before", "error_message", "error_date", "returns_to"),
    }
)
# Facts of history events that are not about one run of a worker.
_QUEUE_FACTS = frozenset({"undone", "redone", "anew", "known", "renamed"})


class StagePart(msgspec.Struct, frozen=True):
    """A part of a stage, which runs separately: its number, its input, and the function to call."""

    number: int
    value: Any
    run: Callable[[Any, Progress], Any]


class Task(msgspec.Struct, frozen=True):
    """A worker call to make for an item, or for one part of its stage."""

    key: str
    work: Work
    part: StagePart | None = None
    alone: bool = False  # in a process of its own, with no other task running

    @property
    def part_number(self) -> int:
        """The number of the part, from 0, or -1 if the task is no part."""
        return self.part.number if self.part else -1


class PartDone(msgspec.Struct, frozen=True):
    """The result of a finished part of a stage."""

    result: Any


class TaskFailed(msgspec.Struct, frozen=True):
    """The error message of a failed part of a stage, with its traceback.

    With `is_final`, the part need not run again. `made_progress` is the bytes that it has so far.
    """

    message: str
    traceback: str = ""
    is_final: bool = False
    made_progress: int = 0


class BatchAborted(msgspec.Struct, frozen=True):
    """The error that ends a batch, for a reason that is not the fault of an item.

    The library is missing, for example, or the disk is full.
    """

    error: MediakeepError


class UserQuit(msgspec.Struct, frozen=True):
    """The result of a task during which the user quit at a prompt.

    The item is released, and the batch ends.
    """


class TaskStopped(msgspec.Struct, frozen=True):
    """The result of a task that its worker ended because a stop was requested.

    The item is released, and no attempt is counted.
    """


class WorkerDied(msgspec.Struct, frozen=True):
    """The result of a task whose process died, or was killed at a time limit.

    `host` is the name of its machine, "" for this one.
    """

    reason: str
    host: str = ""

    @property
    def message(self) -> str:
        """The reason, with the host."""
        return f"{self.reason} on {self.host}" if self.host else self.reason


TaskResult = (
    Outcome
    | Parts
    | PartDone
    | TaskFailed
    | BatchAborted
    | UserQuit
    | TaskStopped
    | FullVolume
    | WorkerDied
)


@contextlib.contextmanager
def open_worker(worker_factory: WorkerFactory) -> Iterator[Worker]:
    """Open the worker of this process for a `with` block; raise ItemFailed if it cannot start."""
    lost: MediakeepError | None = None
    try:
        with contextlib.ExitStack() as stack:
            try:
                worker = stack.enter_context(worker_factory())
            except MediakeepError:
                raise
            except Exception as error:
                raise ItemFailed(f"A worker could not start: {format_error(error)}") from error
            yield worker
    except Aborting as aborting:
        lost = aborting.error
    if lost:  # raised here, as one with Aborting as its context could not be pickled
        raise lost


def run_task(worker: Worker, task: Task, progress: Progress) -> TaskResult:
    """Run a task and return its result; most exceptions become results, too."""
    try:
        if task.part:
            return PartDone(to_json_values(task.part.run(task.part.value, progress)))
        return check_result(worker(task.work, progress), task.work)
    except (LibraryMissing, NoCache, NotAuthorised, DiskFull, StateDamaged) as error:
        return BatchAborted(error)
    except Aborting as aborting:
        return BatchAborted(aborting.error)
    except Stopped:
        return UserQuit()
    except Stopping:
        return TaskStopped()
    except (VolumeFull, OSError) as error:
        return _build_disk_result(task, error)
    except (Interrupted, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - a worker may fail in any way, the batch must not
        return build_failure(task, error)


def run_measured_task(
    worker: Worker, task: Task, progress: Progress
) -> tuple[TaskResult, TaskUsage | None]:
    """Run a task, and return its result and what it used; that is measured for stages only."""
    meter = UsageMeter() if task.work.stage else None
    result = run_task(worker, task, progress)
    return result, meter.measure() if meter else None


def _build_disk_result(task: Task, error: VolumeFull | OSError) -> TaskResult:
    """Return the result for an error of the disk; without stages, a full disk ends the batch."""
    number = errno.ENOSPC if isinstance(error, VolumeFull) else error.errno
    if number in volumes.FULL_ERRNOS and task.work.stage:
        return FullVolume.from_error(error, format_error(error))
    if number in _DISK_FULL_ERRNOS:
        return BatchAborted(DiskFull(format_error(error)))
    return build_failure(task, error)


def clamp_wait(seconds: float) -> float:
    """Return by how many seconds a wait for a service extends the deadline of a task.

    That is the wait itself, but at least 0 and at most a day.
    """
    return min(seconds, _MAX_WAIT) if seconds > 0 else 0.0


def is_reportable_wait(seconds: float) -> bool:
    """Return whether a wait of `seconds` is long enough (1 second) to be shown to the user."""
    return seconds >= _MIN_REPORTED_WAIT


def build_failure(task: Task, error: BaseException) -> Outcome | TaskFailed:
    """Return the result for a task that raised an exception."""
    message, trace = format_error(error), file_errors.traceback_text(error)
    is_final, size = False, 0
    if isinstance(error, MediakeepError):
        is_final, size = error.is_final, to_byte_count(error.made_progress)
    if task.part:
        return TaskFailed(message, trace, is_final, size)
    return Outcome(Status.ERROR, message, is_final=is_final, made_progress=size, traceback=trace)


def format_error(error: BaseException) -> str:
    """Return an error as a sentence for the user, with the problem, the path and a fix."""
    try:
        return path_text.to_printable(_error_sentence(error))
    except Exception:  # noqa: BLE001 - str() of the error failed
        return type(error).__name__


def _error_sentence(error: BaseException) -> str:
    hint = f" {memory_limit.format_hint()}" if memory_limit.is_out_of_memory(error) else ""
    if isinstance(error, MediakeepError):
        return str(error) + hint
    if hint:
        return hint.strip()
    if isinstance(error, OSError) and error.strerror:
        place = (
            f"{path_text.display_path(error.filename)}: " if isinstance(error.filename, str) else ""
        )
        return f"{place}{error.strerror}. {_FIX_HINTS.get(error.errno or 0, '')}".strip()
    return f"{type(error).__name__}: {error}"


def check_result(result: Any, work: Work) -> Outcome | Parts:
    """Return the result of a worker as plain JSON values.

    Raise TypeError or ValueError if it cannot be recorded. Only with a stage, or a time, an outcome
    may be pending.
    """
    if isinstance(result, Parts):
        return _check_parts(result)
    if not isinstance(result, Outcome):
        raise TypeError(f"the worker returned {type(result).__name__}, not an Outcome")
    _check_state(result, work)
    after = to_json_values(result.retry_after)
    outcome = replace(
        result,
        state=Status(result.state),
        message=path_text.to_printable(result.message),
        data=dict(to_json_values(result.data)),
        facts=dict(to_json_values(result.facts)),
        open_ids=tuple(to_json_values(result.open_ids)),
        retry_after=None if after is None else float(after),
        made_progress=to_byte_count(result.made_progress),
    )
    _check_names("data", outcome.data, _QUEUE_FIELDS)
    _check_names("facts", outcome.facts, _QUEUE_FACTS)
    return outcome


def to_byte_count(value: object) -> int:
    """Return a number of bytes as the queue can store it, 0 for one that is negative or none."""
    return int(min(max(0, value), MAX_NUMBER)) if isinstance(value, (int, float)) else 0


def _check_state(outcome: Outcome, work: Work) -> None:
    is_parked = outcome.state == Status.PENDING and (work.stage or outcome.retry_after is not None)
    if outcome.state not in _FINAL_STATUSES and not is_parked:
        raise ValueError(f"the worker returned {outcome.state!r}, which is not a final status")


def _check_names(what: str, names: Iterable[str], reserved: frozenset[str]) -> None:
    if taken := reserved & set(names):
        raise ValueError(f"the worker returned {what} with {min(taken)!r}, which the queue sets")


def _check_parts(parts: Parts) -> Parts:
    if not callable(parts.run):
        raise TypeError("the worker returned Parts without a function to run")
    weights = tuple(float(weight) for weight in parts.weights)
    return replace(parts, inputs=tuple(parts.inputs), weights=weights)


def to_json_values(thing: Any) -> Any:
    """Return a value as it would be after encoding to JSON and decoding.

    So it is the same as after a crash.
    """
    try:
        return msgspec.json.decode(msgspec.json.encode(thing))
    except (TypeError, ValueError) as error:
        raise TypeError(f"the result of the worker cannot be recorded: {error}") from error
