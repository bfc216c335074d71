"""Stages input, backup and counting: check the sources of a book, and plan its encoding."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import atomic_files, path_text
from mediakeep.audiobooks import book_job, find_chapters, read_input
from mediakeep.audiobooks.book_job import CHAPTERS, INPUT, PLAN, SECONDS, BookJob
from mediakeep.audiobooks.encoding import book_plan, count_source, pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import BookFormat, CountedSource
from mediakeep.audiobooks.find_chapters import SilenceSettings
from mediakeep.audiobooks.read_input import BookInput
from mediakeep.audiobooks.sources import check_sources, source_order
from mediakeep.errors import WorkingFilesChanged
from mediakeep.item import SkipReason, Status
from mediakeep.media.encoding.silence import SilentRange
from mediakeep.outcome import Outcome, PartFailed, Parts, Progress, Work
from mediakeep.workspace import backups, disk_space, moves, stage_worker
from mediakeep.workspace.backups import BackupJob
from mediakeep.workspace.job_files import StateFile, WorkingDirs
from mediakeep.workspace.system_errors import translate_errors

_SHOWN_FILES = 5  # in a message


class CountedFile(msgspec.Struct, frozen=True):
    """What was counted of a source, and its silent ranges in seconds, if they were wanted."""

    counted: CountedSource
    silences: tuple[SilentRange, ...] = ()


class CountTask(msgspec.Struct, frozen=True):
    """The input of a part: a source to count, and the file of its result."""

    source: str  # escaped
    format: BookFormat
    target: Path
    silence: SilenceSettings | None = None

    @property
    def result(self) -> StateFile[CountedFile]:
        return StateFile(self.target.name, CountedFile, is_indented=False)


def check_input(job: BookJob, work: Work) -> Outcome | Parts:
    """Check, order and decode the sources; raise SourcesRefused with all that is wrong with them.

    The length of each is counted in parts, so that damage is found before any other work.
    """
    if work.results is not None:
        return _finish_input(job, work.results)
    read = read_input.read_input(job.item.folders, job.options, job.ignored, job.report)
    if read is None:
        data = {"skip_reason": SkipReason.EMPTY.value}
        kind = "MP3 files, and formats is mp3" if job.options.formats == "mp3" else "audio files"
        return Outcome(Status.SKIPPED, f"its folder contains no {kind}", data)
    job.read_details(read.book.sources)  # an unusable cover is named before hours of encoding
    dirs = job.files.create(job.name)
    found = _warn_of_lost_sources(dirs, read.book)
    INPUT.save(dirs.state, found)
    sizes = tuple(float(max(file.size, 1)) for file in found.files)
    tasks = tuple(_list_tasks(dirs, found, job.options.chapters))
    return Parts(tasks, count_part, sizes, keep_going=True)


def _finish_input(job: BookJob, results: Sequence[Any]) -> Outcome:
    dirs = job.files.require()
    found = INPUT.require(dirs.state)
    if failures := [result for result in results if isinstance(result, PartFailed)]:
        return _describe_failures(failures, len(results))
    tasks = _list_tasks(dirs, found, job.options.chapters)
    counted = [_require_counted(task).counted for task in tasks]
    notes = check_sources.check_damage(counted, job.item.folders, job.options.damage)
    damage = {
        "damaged_files": sum(bool(one.damage) for one in counted),
        "concealed_seconds": round(sum(one.concealed for one in counted), 3),
    }
    is_joined = found.is_joined and not damage["damaged_files"]  # else it is encoded
    found = structs.replace(found, is_joined=is_joined, warnings=(*found.warnings, *notes))
    INPUT.save(dirs.state, found)
    return Outcome(
        message=" ".join(found.warnings),
        data={"file_count": len(found.files), "metrics": {**job.item.metrics, **damage}},
        next_stage="backup" if job.options.backup else "counting",
        facts={"order": found.order, "files": len(found.files), **damage},
    )


def _warn_of_lost_sources(dirs: WorkingDirs, found: BookInput) -> BookInput:
    """Add a warning if sources of an earlier run of the job are gone."""
    try:
        before = INPUT.load(dirs.state)
    except WorkingFilesChanged:
        return found  # it is replaced
    listed = {file.path for file in found.files}
    lost = [file.path for file in before.files if file.path not in listed] if before else []
    if not lost:
        return found
    shown = source_order.join_names(lost)
    warning = f"Built without {shown}: no longer in the folder since an earlier run."
    return structs.replace(found, warnings=(*found.warnings, warning))


def back_up(job: BookJob, _: Work) -> Outcome:
    """Copy the source folders to the backup folder, unless an earlier attempt has done it."""
    wanted = BackupJob(job.owner_key, job.name, tuple(job.item.folders))
    reservations = job.settings.working_dir / disk_space.RESERVATIONS
    known = job.item.backup_path
    place = path_text.to_path(known)
    if not known or not backups.is_current(place, wanted):
        place = backups.create_backup(
            wanted, job.settings.backup_dir, reservations, progress=job.report
        )
    data = {"backup_path": path_text.escape_path(place)}
    return Outcome(data=data, next_stage="counting", facts=data)


def count(job: BookJob, _: Work) -> Outcome:
    """Plan the chunks and the chapters, from what was counted of the sources."""
    dirs = job.files.require()
    found = INPUT.require(dirs.state)
    if found.is_joined:
        check_space(job, found.size)
        return Outcome(message="joined without encoding", next_stage="muxing")
    try:
        tasks = _list_tasks(dirs, found, job.options.chapters)
        counted = [_require_counted(task) for task in tasks]
    except WorkingFilesChanged as error:
        return Outcome(message=f"Resume: {error}", next_stage="input")
    plan = book_plan.make_plan([one.counted for one in counted], found.format)
    check_space(job, plan.estimate_size())
    silences = [one.silences for one in counted]
    mode = path_text.unescape_path(job.options.chapters)
    timeline = plan.build_timeline(file.title for file in found.files)
    marked, warnings = find_chapters.find_own_chapters(mode, job.item.folders, timeline)
    if not marked:
        marked, more = find_chapters.find_chapters(mode, timeline, silences)
        warnings += more
    PLAN.save(dirs.state, plan)
    CHAPTERS.save(dirs.state, marked)
    book_job.add_warnings(dirs, warnings)
    facts = {"samples": plan.samples, "chapters": len(marked)}
    return Outcome(message=" ".join(warnings), next_stage="encoding", facts=facts)


def _list_tasks(dirs: WorkingDirs, found: BookInput, mode: str) -> Iterator[CountTask]:
    wanted = None
    if mode == find_chapters.SILENCE:
        wanted = find_chapters.choose_silence_settings()
    for file in found.files:
        identity = msgspec.json.encode((file, found.format, wanted))
        name = f"{sha256(identity).hexdigest()[:24]}.json"
        yield CountTask(file.path, found.format, dirs.state / "counted" / name, wanted)


def count_part(task: CountTask, progress: Progress) -> dict[str, Any]:
    """Count a source, unless that is done; return its samples, and the seconds of work.

    The result is kept in a file, as levels and positions are too large for the queue.
    """
    if found := _load_counted(task):
        return {"samples": found.counted.samples, SECONDS: 0.0}
    began = time.monotonic()
    path = path_text.to_path(task.source)
    report = stage_worker.build_stoppable_report(progress)
    copy = task.target.with_suffix(f".copy{path.suffix}")
    with stage_worker.translate_part_errors(task.target), translate_errors(task.target):
        atomic_files.make_folder(task.target.parent)
        counted = count_source.count_source(path, task.format, copy=copy, progress=report)
        audio, wanted = counted.audio_path, task.silence
        silences = find_chapters.find_silences(audio, wanted, report) if wanted else []
        task.result.save(task.target.parent, CountedFile(counted, tuple(silences)))
    return {"samples": counted.samples, SECONDS: round(time.monotonic() - began, 3)}


def _load_counted(task: CountTask) -> CountedFile | None:
    """Return what was counted of a source, or None if it was not, or has changed since."""
    found = task.result.load(task.target.parent)
    if found is None:
        return None  # it is counted again
    counted = found.counted
    is_current = pcm_timeline.identify(counted.path) == (counted.size, counted.mtime_ns)
    return found if is_current and counted.audio_path.exists() else None


def _require_counted(task: CountTask) -> CountedFile:
    if found := _load_counted(task):
        return found
    hint = "The source is counted again."
    raise WorkingFilesChanged(task.target, "it is missing or outdated", hint)


def _describe_failures(failures: Sequence[PartFailed], total: int) -> Outcome:
    """Return the failure of a book with sources that cannot be decoded."""
    listed = "; ".join(failure.message for failure in failures[:_SHOWN_FILES])
    more = len(failures) - _SHOWN_FILES
    listed += f"; and {more:,} more" if more > 0 else ""
    message = f"{len(failures)} of {total} files cannot be used: {listed}"
    is_final = all(failure.is_final for failure in failures)
    return Outcome(Status.ERROR, message, {"failure": "input"}, is_final=is_final)


def check_space(job: BookJob, size: int) -> None:
    """Raise NotEnoughSpace if chunks and book do not fit; both exist at once for a moment."""
    book = job.output_dir / f"{job.name}.m4b"  # as the folder may be a volume
    working = job.settings.working_dir
    disk_space.check_disk_space(moves.list_required_space(working, 2 * size, book, size))
