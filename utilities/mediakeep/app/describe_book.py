"""Describe what would be done with a book, and how much of it is done, for people."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import structs

from mediakeep import kinds, path_text
from mediakeep.audiobooks import encode_book, find_chapters, read_input
from mediakeep.audiobooks.book_job import BookFiles, BookJob
from mediakeep.audiobooks.details.read_details import FoundDetails
from mediakeep.audiobooks.encoding import book_plan, count_source
from mediakeep.audiobooks.encoding.book_plan import CountedSource
from mediakeep.audiobooks.read_input import BookInput, CheckedInput
from mediakeep.audiobooks.sources import check_sources, describe_sources
from mediakeep.errors import WorkingFilesChanged
from mediakeep.views import terminal

_INDENT = "  "


def describe_stages(job: BookJob) -> list[str]:
    """Return a line for each stage that would run, with the files in order below the first."""
    found = read_input.read_input(job.item.folders, job.options, job.ignored)
    if found is None:
        return ["input: no audio files"]
    stages = kinds.AUDIOBOOKS.stages
    first = stages.position(stages.get_current_stage(job.item.processing_stage))
    lines = dict(_list_stages(job, found))
    return [line for stage in stages.stages[first:] for line in lines.get(stage.name, ())]


def _list_stages(job: BookJob, found: CheckedInput) -> Iterator[tuple[str, list[str]]]:
    book, folders = found.book, job.item.folders
    count = terminal.format_count(len(book.files), "file")
    counted = _count_sources(book)
    damage = check_sources.check_damage(counted, folders, job.options.damage)
    if any(source.damage for source in counted):
        book = structs.replace(book, is_joined=False)  # it is encoded
    listed = describe_sources.describe_sources(
        found.ordered, found.checked, found.left_out, folders
    )
    yield "input", [f"input: {count}", *(_INDENT + line for line in (*listed, *damage))]
    if job.options.backup:
        yield "backup", [f"backup: {path_text.display_path(job.settings.backup_dir)}"]
    yield "counting", [f"counting: {count}"]
    if not book.is_joined:
        processes = os.cpu_count() or 1
        line = describe_sources.describe_encoding(found.checked, book.format, processes)
        yield "encoding", [f"encoding: {line}", *(_INDENT + note for note in found.notes)]
    details = job.read_details(book.sources)
    yield "muxing", _describe_muxing(job, book, counted, details)
    yield "verifying", ["verifying: length, chapters, levels"]
    path = job.output_dir / f"{job.build_file_name(details.details)}.m4b"
    yield "placing", [f"placing: {path_text.display_path(path)}"]
    yield "completed", ["completed: working folders removed"]


def _count_sources(book: BookInput) -> list[CountedSource]:
    """Decode all files, to find damage."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            count_source.count_source(
                source.path, book.format, copy=Path(folder, f"{number}{source.path.suffix}")
            )
            for number, source in enumerate(book.sources)
        ]


def _describe_muxing(
    job: BookJob, found: BookInput, counted: Sequence[CountedSource], details: FoundDetails
) -> list[str]:
    """Return the tags and the origin of each, and how the chapters are found."""
    mode = job.options.chapters
    if found.is_joined:
        _, notes = encode_book.plan_join(job, found.sources)
    else:
        plan = book_plan.make_plan(counted, found.format)
        timeline = plan.build_timeline(file.title for file in found.files)
        _, notes = find_chapters.find_own_chapters(mode, job.item.folders, timeline)
    own = notes.pop(0) if notes and notes[0].startswith(find_chapters.OWN_CHAPTERS) else ""
    if own or found.is_joined:
        mode = own.removeprefix(f"{find_chapters.OWN_CHAPTERS} ").removesuffix(".") or "the parts"
    elif mode == find_chapters.SILENCE:
        mode += f" ({find_chapters.choose_silence_settings().description})"
    how = "joined without encoding, " if found.is_joined else ""
    values = ((name, getattr(details.details, name)) for name in details.origins if name != "cover")
    origins = details.origins
    return [
        f"muxing: {how}chapters by {mode}",
        *(f"{_INDENT}{note}" for note in notes),
        *(f"{_INDENT}{name}: {_shorten(value)} ({origins[name]})" for name, value in values),
        f"{_INDENT}cover: {origins.get('cover', 'none')}",
        *(f"{_INDENT}{warning}" for warning in details.warnings),
    ]


def _shorten(text: str, length: int = 60) -> str:
    shown = path_text.to_printable(" ".join(text.split()))
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def describe_progress(job: BookJob) -> str:
    """Return how many chunks are encoded, "" if encoding has not begun."""
    dirs = job.find_dirs()
    if dirs is None:
        return ""
    files = BookFiles(dirs)
    try:
        plan = files.load_plan()
    except WorkingFilesChanged as error:
        return str(error)  # the other books are still listed
    if plan is None:
        return ""
    chunks = list(plan.chunks())
    done = sum(files.find_chunk(chunk).exists() for chunk in chunks)
    return f"{done} of {len(chunks)} chunks encoded"
