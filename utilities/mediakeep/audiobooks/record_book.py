"""The record of a job: its sources, order, chapters, tags, settings, verification and metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import clock, job_ids, path_text
from mediakeep.audiobooks import find_chapters
from mediakeep.audiobooks.book_job import CHAPTERS, DETAILS, INPUT, PLAN, SECONDS, BookJob
from mediakeep.audiobooks.details.read_details import FoundDetails
from mediakeep.audiobooks.item import AUDIOBOOKS
from mediakeep.audiobooks.read_input import BookInput
from mediakeep.audiobooks.settings import BookOptions
from mediakeep.audiobooks.sources import book_format
from mediakeep.media import ffmpeg
from mediakeep.pages import job_record
from mediakeep.workspace.job_files import WorkingDirs
from mediakeep.workspace.system_errors import translate_errors


class SourceRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of a book; `path` is escaped. `samples` are at the book's rate."""

    path: str
    size: int  # bytes
    codec: str = ""
    sample_rate: int = 0  # Hz
    channels: int = 0
    bit_rate: int = 0  # bits per second
    samples: int = 0

    @property
    def format_text(self) -> str:
        parts = (
            self.codec,
            f"{self.sample_rate:,} Hz" if self.sample_rate else "",
            book_format.describe_channels(self.channels) if self.channels else "",
            f"{round(self.bit_rate / 1000)} kbit/s" if self.bit_rate else "",
        )
        return ", ".join(part for part in parts if part)


class ChapterRow(msgspec.Struct, frozen=True):
    """A chapter; `start` is in samples, `seconds` its time from the start of the book."""

    title: str
    start: int
    seconds: float

    @property
    def time_text(self) -> str:
        """The start, as in "1:02:03"."""
        return str(timedelta(seconds=int(self.seconds)))


class DetailRow(msgspec.Struct, frozen=True):
    """A tag of the book, and where its value comes from."""

    field: str
    value: str
    origin: str


class BookVerification(msgspec.Struct, frozen=True):
    """What the decoded book was found to have, as its plan says; `sha256` is that of the file."""

    samples: int
    chapters: int
    sha256: str


class BookMetrics(msgspec.Struct, frozen=True):
    """How long the book is, how long the job took, and the sizes of all files.

    `stage_seconds` are seconds of work of all processes.
    """

    audio_seconds: float
    seconds: float  # from the start of the job
    stage_seconds: dict[str, float]
    input_bytes: int
    output_bytes: int = 0
    times_real_time: float = 0.0  # seconds of audio per second of the job, 0 if unknown

    def __post_init__(self) -> None:
        if self.seconds:
            rate = round(self.audio_seconds / self.seconds, 1)
            structs.force_setattr(self, "times_real_time", rate)


class BookRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a job; paths are escaped. `order` and `chapters_from` are clauses."""

    id: str
    title: str
    status: str
    created: datetime | None = None
    started: datetime | None = None
    completed: datetime | None = None
    folders: tuple[str, ...]
    sources: tuple[SourceRow, ...] = ()
    order: str = ""
    chapters: tuple[ChapterRow, ...] = ()
    chapters_from: str = ""
    details: tuple[DetailRow, ...] = ()
    settings: dict[str, Any] = {}
    encoder: str = ""
    output: str = ""
    backup: str = ""
    metrics: BookMetrics | None = None
    verification: BookVerification | None = None
    warnings: tuple[str, ...] = ()
    message: str = ""
    format: int = 1


def write(job: BookJob, dirs: WorkingDirs, status: str, message: str = "") -> None:
    """Write the record of a job whose input was checked; `message` is that of a failure."""
    found = INPUT.load(dirs.state)
    if found is None:
        return
    item, details = job.item, DETAILS.load(dirs.state)
    is_completed, chapters = status == "completed", tuple(_list_chapters(dirs, found))
    has_own = any(one.startswith(find_chapters.OWN_CHAPTERS) for one in found.warnings)
    mode = "the parts" if found.is_joined else job.options.chapters
    record = BookRecord(
        id=job_ids.get_job_id(AUDIOBOOKS.name, job.key),
        title=details.details.title if details else item.output_name,
        status=status,
        created=_parse_time(item.added_date),
        started=_parse_time(item.started_date),
        completed=clock.now() if is_completed else None,
        folders=item.sources or (item.path,),
        sources=tuple(_list_sources(dirs, found)),
        order=found.order,
        chapters=chapters,
        chapters_from="metadata.json" if has_own else mode,
        details=tuple(_list_details(details)) if details else (),
        settings=_list_settings(job, found),
        encoder="" if found.is_joined else ffmpeg.describe_version(),
        output=item.output_path,
        backup=item.backup_path,
        metrics=_build_metrics(job, found),
        verification=BookVerification(
            int(item.metrics.get("samples", 0)), len(chapters), item.output_sha256
        )
        if is_completed
        else None,
        warnings=(*found.warnings, *(details.warnings if details else ())),
        message=message,
    )
    home = path_text.to_path(job.settings.home)
    write_record(record, home, item.output_name)


def write_record(record: BookRecord, home: Path, name: str) -> None:
    """Write the record of a book; `name` is the item's. Raises NotCopied or DiskFull."""
    kind = AUDIOBOOKS.name
    with translate_errors(home / job_record.find_json(kind, name)):
        job_record.write_record(record, home, kind, name)


def _list_settings(job: BookJob, found: BookInput) -> dict[str, Any]:
    """Return the format of the encoding, and the settings that are not the default."""
    defaults = msgspec.to_builtins(BookOptions())
    values = msgspec.to_builtins(job.options)
    own = {name: value for name, value in values.items() if value != defaults[name]}
    encoded = {} if found.is_joined else {"encoding": book_format.describe_format(found.format)}
    return {**encoded, **own}


def _list_sources(dirs: WorkingDirs, found: BookInput) -> Iterator[SourceRow]:
    plan = PLAN.load(dirs.state)
    samples = {one.escaped_path: one.samples for one in plan.sources} if plan else {}
    for file in found.files:
        yield SourceRow(
            file.path,
            file.size,
            file.codec,
            file.sample_rate,
            file.channels,
            file.bit_rate,
            samples.get(file.path, 0),
        )


def _list_chapters(dirs: WorkingDirs, found: BookInput) -> Iterator[ChapterRow]:
    rate = found.files[0].sample_rate if found.is_joined else found.format.sample_rate
    for chapter in CHAPTERS.load(dirs.state) or ():
        yield ChapterRow(chapter.title, chapter.start, round(chapter.start / rate, 3))


def _list_details(details: FoundDetails) -> Iterator[DetailRow]:
    for field, origin in details.origins.items():
        value = "picture" if field == "cover" else getattr(details.details, field)
        yield DetailRow(field, value, origin)


def _build_metrics(job: BookJob, found: BookInput) -> BookMetrics:
    metrics, item = job.item.metrics, job.item
    suffix = f"_{SECONDS}"
    stages = AUDIOBOOKS.stages.stages
    started = _parse_time(item.started_date)
    return BookMetrics(
        audio_seconds=metrics.get(f"audio{suffix}", 0.0),
        seconds=(clock.now() - started).total_seconds() if started else 0.0,
        stage_seconds={
            stage.name: metrics[stage.name + suffix]
            for stage in stages
            if stage.name + suffix in metrics
        },
        input_bytes=found.size,
        output_bytes=int(metrics.get("output_bytes", 0)),
    )


def _parse_time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
