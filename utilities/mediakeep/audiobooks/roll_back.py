"""Undo the building of an audiobook: remove the book, and restore missing sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mediakeep import path_text
from mediakeep.audiobooks.book_job import BookJob
from mediakeep.audiobooks.item import to_path
from mediakeep.workspace import backups, job_files, place_file
from mediakeep.workspace.copy_progress import Report
from mediakeep.workspace.place_file import PlacedFile


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
    folder = to_path(job.item.backup_path)
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
