"""How audiobooks are added, planned and cleaned up: functions of their subject."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import structs

from mediakeep import path_text, size_text
from mediakeep.audiobooks import book_job, encode_book, find_chapters, read_input
from mediakeep.audiobooks.book_job import PLAN, BookJob
from mediakeep.audiobooks.details.read_details import FoundDetails
from mediakeep.audiobooks.encoding import book_plan, count_source
from mediakeep.audiobooks.encoding.book_plan import BookFormat, CountedSource
from mediakeep.audiobooks.item import AudiobookItem
from mediakeep.audiobooks.read_input import BookInput
from mediakeep.audiobooks.settings import BookSettings
from mediakeep.audiobooks.sources import book_format, check_sources, find_books, source_order
from mediakeep.audiobooks.sources.check_sources import CheckedFile, CheckedSources
from mediakeep.audiobooks.sources.find_books import LeftOut
from mediakeep.audiobooks.sources.source_order import OrderedSources
from mediakeep.errors import UsageError, WorkingFilesChanged
from mediakeep.item import Item, NewItem, Status
from mediakeep.size_text import format_count
from mediakeep.workspace import backup_retention, quarantine

_SPEED = 50.0  # times real time: AAC on one core of 2026
_ORDERS = {
    "tags": "by disc and track number",
    "natural": "by name, numbers by value",
    "alphabetical": "by name, letter by letter",
    "list": "by a list",
    "mixed": "each folder on its own",
}
_ENDED = (Status.COMPLETED, Status.SKIPPED)
_INDENT = "  "


def build_job(_home: Path, item: Item, settings: BookSettings) -> BookJob:
    """Return the job of an item."""
    assert isinstance(item, AudiobookItem)
    return BookJob(item, item.output_name, settings)


def build_item(path: Path, settings: BookSettings) -> NewItem:
    """Return the item of folders that the user adds; raise UsageError if they are no book."""
    folders = [path_text.to_path(text) for text in settings.combine] or [path]
    options = settings.get_options()
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{path_text.display_path(folder)} is no folder. Correct the path.")
    books = []
    for folder in folders:
        book = find_books.scan_book(folder, settings.ignore, options.formats)
        if book is None:
            raise UsageError(f"{path_text.display_path(folder)} contains no audio files.")
        books.append(book)
    return NewItem(
        name=options.output or path_text.escape_path(path.name),
        path=books[0].path,
        fingerprint="+".join(book.fingerprint for book in books),
        fields={"file_count": sum(book.fields["file_count"] for book in books)},
        settings={
            "sources": tuple(book.path for book in books) if settings.combine else (),
            "options": settings.given,
        },
    )


def expire_files(_home: Path, settings: BookSettings, items: Mapping[str, Item]) -> None:
    """Delete old backups, but not those of unfinished jobs, and what was in quarantine as long."""
    days = settings.audiobooks.backup_retention_days
    if not days:
        return
    jobs = [build_job(_home, item, settings) for item in items.values()]
    unfinished = {job.owner_key for job in jobs if job.item.status not in _ENDED}
    for folder in settings.list_backup_dirs(job.item for job in jobs):
        backup_retention.expire_backups(folder, days, kept_jobs=unfinished)
    for folder in {job.output_dir for job in jobs}:
        quarantine.expire_entries(folder, days)


def describe_stages(job: BookJob) -> Mapping[str, list[str]]:
    """Return lines on each stage that runs, with the files in order below the first."""
    found = read_input.read_input(job.item.folders, job.options, job.ignored)
    if found is None:
        return {"input": ["input: no audio files"]}
    book, folders = found.book, job.item.folders
    count = format_count(len(book.files), "file")
    counted = _count_sources(book)
    damage = check_sources.check_damage(counted, folders, job.options.damage)
    if any(source.damage for source in counted):
        book = structs.replace(book, is_joined=False)  # it is encoded
    listed = describe_sources(found.ordered, found.checked, found.left_out, folders)
    processes = os.cpu_count() or 1
    encoding = describe_encoding(found.checked, book.format, processes)
    details = job.read_details(book.sources)
    path = job.output_dir / f"{job.build_file_name(details.details)}.m4b"
    lines = {
        "input": [f"input: {count}", *(_INDENT + line for line in (*listed, *damage))],
        "backup": [f"backup: {path_text.display_path(job.settings.backup_dir)}"],
        "counting": [f"counting: {count}"],
        "encoding": [f"encoding: {encoding}", *(_INDENT + note for note in found.notes)],
        "muxing": _describe_muxing(job, book, counted, details),
        "verifying": ["verifying: length, chapters, levels"],
        "placing": [f"placing: {path_text.display_path(path)}"],
        "completed": ["completed: working folders removed"],
    }
    omitted = {"backup": not job.options.backup, "encoding": book.is_joined}
    return {stage: text for stage, text in lines.items() if not omitted.get(stage)}


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
        *(
            f"{_INDENT}{name}: {path_text.shorten(' '.join(value.split()))} ({origins[name]})"
            for name, value in values
        ),
        f"{_INDENT}cover: {origins.get('cover', 'none')}",
        *(f"{_INDENT}{warning}" for warning in details.warnings),
    ]


def describe_progress(job: BookJob) -> str:
    """Return how many chunks are encoded, "" if encoding has not begun."""
    dirs = job.files.find()
    if dirs is None:
        return ""
    try:
        plan = PLAN.load(dirs.state)
    except WorkingFilesChanged as error:
        return str(error)  # the other books are still listed
    if plan is None:
        return ""
    chunks = list(plan.chunks())
    done = sum(book_job.find_chunk(dirs, chunk).exists() for chunk in chunks)
    return f"{done} of {len(chunks)} chunks encoded"


def describe_sources(
    ordered: OrderedSources,
    checked: CheckedSources,
    left_out: Sequence[LeftOut],
    folders: Sequence[Path],
) -> Iterator[str]:
    """Yield a line for each file in order, with their order, their sum, and what is left out."""
    yield f"Order: {_ORDERS[ordered.order]} ({ordered.reason})"
    by_path = {file.source.path: file for file in checked.files}
    for number, source in enumerate(ordered.sources, 1):
        shown = source_order.display_source(source.path, folders)
        yield f"{number:4}  {shown}: {_describe_file(by_path[source.path])}"
    counts = Counter(file.format for file in checked.files)
    formats = ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
    size = size_text.format_size(checked.size)
    yield f"Sources: {formats}; {format_length(checked.seconds)}, {size}"
    for file in left_out:
        yield f"Left out: {source_order.display_source(file.path, folders)}: {file.reason}"
    yield from (*ordered.warnings, *checked.warnings)


def describe_encoding(
    checked: CheckedSources, chosen: BookFormat, processes: int = 1, speed: float = _SPEED
) -> str:
    """Return the format of an encoded book, and about its size and the time it takes.

    `speed` is that of one process, in times real time.
    """
    size = size_text.format_size(book_format.estimate_size(checked, chosen))
    minutes = max(1, round(checked.seconds / speed / processes / 60))
    shown = book_format.describe_format(chosen)
    workers = format_count(processes, "process")
    return f"AAC, {shown}; about {size}, about {minutes:,} min with {workers}"


def format_length(seconds: float) -> str:
    """Format a playing time, such as "1:02:03"."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _describe_file(file: CheckedFile) -> str:
    channels = book_format.describe_channels(file.channels)
    rate = f", {round(file.bit_rate / 1000):,} kbit/s" if file.bit_rate else ""
    length = format_length(file.seconds)
    return f"{length}, {file.format}, {file.sample_rate:,} Hz, {channels}{rate}"
