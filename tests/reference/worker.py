"""The worker of recordings.

1. copying: the folder is copied to a working folder.
2. converting: each track is converted in three parts, which are then joined.
3. publishing: after a wait, the working folder becomes the output; the source and the copy of it
   are removed, by setting.
"""

from __future__ import annotations

import array
import contextlib
import io
import shutil
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.app.subjects.interface import WorkerOptions
from mediakeep.item import Item, Status
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker
from tests.reference.recording import Recording, RecordingOptions, RecordingSettings
from tests.runner import notes

PARTS = 3  # of a track


class RecordingJob(msgspec.Struct, frozen=True):
    """A recording with its settings and its job."""

    item: Recording
    options: RecordingOptions
    original: Path
    source: Path  # the working copy of the original
    processed: Path  # the converted tracks
    output: Path

    @classmethod
    def from_item(cls, _home: Path, item: Item, settings: RecordingSettings) -> RecordingJob:
        """Build the job of an item by its own settings, or else the given ones."""
        assert isinstance(item, Recording)
        options = settings.recordings
        working = settings.below_home(options.working) / item.output_name
        return cls(
            item,
            options,
            Path(path_text.unescape_path(item.path)),
            working.with_name(f"{working.name}_source"),
            working.with_name(f"{working.name}_processed"),
            settings.below_home(item.output_dir or options.output) / item.output_name,
        )


@contextlib.contextmanager
def open_worker(home: Path, options: WorkerOptions) -> Iterator[Worker]:
    """Yield the worker of recordings."""
    settings = msgspec.convert(options.settings, RecordingSettings)

    def work(work: Work, _: Progress) -> Outcome | Parts:
        job = RecordingJob.from_item(home, work.item, settings)
        notes.note(home, "call", job.item.output_name, work.failed_stage or work.stage)
        if work.failed_stage:
            return _clean_up(job, work.failed_stage)
        if work.stage == "copying":
            return _copy(job)
        return _convert(job, work.results) if work.stage == "converting" else _publish(job)

    yield work


def list_tracks(folder: Path) -> list[Path]:
    """Return the WAV files in a folder."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".wav")


def _copy(job: RecordingJob) -> Outcome:
    shutil.copytree(job.original, job.source, dirs_exist_ok=True)
    for track in list_tracks(job.source):
        atomic_files.write_atomic(track, track.read_bytes())
        shutil.copystat(job.original / track.name, track)
    atomic_files.make_folder(job.processed)
    atomic_files.sync_folder(job.source.parent)
    facts = {"track_count": len(list_tracks(job.source))}
    working = path_text.escape_path(job.source)
    return Outcome(data={"working_path": working, **facts}, next_stage="converting", facts=facts)


def _convert(job: RecordingJob, results: tuple[Any, ...] | None) -> Outcome | Parts:
    tracks = list_tracks(job.source)
    if results is None:
        inputs = [(str(track), str(job.processed), n) for track in tracks for n in range(PARTS)]
        return Parts(tuple(inputs), convert_part, weights=tuple(range(1, len(inputs) + 1)))
    for track in tracks:
        _join(track, job.processed)
    for path in {*job.processed.iterdir()} - {job.processed / t.name for t in tracks}:
        path.unlink()  # parts, and temporary files of killed processes
    frames = sum(result["frames"] for result in results)
    return Outcome(
        data={"converted": time.time()}, next_stage="publishing", facts={"frames": frames}
    )


def convert_part(part: tuple[str, str, int], _: Progress) -> dict[str, int]:
    """Write a third of a track at half its volume, as bare samples."""
    track, processed, number = Path(part[0]), Path(part[1]), part[2]
    notes.note(processed.parent, "part", processed.name, track.name, number)
    with wave.open(str(track)) as source:
        begin, end = (source.getnframes() * n // PARTS for n in (number, number + 1))
        source.setpos(begin)
        samples = array.array("h", source.readframes(end - begin))
    halved = array.array("h", (sample // 2 for sample in samples))
    atomic_files.write_atomic(_part_path(processed, track, number), halved.tobytes())
    return {"frames": end - begin}


def _part_path(processed: Path, track: Path, number: int) -> Path:
    return processed / f"{track.stem}.{number}"


def _join(track: Path, processed: Path) -> None:
    if (processed / track.name).exists():  # joined before a kill
        return
    joined = io.BytesIO()
    with wave.open(str(track)) as source, wave.open(joined, "wb") as target:
        target.setparams(source.getparams())
        for number in range(PARTS):
            target.writeframes(_part_path(processed, track, number).read_bytes())
    atomic_files.write_atomic(processed / track.name, joined.getvalue())


def _publish(job: RecordingJob) -> Outcome:
    left = job.item.converted + job.options.publish_after - time.time()
    if left > 0:
        return Outcome(Status.PENDING, "published later", retry_after=left)
    if job.processed.is_dir():  # else moved before a kill
        atomic_files.make_folder(job.output.parent)
        job.processed.rename(job.output)
        atomic_files.sync_folder(job.output.parent)
    if job.options.delete_original:
        remove_folder(job.original)
    if not job.options.keep_working:
        remove_folder(job.source)
    data = {"output_path": path_text.escape_path(job.output)}
    return Outcome(message=f"{job.item.track_count} tracks published", data=data)


def _clean_up(job: RecordingJob, stage: str) -> Outcome:
    """Keep or remove the working folders of a recording that failed for the last time."""
    if job.options.keep_working:
        return Outcome(resume_stage=stage)
    remove_folder(job.source)
    remove_folder(job.processed)
    return Outcome(data={"working_path": ""}, resume_stage="copying")


def remove_folder(folder: Path) -> bool:
    """Remove a folder for good; return False if there is none."""
    if not folder.is_dir():
        return False
    shutil.rmtree(folder)
    atomic_files.sync_folder(folder.parent)
    return True
