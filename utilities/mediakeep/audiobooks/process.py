"""The worker of audiobooks: the stage of a call, and what its errors mean."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep.audiobooks import encode_book, prepare_book, publish_book
from mediakeep.audiobooks.book_job import SECONDS, BookFiles, BookJob
from mediakeep.audiobooks.item import AudiobookItem, Failure
from mediakeep.audiobooks.settings import BookSettings
from mediakeep.errors import MediakeepError, NotEnoughSpace, UsageError
from mediakeep.item import SkipReason, Status
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker
from mediakeep.workspace import full_volume

_SPACE_WAIT = 600.0  # seconds until a book looks again whether there is space

_STAGES: Mapping[str, Callable[[BookJob, Work, Progress], Outcome | Parts]] = {
    "input": prepare_book.check_input,
    "backup": prepare_book.back_up,
    "counting": prepare_book.count,
    "encoding": encode_book.encode,
    "muxing": encode_book.mux,
    "verifying": encode_book.verify,
    "placing": publish_book.place,
    "completed": publish_book.complete,
}
_FAILURES: Mapping[str, Failure] = {
    "input": "input",
    "counting": "input",
    "encoding": "processing",
    "muxing": "processing",
    "verifying": "output",
    "placing": "output",
}
_WORKING = frozenset({"counting", "encoding", "muxing", "verifying"})  # stages with working files


@contextlib.contextmanager
def open_worker(values: Mapping[str, Any]) -> Iterator[Worker]:
    """Yield the worker of audiobooks; `values` are the settings as plain data."""
    settings = msgspec.convert(values, BookSettings)

    def work(work: Work, progress: Progress) -> Outcome | Parts:
        return process_stage(settings, work, progress)

    yield work


def process_stage(settings: BookSettings, work: Work, progress: Progress) -> Outcome | Parts:
    """Run a stage of an audiobook, or its cleanup.

    Without enough disk space the book waits, and no attempt is counted.
    """
    assert isinstance(work.item, AudiobookItem)
    job, began = BookJob(work.item, work.stamp.key, settings), time.monotonic()
    try:
        with full_volume.raise_full_volume(_find_target(job, work.stage)):
            outcome = _run(job, work, progress)
    except NotEnoughSpace as error:
        return Outcome(Status.PENDING, str(error), retry_after=_SPACE_WAIT, out_of_space=True)
    except MemoryError:
        message = "Not enough memory. Close other programs or use fewer --workers, then run again."
        return Outcome(Status.ERROR, message, {"failure": "system"})
    except MediakeepError as error:
        data = {"failure": _FAILURES.get(work.stage, "system")}
        is_final = error.is_final or isinstance(error, UsageError)  # of the book's own settings
        return Outcome(Status.ERROR, str(error), data, is_final=is_final)
    return outcome if isinstance(outcome, Parts) else _add_metrics(job, work, outcome, began)


def _add_metrics(job: BookJob, work: Work, outcome: Outcome, began: float) -> Outcome:
    """Add the seconds of work of a stage that is done, those of its parts among them."""
    if outcome.state is not Status.COMPLETED or work.failed_stage:
        return outcome
    parts = [result for result in work.results or () if isinstance(result, dict)]
    seconds = time.monotonic() - began + sum(part.get(SECONDS, 0.0) for part in parts)
    name = f"{work.stage}_{SECONDS}"
    known = {**job.item.metrics, **outcome.data.get("metrics", {})}
    metrics = {**known, name: round(job.item.metrics.get(name, 0.0) + seconds, 3)}
    return structs.replace(outcome, data={"failure": "", **outcome.data, "metrics": metrics})


def _run(job: BookJob, work: Work, progress: Progress) -> Outcome | Parts:
    if work.failed_stage:
        failure = _FAILURES.get(work.failed_stage, "system")
        return publish_book.clean_up(job, work, failure, progress)
    if work.stage == "input" and not all(folder.is_dir() for folder in job.item.folders):
        data = {"skip_reason": SkipReason.VANISHED.value}
        return Outcome(Status.SKIPPED, "its folder is missing", data)
    if work.stage in _WORKING and work.results is None and (reason := _find_change(job)):
        return Outcome(message=f"Resume: {reason}, so the book starts over", next_stage="input")
    return _STAGES[work.stage](job, work, progress)


def _find_change(job: BookJob) -> str:
    """Return why a book cannot continue from its working files, as a clause, or ""."""
    dirs = job.find_dirs()
    found = BookFiles(dirs).load_input() if dirs else None
    if found is None:
        return "its working files are gone"
    return "" if found.is_current() else "its sources have changed"


def _find_target(job: BookJob, stage: str) -> Path:
    """Return the folder that a stage writes."""
    if stage == "backup":
        return job.settings.backup_dir
    return job.output_dir if stage == "placing" else job.settings.working_dir
