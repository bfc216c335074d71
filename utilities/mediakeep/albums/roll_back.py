"""Undo the conversion of an album: restore its original, and remove what was made of it.

1. If the original was deleted, it is restored from `_source` or from the archive, and verified.
2. The output and the archive go to quarantine.
3. The working folders are removed, and what a kill has left of a deleted original.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mediakeep import path_text
from mediakeep.albums.album_job import PROCESSED_FILES, AlbumJob
from mediakeep.albums.item import CLEARED
from mediakeep.errors import UsageError
from mediakeep.workspace import job_files, moves, publish
from mediakeep.workspace.job_files import SOURCE_FILES
from mediakeep.workspace.manifest import Check, Manifest
from mediakeep.workspace.published_folder import PublishedFolder


def check(job: AlbumJob) -> None:
    """Raise UsageError if the original of an album is gone and can no longer be restored."""
    if _is_original_gone(job) and not any(_find_copies(job)):
        raise UsageError(
            f"{path_text.display_path(job.original)} cannot be restored: neither an unchanged"
            " working copy nor its archive exists. Restore it from a backup, or from the folder"
            " .mediakeep-quarantine of the archive if another album has replaced it."
        )


def _is_original_gone(job: AlbumJob) -> bool:
    if not job.has_original:
        return True
    return job.item.original_deleted and any(_find_copies(job))  # else restored by a killed run


def roll_back(job: AlbumJob) -> tuple[dict[str, Any], list[str]]:
    """Roll back an album; return the new values of its fields, and lines on what was done."""
    lines = []
    if _is_original_gone(job):
        _restore_original(job)
        lines.append(f"Restored: {path_text.display_path(job.original)}")
    lines += [folder.withdraw("rolled back") for folder in list(_list_results(job))]
    if dirs := job.files.find():
        if copied := SOURCE_FILES.load(dirs.state):
            moves.remove_published(job.name_deleted_original(dirs), copied, Check.SIZE)
        job_files.remove_working_dirs(dirs)
        lines.append(f"Removed: {path_text.display_path(dirs.source)}")
    data = {**CLEARED, "playback_path": "", "archive_path": "", "original_deleted": False}
    return {**data, "failed_tracks": 0}, lines


def _list_results(job: AlbumJob) -> Iterator[PublishedFolder]:
    """Yield output and archive, also those that a killed run published, but did not record."""
    output, archive = map(job.find_result, ("playback_path", "archive_path"))
    yield from (folder for folder in (output, archive) if folder.path)
    if dirs := job.files.find():
        for folder, listed in ((output, PROCESSED_FILES), (archive, SOURCE_FILES)):
            if (files := listed.load(dirs.state)) and (found := folder.find_unrecorded(files)):
                yield found


def _restore_original(job: AlbumJob) -> None:
    for folder, copied in _find_copies(job):
        if publish.is_published(job.original, copied):
            return
        with moves.staged_copy(folder, job.original, copied) as staged:
            if job.original.is_dir() and not any(job.original.iterdir()):
                job.original.rmdir()
            moves.rename_into_place(staged, job.original)
        return


def _find_copies(job: AlbumJob) -> Iterator[tuple[Path, Manifest]]:
    """Yield each folder that has all files of the original, and the list of these files.

    A working copy that was changed is left out; a changed archive raises an error when it is read.
    """
    dirs = job.files.find()
    copied = SOURCE_FILES.load(dirs.state) if dirs else None
    if dirs and copied and publish.is_published(dirs.source, copied):
        yield dirs.source, copied
    archive = job.find_result("archive_path")
    if archive.is_own:
        yield archive.location, publish.load_archive_manifest(archive.location)
