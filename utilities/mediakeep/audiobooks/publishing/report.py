"""The record of an audiobook job: JSON for programs, and a Markdown page.

outputs/audiobooks/<name>.json    sources, order, chapters, settings, verification and metrics
issues/audiobooks/<name>.md       the same for people
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, size_text
from mediakeep.audiobooks.sources import book_format
from mediakeep.pages import render
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

    @property
    def times_real_time(self) -> float:
        """Seconds of audio per second of work, or 0 if unknown."""
        return round(self.audio_seconds / self.seconds, 1) if self.seconds else 0.0


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


def find_json(name: str) -> str:
    """Return the path of the JSON file, relative to the home."""
    return f"outputs/audiobooks/{name}.json"


def find_page(name: str) -> str:
    """Return the path of the page, relative to the home."""
    return f"issues/audiobooks/{name}.md"


def write_record(record: BookRecord, home: Path, name: str) -> None:
    """Write both files, each only if it changes; `name` is that of the book, without suffix."""
    page = render.render_template("book.md.j2", **_build_facts(record))
    data = msgspec.json.format(msgspec.json.encode(_add_rates(record))) + b"\n"
    contents = {home / find_json(name): data, home / find_page(name): page.encode()}
    with translate_errors(home / find_json(name)):
        atomic_files.write_if_changed(contents)


def _add_rates(record: BookRecord) -> dict[str, Any]:
    """Return the record as plain data, with the values that are computed."""
    values: dict[str, Any] = msgspec.to_builtins(record)
    if record.metrics:
        values["metrics"]["times_real_time"] = record.metrics.times_real_time
    return values


def _build_facts(record: BookRecord) -> Mapping[str, Any]:
    metrics = record.metrics
    return {
        "record": record,
        "metrics": metrics,
        "length": render.format_playing_time(metrics.audio_seconds) if metrics else "",
        "work": render.format_playing_time(metrics.seconds) if metrics else "",
        "input_size": size_text.format_size(metrics.input_bytes) if metrics else "",
        "output_size": size_text.format_size(metrics.output_bytes) if metrics else "",
        "sizes": [size_text.format_size(source.size) for source in record.sources],
    }
