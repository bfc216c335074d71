"""The worker of recordings.

1. copying: the folder is copied to a working folder.
2. converting: each track is converted in three parts, which are then joined.
3. publishing: after a wait, the working folder becomes the output; the source and the copy of it
   are removed, by setting.
"""

from __future__ import annotations

import array
import io
import time
import wave
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.app.subjects.interface import WorkerOptions
from mediakeep.item import Item, Status
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker
from mediakeep.workspace import manifest, moves, publish, stage_worker, verified_copy
from mediakeep.workspace.job_files import SOURCE_FILES, JobFiles, StateFile
from mediakeep.workspace.manifest import Check, Manifest
from tests.reference.recording import Recording, RecordingOptions, RecordingSettings
from tests.runner import notes

PARTS = 3  # of a track
CONVERTED = StateFile("converted.json", Manifest)  # the files of the output


class RecordingJob(msgspec.Struct, frozen=True):
    """A recording with its settings."""

    item: Recording
    settings: RecordingSettings

    @property
    def options(self) -> RecordingOptions:
        return self.settings.recordings

    @property
    def original(self) -> Path:
        return path_text.to_path(self.item.path)

    @property
    def files(self) -> JobFiles:
        working = self.settings.below_home(self.options.working)
        return JobFiles(working, f"{self.item.output_name}\n{self.settings.home}")

    @property
    def output(self) -> Path:
        folder = self.settings.below_home(self.item.output_dir or self.options.output)
        return folder / self.item.output_name

    def find_target(self, stage: str) -> Path:
        return self.output if stage == "publishing" else self.files.working_dir


def build_job(_home: Path, item: Item, settings: RecordingSettings) -> RecordingJob:
    """Return the job of an item."""
    assert isinstance(item, Recording)
    return RecordingJob(item, settings)


def open_worker(home: Path, options: WorkerOptions) -> AbstractContextManager[Worker]:
    """Open the worker of recordings."""
    settings = msgspec.convert(options.settings, RecordingSettings)

    def begin(work: Work, _: Progress) -> RecordingJob:
        notes.note(home, "call", work.item.output_name, work.failed_stage or work.stage)
        return build_job(home, work.item, settings)

    stages = {"copying": _copy, "converting": _convert, "publishing": _publish}
    return stage_worker.open_worker(begin, stages, _clean_up)


def list_tracks(folder: Path) -> list[Path]:
    """Return the WAV files in a folder."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".wav")


def _copy(job: RecordingJob, _: Work) -> Outcome:
    dirs = job.files.create(job.item.output_name)
    SOURCE_FILES.save(dirs.state, verified_copy.copy_to_source(job.original, dirs.source))
    facts = {"track_count": len(list_tracks(dirs.source))}
    working = path_text.escape_path(dirs.source)
    return Outcome(data={"working_path": working, **facts}, next_stage="converting", facts=facts)


def _convert(job: RecordingJob, work: Work) -> Outcome | Parts:
    dirs = job.files.require()
    tracks = list_tracks(dirs.source)
    if work.results is None:
        inputs = [(str(track), str(dirs.processed), n) for track in tracks for n in range(PARTS)]
        return Parts(tuple(inputs), convert_part, weights=tuple(range(1, len(inputs) + 1)))
    for track in tracks:
        _join(track, dirs.processed)
    for path in {*dirs.processed.iterdir()} - {dirs.processed / t.name for t in tracks}:
        path.unlink()  # parts, and temporary files of killed processes
    CONVERTED.save(dirs.state, manifest.build_manifest(dirs.processed))
    frames = sum(result["frames"] for result in work.results)
    return Outcome(
        data={"converted": time.time()}, next_stage="publishing", facts={"frames": frames}
    )


def convert_part(part: tuple[str, str, int], _: Progress) -> dict[str, int]:
    """Write a third of a track at half its volume, as bare samples."""
    track, processed, number = Path(part[0]), Path(part[1]), part[2]
    name = processed.name.partition(" [")[0]
    notes.note(processed.parent, "part", name, track.name, number)
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


def _publish(job: RecordingJob, _: Work) -> Outcome:
    left = job.item.converted + job.options.publish_after - time.time()
    if left > 0:
        return Outcome(Status.PENDING, "published later", retry_after=left)
    dirs = job.files.find()
    if dirs and (converted := CONVERTED.load(dirs.state)):  # else they were being removed at a kill
        publish.move_to_output(dirs.processed, job.output, converted)
        if job.options.delete_original and job.original.is_dir():
            copied = SOURCE_FILES.require(dirs.state)
            moves.remove_published(job.original, copied, Check.SIZE)
    if not job.options.keep_working:
        job.files.remove()
    data = {"output_path": path_text.escape_path(job.output)}
    return Outcome(message=f"{job.item.track_count} tracks published", data=data)


def _clean_up(job: RecordingJob, work: Work) -> Outcome:
    """Keep or remove the working folders of a recording that failed for the last time."""
    if job.options.keep_working:
        return Outcome(resume_stage=work.failed_stage)
    job.files.remove()
    return Outcome(data={"working_path": ""}, resume_stage="copying")
