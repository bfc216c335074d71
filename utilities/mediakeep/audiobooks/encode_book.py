"""Stages encoding, muxing and verifying: make the book in the working folders."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import atomic_files, path_text
from mediakeep.audiobooks import book_job, find_chapters
from mediakeep.audiobooks.book_job import CHAPTERS, DETAILS, INPUT, PLAN, SECONDS, BookJob
from mediakeep.audiobooks.encoding import encode_chunk
from mediakeep.audiobooks.encoding.book_plan import BookPlan
from mediakeep.audiobooks.muxing import book_file, join_parts, verify_book
from mediakeep.audiobooks.muxing.join_parts import JoinPlan
from mediakeep.audiobooks.muxing.verify_book import BookSegment
from mediakeep.audiobooks.sources.source_order import SourceFile
from mediakeep.errors import DecodingFailed, EncodingFailed, WorkingFilesChanged
from mediakeep.item import Status
from mediakeep.media.chapters import chapters
from mediakeep.outcome import Outcome, Parts, Progress, Work
from mediakeep.workspace import stage_worker
from mediakeep.workspace.job_files import WorkingDirs
from mediakeep.workspace.system_errors import translate_errors


class EncodeTask(msgspec.Struct, frozen=True):
    """The input of a part: the file of the plan, the chunk's number, and the file it is written to.

    The plan is read from its file, as that of a long book is too large to be sent with each part.
    """

    plan_path: Path
    number: int
    target: Path


class VerifyTask(msgspec.Struct, frozen=True):
    """The input of a part: a segment of a book to verify."""

    plan_path: Path
    segment: BookSegment
    book: Path


def encode(job: BookJob, work: Work) -> Outcome | Parts:
    """Encode the chunks of the book in parts; those of an earlier run are kept."""
    dirs = job.files.require()
    plan = PLAN.require(dirs.state)
    if work.results is not None:
        kept = sum(bool(result["kept"]) for result in work.results)
        total = len(work.results)
        message = f"{kept} of {total} chunks reused from an earlier run" if kept else ""
        return Outcome(message=message, next_stage="muxing", facts={"chunks": total, "kept": kept})
    chunks, plan_path = list(plan.chunks()), dirs.state / PLAN.name
    return Parts(
        tuple(EncodeTask(plan_path, one.number, book_job.find_chunk(dirs, one)) for one in chunks),
        encode_part,
        tuple(float(chunk.end - chunk.first) for chunk in chunks),
    )


def encode_part(task: EncodeTask, progress: Progress) -> dict[str, Any]:
    """Encode a chunk, unless that is done; return whether it was, and the seconds of work."""
    began = time.monotonic()
    with stage_worker.raise_full_volume(task.target), translate_errors(task.target):
        plan = _load_plan(task.plan_path, task.plan_path.stat().st_mtime_ns)
        chunk = plan.find_chunk(task.number)
        is_new = encode_chunk.encode_chunk(
            plan, chunk, task.target, stage_worker.build_stoppable_report(progress)
        )
    return {"kept": not is_new, SECONDS: round(time.monotonic() - began, 3)}


@functools.lru_cache(maxsize=4)  # of the books at work in this process
def _load_plan(path: Path, _mtime_ns: int) -> BookPlan:
    return PLAN.require(path.parent)


def mux(job: BookJob, _: Work) -> Outcome:
    """Write the book with its chapters and tags, from its chunks or from its joined parts."""
    dirs = job.files.require()
    found = INPUT.require(dirs.state)
    if not found.is_joined and (lost := _find_lost_chunk(dirs)):
        return Outcome(message=f"Resume: {lost} Encoding again.", next_stage="input")
    details = job.read_details(found.sources)
    book = book_job.find_book(dirs)
    temp, report = book.with_name(".book.part"), job.report
    notes: list[str] = []
    try:
        if found.is_joined:
            joined, notes = plan_join(job, found.sources)
            CHAPTERS.save(dirs.state, list(joined.chapters))
            book_job.add_warnings(dirs, notes)
            join_parts.join_parts(joined, temp, details.details, report)
            samples, rate = joined.samples, joined.parts[0].sample_rate
        else:
            plan = PLAN.require(dirs.state)
            chunks = [book_job.find_chunk(dirs, chunk) for chunk in plan.chunks()]
            marked = CHAPTERS.require(dirs.state)
            book_file.write_book(plan, chunks, temp, marked, details.details, report)
            samples, rate = plan.samples, plan.format.sample_rate
    except EncodingFailed as error:
        error.args = (f"{job.build_file_name(details.details)}.m4b", *error.args[1:])
        raise
    except WorkingFilesChanged:
        if not found.is_joined:
            _remove_damaged_chunks(dirs, PLAN.require(dirs.state))
        raise
    measured = {"samples": samples, "audio_seconds": round(samples / rate, 3)}
    with translate_errors(temp):
        temp.replace(book)
        atomic_files.sync_folder(book.parent)
    DETAILS.save(dirs.state, details)
    return Outcome(
        message=" ".join((*notes, *details.warnings)),
        data={"metrics": {**job.item.metrics, **measured}},
        next_stage="verifying",
    )


def _find_lost_chunk(dirs: WorkingDirs) -> str:
    """Return what is wrong with the first chunk that is missing or of another plan, or ""."""
    plan = PLAN.require(dirs.state)
    try:
        for chunk in plan.chunks():
            encode_chunk.read_sizes(book_job.find_chunk(dirs, chunk), plan, chunk)
    except WorkingFilesChanged as error:
        return f"{path_text.display_path(error.args[0])}: {error.args[1]}."
    return ""


def _remove_damaged_chunks(dirs: WorkingDirs, plan: BookPlan) -> None:
    """Remove the chunks that are damaged, so that the next attempt encodes them again."""
    for chunk in plan.chunks():
        path = book_job.find_chunk(dirs, chunk)
        if not encode_chunk.is_finished(path, plan, chunk):
            with translate_errors(path):
                path.unlink(missing_ok=True)


def plan_join(job: BookJob, sources: Sequence[SourceFile]) -> tuple[JoinPlan, list[str]]:
    """Return the plan to join the parts of a book without encoding, and warnings."""
    parts = [join_parts.read_part(source.path) for source in sources]
    names = chapters.name_files([one.path for one in sources], [one.title for one in sources])
    plan = join_parts.plan_join(parts, names)
    mode, folders = job.options.chapters, job.item.folders
    own, warnings = find_chapters.find_own_chapters(mode, folders, plan.timeline)
    return structs.replace(plan, chapters=tuple(own)) if own else plan, warnings


def verify(job: BookJob, work: Work) -> Outcome | Parts:
    """Compare the book with its plan in parts; a book that differs is made again."""
    dirs = job.files.require()
    book = book_job.find_book(dirs)
    if not book.is_file():
        return Outcome(
            message="Resume: the book is gone, so it is muxed again", next_stage="muxing"
        )
    found = INPUT.require(dirs.state)
    if found.is_joined:
        joined, _ = plan_join(job, found.sources)
        try:
            differences = join_parts.verify_join(book, joined, job.report)
        except DecodingFailed as error:
            differences = [str(error).removesuffix(".")]
        return _finish_verifying(dirs, differences, "muxing")
    plan = PLAN.require(dirs.state)
    if work.results is None:
        segments = verify_book.split_book(plan)
        return Parts(
            tuple(VerifyTask(dirs.state / PLAN.name, segment, book) for segment in segments),
            verify_part,
            tuple(float(segment.end - segment.start) for segment in segments),
        )
    cover_size = len(DETAILS.require(dirs.state).details.cover)
    differences = [one for result in work.results for one in result["differences"]]
    differences += verify_book.verify_file(book, plan, CHAPTERS.require(dirs.state), cover_size)
    return _finish_verifying(dirs, differences, "encoding")


def verify_part(task: VerifyTask, progress: Progress) -> dict[str, Any]:
    """Return the differences of a segment from its plan, and the seconds of work."""
    began = time.monotonic()
    plan = _load_plan(task.plan_path, task.plan_path.stat().st_mtime_ns)
    found = verify_book.verify_segment(
        task.book, plan, task.segment, stage_worker.build_stoppable_report(progress)
    )
    return {"differences": found, SECONDS: round(time.monotonic() - began, 3)}


def _finish_verifying(dirs: WorkingDirs, differences: list[str], resume_stage: str) -> Outcome:
    if not differences:
        return Outcome(next_stage="placing")
    more = f" and {len(differences) - 1} more" if len(differences) > 1 else ""
    message = f"Verification failed, so the book was not placed: {differences[0]}{more}."
    for path in dirs.processed.iterdir():  # the book and its chunks, so that all is encoded again
        with translate_errors(path):
            path.unlink()
    return Outcome(
        Status.ERROR,
        f"{message} Check disk and memory, then run again: it is made again.",
        {"failure": "output"},
        resume_stage=resume_stage,
        facts={"differences": differences},
    )
