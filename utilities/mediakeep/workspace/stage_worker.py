"""Run the stages of a kind of jobs, and give the errors of stages and parts their meaning.

| raised in a stage | becomes |
|---|---|
| NotEnoughSpace | the item waits for disk space, and no attempt is counted |
| VolumeFull, or OSError of a full volume | the same, by the runner |
| LibraryMissing, NoCache, NotAuthorised, Stopped | the end of the batch, by the runner |
| DiskFull or EncodingFailed that a full volume has caused | the same |
| an error with `retry_after`, such as Outage and LimitReached | the item waits, as above |
| another MediakeepError, MemoryError | the attempt has failed; it is the last if that is final |
| anything else | what the runner makes of it |
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from mediakeep.errors import (
    DecodingFailed,
    DiskFull,
    EncodingFailed,
    LibraryMissing,
    MediakeepError,
    NoCache,
    NotAudio,
    NotAuthorised,
    NotEnoughSpace,
    Stopped,
    UsageError,
    VolumeFull,
)
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker

_OF_BATCH = (LibraryMissing, NoCache, NotAuthorised, Stopped, VolumeFull)  # not the item's fault
_FULL = (errno.ENOSPC, errno.EDQUOT)
_SPACE_WAIT = 600.0  # seconds until an item looks again whether there is space
_NO_MEMORY = "Not enough memory. Close other programs or use fewer --workers, then run again."


class StageJob(Protocol):
    """The job that the functions of a kind get: an item with its settings."""

    def find_target(self, stage: str, /) -> Path:
        """Called before each stage, for a folder on the volume that it writes."""


J = TypeVar("J", bound=StageJob)


@contextlib.contextmanager
def open_worker(
    build_job: Callable[[Work, Progress], J],
    stages: Mapping[str, Callable[[J, Work], Outcome | Parts]],
    clean_up: Callable[[J, Work], Outcome],
    resume: Callable[[J, Work], Outcome | None] = lambda *_: None,
    describe_error: Callable[[Work, Exception], dict[str, Any]] = lambda *_: {},
) -> Iterator[Worker]:
    """Yield a worker that calls the function of each stage with the job of its item.

    `clean_up` is called instead after the last attempt. `resume` is called before each stage; an
    outcome that it returns replaces the stage, such as one that begins an earlier stage again if
    its files are gone. `describe_error` returns fields of an item that has failed.
    """

    def run(job: J, work: Work) -> Outcome | Parts:
        if work.failed_stage:
            return clean_up(job, work)
        return resume(job, work) or stages[work.stage](job, work)

    def work(work: Work, progress: Progress) -> Outcome | Parts:
        job = build_job(work, progress)
        try:
            with raise_full_volume(job.find_target(work.stage)):
                return run(job, work)
        except _OF_BATCH:
            raise
        except NotEnoughSpace as error:
            return Outcome(Status.PENDING, str(error), retry_after=_SPACE_WAIT, out_of_space=True)
        except (MemoryError, MediakeepError) as error:
            message = _NO_MEMORY if isinstance(error, MemoryError) else str(error)
            known = MediakeepError() if isinstance(error, MemoryError) else error
            if known.retry_after is not None:
                return Outcome(Status.PENDING, message, retry_after=known.retry_after)
            # An invalid setting of the item itself stays invalid.
            is_final = known.is_final or isinstance(error, UsageError)
            data, size = describe_error(work, error), known.made_progress
            return Outcome(Status.ERROR, message, data, is_final=is_final, made_progress=size)

    yield work


@contextlib.contextmanager
def raise_full_volume(folder: Path) -> Iterator[None]:
    """Raise OSError with a path if a volume is full in a `with` block, so that the item waits.

    `folder` is on the volume that is written, for errors without a path.
    """
    try:
        yield
    except (DiskFull, EncodingFailed) as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in _FULL:
            path = cause.filename if isinstance(cause.filename, str) else str(folder)
            raise OSError(cause.errno, cause.strerror, path) from error
        raise


@contextlib.contextmanager
def translate_part_errors(folder: Path) -> Iterator[None]:
    """Let errors about the content of a source be final, unless the system has caused them.

    For a part that decodes a source which was verified; `folder` is what it writes to, see
    `raise_full_volume`.
    """
    try:
        with raise_full_volume(folder):
            yield
    except (NotAudio, DecodingFailed) as error:
        error.is_final = not isinstance(error.__cause__, (MemoryError, OSError))
        raise


def build_stoppable_report(progress: Progress) -> Callable[[int, int], None]:
    """Return a function that reports the progress of a part, which may be stopped meanwhile."""

    def report(done: int, of: int) -> None:
        progress(done, max(of, done), may_stop=True)

    return report
