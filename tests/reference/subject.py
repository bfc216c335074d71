"""The subject of recordings: how they are found, planned, rolled back and cleaned up."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

from mediakeep import path_text
from mediakeep.app.subjects import job_subject
from mediakeep.errors import UsageError
from mediakeep.item import NewItem
from mediakeep.media.folder_groups import FolderItems
from mediakeep.workspace import moves
from mediakeep.workspace.job_files import SOURCE_FILES
from tests.reference import worker
from tests.reference.recording import KIND, RecordingSettings
from tests.reference.worker import RecordingJob, build_job

__all__ = ["build_job"]
_FOLDERS = FolderItems(attrgetter("audio_files"), "track_count", "WAV file")


def build_item(path: Path, settings: RecordingSettings) -> NewItem:
    return _FOLDERS.build_new_item(path, {"output_dir": settings.recordings.output})


def describe_stages(job: RecordingJob) -> Mapping[str, list[str]]:
    wait = job.options.publish_after
    deleted = ", then the original is deleted" if job.options.delete_original else ""
    return {
        "copying": [f"copying: {job.item.track_count} tracks"],
        "converting": [f"converting: {job.item.track_count * worker.PARTS} parts"],
        "publishing": [f"publishing{f' after {wait:g} s' if wait else ''}{deleted}"],
    }


def describe_progress(job: RecordingJob) -> str:
    dirs = job.files.find()
    done = len(worker.list_tracks(dirs.processed)) if dirs and dirs.processed.is_dir() else 0
    return f"{done} tracks converted" if done else ""


def check_roll_back(job: RecordingJob) -> None:
    dirs = job.files.find()
    if not (job.original.is_dir() or (dirs and dirs.source.is_dir())):
        raise UsageError(
            f"{path_text.display_path(job.original)} cannot be restored: its working copy was"
            " removed. Use --keep-working together with --delete-original."
        )


def roll_back(job: RecordingJob) -> tuple[dict[str, Any], list[str]]:
    lines, dirs = list[str](), job.files.find()
    if dirs and not job.original.exists():
        copied = SOURCE_FILES.require(dirs.state)
        with moves.staged_copy(dirs.source, job.original, copied) as staged:
            moves.rename_into_place(staged, job.original)
        lines.append(f"Restored: {path_text.display_path(job.original)}")
    if job.output.is_dir():
        shutil.rmtree(job.output)
        lines.append(f"Removed: {path_text.display_path(job.output)}")
    job.files.remove()
    return {"output_path": "", "working_path": "", "converted": 0.0}, lines


_JOB_FUNCTIONS = ("describe_progress", "check_roll_back", "roll_back")
SUBJECT = job_subject.build_subject(
    KIND,
    __name__,
    lambda home, options: functools.partial(worker.open_worker, home, options),
    _FOLDERS.find_items,
    job_functions={name: f"{__name__}:{name}" for name in _JOB_FUNCTIONS},
)
