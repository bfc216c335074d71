"""The worker of audiobooks: the stage of a call, and what its errors mean."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import structs

from mediakeep.audiobooks import encode_book, prepare_book, publish_book
from mediakeep.audiobooks.book_job import INPUT, SECONDS, BookJob
from mediakeep.audiobooks.item import AudiobookItem, Failure
from mediakeep.audiobooks.settings import BookSettings
from mediakeep.item import SkipReason, Status
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker
from mediakeep.workspace import stage_worker

_STAGES: Mapping[str, Callable[[BookJob, Work], Outcome | Parts]] = {
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

    def build_job(work: Work, progress: Progress) -> BookJob:
        assert isinstance(work.item, AudiobookItem)
        return BookJob(work.item, work.stamp.key, settings, progress)

    with stage_worker.open_worker(build_job, _STAGES, _clean_up, _resume, _describe_error) as run:

        def work(work: Work, progress: Progress) -> Outcome | Parts:
            began = time.monotonic()
            outcome = run(work, progress)
            return outcome if isinstance(outcome, Parts) else _add_metrics(work, outcome, began)

        yield work


def _add_metrics(work: Work, outcome: Outcome, began: float) -> Outcome:
    """Add the seconds of work of a stage that is done, those of its parts among them."""
    if outcome.state is not Status.COMPLETED or work.failed_stage:
        return outcome
    assert isinstance(work.item, AudiobookItem)
    parts = [result for result in work.results or () if isinstance(result, dict)]
    seconds = time.monotonic() - began + sum(part.get(SECONDS, 0.0) for part in parts)
    name, before = f"{work.stage}_{SECONDS}", work.item.metrics
    known = {**before, **outcome.data.get("metrics", {})}
    metrics = {**known, name: round(before.get(name, 0.0) + seconds, 3)}
    return structs.replace(outcome, data={"failure": "", **outcome.data, "metrics": metrics})


def _clean_up(job: BookJob, work: Work) -> Outcome:
    return publish_book.clean_up(job, work, _FAILURES.get(work.failed_stage, "system"))


def _resume(job: BookJob, work: Work) -> Outcome | None:
    """Return the outcome of a book that cannot continue: its folder or working files are gone."""
    if work.stage == "input" and not all(folder.is_dir() for folder in job.item.folders):
        data = {"skip_reason": SkipReason.VANISHED.value}
        return Outcome(Status.SKIPPED, "its folder is missing", data)
    if work.stage in _WORKING and work.results is None and (reason := _find_change(job)):
        return Outcome(message=f"Resume: {reason}, so the book starts over", next_stage="input")
    return None


def _find_change(job: BookJob) -> str:
    """Return why a book cannot continue from its working files, as a clause, or ""."""
    dirs = job.files.find()
    found = INPUT.load(dirs.state) if dirs else None
    if found is None:
        return "its working files are gone"
    return "" if found.is_current() else "its sources have changed"


def _describe_error(work: Work, error: Exception) -> dict[str, Any]:
    is_system = isinstance(error, MemoryError)
    return {"failure": "system" if is_system else _FAILURES.get(work.stage, "system")}
