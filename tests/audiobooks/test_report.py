"""The record of a job as JSON, and its page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from mediakeep.audiobooks import record_book
from mediakeep.audiobooks.record_book import (
    BookMetrics,
    BookRecord,
    BookVerification,
    ChapterRow,
    DetailRow,
    SourceRow,
)
from mediakeep.errors import DiskFull, NotCopied
from mediakeep.pages import job_record

KIND = "audiobooks"

RECORD = BookRecord(
    id="6f1c3c0e-0000-4000-8000-000000000000",
    title="A | Book",
    status="completed",
    created=datetime(2026, 11, 22, 14, tzinfo=UTC),
    completed=datetime(2026, 11, 22, 15, tzinfo=UTC),
    folders=("/library/Book",),
    sources=(
        SourceRow("01\\x0A.mp3", 9_000_000, "mp3", 22_050, 1, 64_000, 44_100 * 2400),
        SourceRow("02.mp3", 9_000_000),
    ),
    order="natural (no track numbers)",
    chapters=(ChapterRow("One", 0, 0.0), ChapterRow("*Two*", 44_100 * 3723, 3723.9)),
    chapters_from="files",
    details=(DetailRow("author", "Some <b>One</b>", "metadata.json"),),
    settings={"bitrate": "128k", "channels": 2},
    encoder="libavcodec 62.28",
    output="/home/outputs/audiobooks/A.m4b",
    metrics=BookMetrics(7200.0, 72.04, {"counting": 4.0, "encoding": 68.04}, 18_000_000, 9_000_000),
    verification=BookVerification(317_520_000, 2, "1f" * 32),
    warnings=("1 file is mono",),
)
PAGE = r"""# A \| Book

2 files, 2 h 0 min, built in 1 min (99.9 times real time).

- Job: `6f1c3c0e-0000-4000-8000-000000000000`
- Created: 2026-11-22 14:00:00+00:00
- Completed: 2026-11-22 15:00:00+00:00
- Source: `/library/Book`
- Output: `/home/outputs/audiobooks/A.m4b` (9.0 MB of 18.0 MB)
- Order: natural (no track numbers)
- Encoder: libavcodec 62.28
- bitrate: 128k
- channels: 2
- Verified: 317,520,000 samples, 2 chapters

## Warnings

- 1 file is mono

## Chapters from files

| Start | Title |
|---:|---|
| 0:00:00 | One |
| 1:02:03 | \*Two\* |

## Tags

| Tag | Value | From |
|---|---|---|
| author | Some \<b\>One\</b\> | metadata.json |

## Files

| File | Format | Samples | Size |
|---|---|---:|---:|
| 01\\x0A.mp3 | mp3, 22,050 Hz, mono, 64 kbit/s | 105,840,000 | 9.0 MB |
| 02\.mp3 |  |  | 9.0 MB |

## Stages

| Stage | Seconds of work |
|---|---:|
| counting | 4.0 |
| encoding | 68.0 |
"""


def test_the_page_of_a_book(tmp_path: Path) -> None:
    record_book.write_record(RECORD, tmp_path, "A")
    assert (tmp_path / job_record.find_page(KIND, "A")).read_text() == PAGE


def test_the_json_has_all_of_the_record(tmp_path: Path) -> None:
    record_book.write_record(RECORD, tmp_path, "A")
    data = (tmp_path / job_record.find_json(KIND, "A")).read_bytes()
    assert msgspec.json.decode(data, type=BookRecord) == RECORD
    assert json.loads(data)["metrics"]["times_real_time"] == 99.9


def test_an_unchanged_record_is_not_written(tmp_path: Path) -> None:
    record_book.write_record(RECORD, tmp_path, "A")
    path = tmp_path / job_record.find_json(KIND, "A")
    inode = path.stat().st_ino
    record_book.write_record(RECORD, tmp_path, "A")
    assert path.stat().st_ino == inode


def test_the_page_of_a_failure(tmp_path: Path) -> None:
    failed = BookRecord(id="1", title="B", status="failed", folders=(), message="why")
    record_book.write_record(failed, tmp_path, "B")
    page = (tmp_path / job_record.find_page(KIND, "B")).read_text()
    assert page.startswith("# B\n\n**failed**: why\n\n- Job: `1`\n")


def test_a_record_that_cannot_be_written_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("a file")
    with pytest.raises((NotCopied, DiskFull), match=r"A\.json"):
        record_book.write_record(RECORD, tmp_path, "A")


def test_unknown_times_are_no_rate() -> None:
    assert BookMetrics(10.0, 0.0, {}, 1).times_real_time == 0
