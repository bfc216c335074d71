"""The subject of recordings: how they are found, planned, rolled back and cleaned up."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from mediakeep import atomic_files, path_text
from mediakeep.app.subjects import job_subject
from mediakeep.errors import UsageError
from mediakeep.item import NewItem, ScannedItem
from tests.reference import worker
from tests.reference.recording import KIND, RecordingSettings
from tests.reference.worker import RecordingJob

build_job = RecordingJob.from_item


def _scan_library(root: Path, _ignored: tuple[str, ...]) -> Iterator[ScannedItem]:
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        if tracks := worker.list_tracks(folder):
            key, path = path_text.escape_path(folder.name), path_text.escape_path(folder)
            yield ScannedItem(
                key=key,
                path=path,
                fingerprint=_fingerprint(tracks),
                fields={"track_count": len(tracks)},
            )


def _fingerprint(tracks: list[Path]) -> str:
    facts = [(track.name, track.stat().st_size, track.stat().st_mtime_ns) for track in tracks]
    return blake2b(repr(facts).encode(), digest_size=8).hexdigest()


def build_item(path: Path, settings: RecordingSettings) -> NewItem:
    tracks = worker.list_tracks(path) if path.is_dir() else []
    if not tracks:
        raise UsageError(f"{path_text.display_path(path)} contains no WAV files.")
    return NewItem(
        name=path_text.escape_path(path.name),
        path=path_text.escape_path(path),
        fingerprint=_fingerprint(tracks),
        fields={"track_count": len(tracks)},
        settings={"output_dir": settings.recordings.output},
    )


def describe_stages(job: RecordingJob) -> Mapping[str, list[str]]:
    wait = job.options.publish_after
    deleted = ", then the original is deleted" if job.options.delete_original else ""
    return {
        "copying": [f"copying: {job.item.track_count} tracks"],
        "converting": [f"converting: {job.item.track_count * worker.PARTS} parts"],
        "publishing": [f"publishing{f' after {wait:g} s' if wait else ''}{deleted}"],
    }


def describe_progress(job: RecordingJob) -> str:
    done = len(worker.list_tracks(job.processed)) if job.processed.is_dir() else 0
    return f"{done} tracks converted" if done else ""


def check_roll_back(job: RecordingJob) -> None:
    if not (job.original.is_dir() or job.source.is_dir()):
        raise UsageError(
            f"{path_text.display_path(job.original)} cannot be restored: its working copy was"
            " removed. Use --keep-working together with --delete-original."
        )


def roll_back(job: RecordingJob) -> tuple[dict[str, Any], list[str]]:
    lines = []
    if not job.original.exists():
        temporary = job.original.with_name(f".{job.original.name}.new")
        worker.remove_folder(temporary)
        shutil.copytree(job.source, temporary)
        temporary.rename(job.original)
        atomic_files.sync_folder(job.original.parent)
        lines.append(f"Restored: {path_text.display_path(job.original)}")
    for folder in (job.output, job.processed, job.source):
        if worker.remove_folder(folder):
            lines.append(f"Removed: {path_text.display_path(folder)}")
    return {"output_path": "", "working_path": "", "converted": 0.0}, lines


def find_working_files(job: RecordingJob) -> list[str]:
    return [str(path) for path in (job.source, job.processed) if path.is_dir()]


def remove_working_files(job: RecordingJob) -> None:
    for path in find_working_files(job):
        worker.remove_folder(Path(path))


_JOB_FUNCTIONS = (
    *("describe_progress", "check_roll_back", "roll_back"),
    *("find_working_files", "remove_working_files"),
)
SUBJECT = job_subject.build_subject(
    KIND,
    __name__,
    lambda home, options: functools.partial(worker.open_worker, home, options),
    _scan_library,
    job_functions={name: f"{__name__}:{name}" for name in _JOB_FUNCTIONS},
)
