"""Stages placing and completed: place the book, record the job, and clean up; or roll it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mediakeep import path_text
from mediakeep.audiobooks import book_job, record_book
from mediakeep.audiobooks.book_job import DETAILS, INPUT, BookJob
from mediakeep.audiobooks.item import AUDIOBOOKS, AudiobookItem, Failure
from mediakeep.audiobooks.settings import parse_file_mode
from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Work
from mediakeep.pages import job_record
from mediakeep.size_text import format_count
from mediakeep.workspace import backups, job_files, place_file
from mediakeep.workspace.copy_progress import Report
from mediakeep.workspace.place_file import PlacedFile, PlacingRules

_MEASURED = ("audio_seconds", "input_bytes", "output_bytes")


def place(job: BookJob, _: Work) -> Outcome:
    """Move the book to its folder, under a name that no other book has."""
    options, item, dirs = job.options, job.item, job.files.find()
    if dirs is None:
        message = "Resume: its working files are gone, so the book starts over"
        return Outcome(message=message, next_stage="input")
    unrecorded = place_file.find_placed(dirs.state)
    book = book_job.find_book(dirs)
    if not book.exists() and unrecorded is None:
        return Outcome(
            message="Resume: the book is gone, so it is muxed again", next_stage="muxing"
        )
    file_name = job.build_file_name(DETAILS.require(dirs.state).details)
    target = job.output_dir.absolute() / f"{file_name}.m4b"
    mode = parse_file_mode(options.file_mode)
    own = job.published or unrecorded
    rules = PlacingRules(dirs.state, own, mode, "replaced by a new book")
    placed = place_file.place_file(book, target, rules, job.report)
    sizes = {
        "audio_seconds": item.metrics.get("audio_seconds", 0.0),
        "input_bytes": INPUT.require(dirs.state).size,
        "output_bytes": placed.location.stat().st_size,
    }
    is_renamed = placed.location.stem != file_name
    return Outcome(
        message=f"named {placed.location.name}, because another book is named {file_name}"
        if is_renamed
        else "",
        data={
            "output_path": placed.path,
            "output_sha256": placed.sha256,
            "metrics": {**item.metrics, **sizes},
        },
        next_stage="completed",
        facts={"output_path": placed.path},
    )


def complete(job: BookJob, _: Work) -> Outcome:
    """Write the record of the job, and remove its working folders."""
    item, dirs = job.item, job.files.find()
    if dirs:
        if dirs.processed.exists():  # else a call that was killed has written the record
            record_book.write(job, dirs, "completed")
        job_files.remove_working_dirs(dirs)
    path = path_text.to_path(item.output_path)
    facts = {name: item.metrics.get(name, 0) for name in _MEASURED}
    return Outcome(
        message=f"{path_text.display_path(path)}{_describe_damage(item)}",
        data={"report": job_record.find_page(AUDIOBOOKS.name, item.output_name)},
        facts={**facts, "output_path": item.output_path, "backup_path": item.backup_path},
    )


def _describe_damage(item: AudiobookItem) -> str:
    """Return how many sources are damaged, as a part of a message, or ""."""
    count, seconds = (item.metrics.get(name, 0) for name in ("damaged_files", "concealed_seconds"))
    shown = f"; {format_count(round(count), 'damaged file')}, {seconds:.2f} s of silence"
    page = job_record.find_page(AUDIOBOOKS.name, item.output_name)
    return f"{shown}: see {page}" if count else ""


def clean_up(job: BookJob, work: Work, failure: Failure) -> Outcome:
    """Restore missing sources of a book whose last attempt failed; keep its working folders.

    So a later attempt continues with the chunks that are finished. Before the backup, nothing is
    restored: the user may have removed a file because it is unusable.
    """
    data: dict[str, Any] = {"failure": job.item.failure or failure}
    state, notes = Status.COMPLETED, list[str]()
    try:
        if work.failed_stage not in ("input", "backup"):
            notes = list(restore_sources(job, job.report))
    except MediakeepError as error:
        state, notes = Status.ERROR, [str(error)]
    if dirs := job.files.find():
        message = " ".join([work.error_message, *notes])
        record_book.write(job, dirs, f"failed_{work.failed_stage}", message)
    return Outcome(state, " ".join(notes), data, resume_stage=work.failed_stage)


def roll_back(job: BookJob) -> tuple[dict[str, Any], list[str]]:
    """Roll back a book; return the new values of its fields, and lines on what was done.

    A book that was changed after it was placed is kept, and so are sources that differ from their
    backup.
    """
    lines = list(filter(None, (book.withdraw("rolled back") for book in _list_outputs(job))))
    lines += restore_sources(job)
    if dirs := job.files.find():
        job_files.remove_working_dirs(dirs)
        lines.append(f"Removed: {path_text.display_path(dirs.processed)}")
    return {"output_path": "", "output_sha256": "", "failure": "", "metrics": {}}, lines


def _list_outputs(job: BookJob) -> Iterator[PlacedFile]:
    """Yield the book of the queue, and another one that was placed before a kill."""
    dirs = job.files.find()
    placed = place_file.find_placed(dirs.state) if dirs else None
    if placed:
        yield placed
    if job.published and not (placed and placed.path == job.published.path):
        yield job.published


def restore_sources(job: BookJob, progress: Report | None = None) -> Iterator[str]:
    """Restore missing sources from the backup; yield sentences on these and on what differs."""
    if not job.item.backup_path:
        return
    folder = path_text.to_path(job.item.backup_path)
    shown = path_text.display_path(folder)
    if not folder.is_dir():
        yield f"Nothing restored: the backup {shown} no longer exists."
        return
    restored = backups.restore_missing(folder, progress)
    for path in restored.restored:
        yield f"Restored: {path_text.display_path(path)}."
    for path in restored.differing:
        yield f"Kept: {path_text.display_path(path)} differs from its copy in the backup {shown}."
    for path in restored.damaged:
        yield f"Not restored: {path_text.display_path(path)}, damaged in the backup {shown}."
