"""Undo the building of an audiobook: remove the book, and restore missing sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mediakeep import path_text
from mediakeep.audiobooks.book_job import BookJob
from mediakeep.audiobooks.item import to_path
from mediakeep.audiobooks.publishing import place_book
from mediakeep.audiobooks.publishing.place_book import Removal
from mediakeep.workspace import backups, working_dirs
from mediakeep.workspace.copy_progress import Report


def roll_back(job: BookJob) -> tuple[dict[str, Any], list[str]]:
    """Roll back a book; return the new values of its fields, and lines on what was done.

    A book that was changed after it was placed is kept, and so are sources that differ from their
    backup.
    """
    lines = []
    for path, sha256 in _list_outputs(job):
        shown = path_text.display_path(to_path(path))
        match place_book.remove_placed(to_path(path), sha256):
            case Removal.REMOVED:
                lines.append(f"Moved to quarantine: {shown}")
            case Removal.CHANGED:
                lines.append(f"Kept, because it was changed after it was placed: {shown}")
    lines += restore_sources(job)
    if dirs := job.find_dirs():
        working_dirs.cleanup_working_dirs(dirs)
        lines.append(f"Removed: {path_text.display_path(dirs.processed)}")
    return {"output_path": "", "output_sha256": "", "failure": "", "metrics": {}}, lines


def _list_outputs(job: BookJob) -> Iterator[tuple[str, str]]:
    """Yield the path and hash of the book, also if a kill came before its record."""
    dirs = job.find_dirs()
    placed = place_book.find_placed(dirs.state) if dirs else None
    if placed:
        yield placed.path, placed.sha256
    if job.item.output_path and not (placed and placed.path == job.item.output_path):
        yield job.item.output_path, job.item.output_sha256


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
