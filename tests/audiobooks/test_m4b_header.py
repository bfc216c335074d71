"""Headers of long books are read by FFmpeg, mutagen and the tag reader of mediakeep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import mutagen.mp4
import pytest

from mediakeep.audiobooks.details import book_tags
from mediakeep.audiobooks.muxing import book_file
from mediakeep.media.audio import tags
from mediakeep.media.audio.mp4 import mp4_stream, sample_tables
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.chapters.chapters import Chapter
from mediakeep.media.encoding import mp4_header
from mediakeep.media.encoding.mp4_header import MediaTrack
from tests.audiobooks import books
from tests.sampling import each_row

RATE = books.FORMAT.sample_rate
FRAME = 1 << 20  # samples; far fewer packets than AAC would have
LAST = b"the last packet"


def write_sparse(
    path: Path, packets: int, size: int, chapters: list[Chapter], language: str = ""
) -> MediaTrack:
    """Write a book of equal packets without their data, but for the last one."""
    samples = packets * FRAME - mp4_header.AAC_PRIMING - 5
    sizes = bytearray(mp4_header.pack_sizes([size] * (packets - 1) + [len(LAST)]))
    entry = book_file.build_sample_entry(books.FORMAT)
    track = MediaTrack(RATE, entry, FRAME, mp4_header.AAC_PRIMING, samples, sizes)
    with path.open("wb") as file:
        file.writelines(book_file.build_header(track, chapters, language))
    book_tags.write_tags(path, books.DETAILS)
    with path.open("ab") as file:
        file.write(book_file.build_data_head(track, chapters))
        file.truncate(file.tell() + size * (packets - 1))
    with path.open("ab") as file:
        file.write(LAST)
    return track


@pytest.mark.parametrize(
    ("packets", "size", "late"),
    [(5000, 900_000, 0), (5000, 200, 500), (50, 100_000_000, 0), (3, 1, 500)],
    ids=["33 h and 4.5 GB", "33 h", "5 GB", "short"],
)
def test_long_books_are_read(tmp_path: Path, packets: int, size: int, late: int) -> None:
    path, samples = tmp_path / "a.m4b", packets * FRAME - mp4_header.AAC_PRIMING - 5
    marks = [late, late + 1, 70_001, samples // 3, samples - 1, samples]
    titles = ["Ä" * 300, "", "c", "d", "e"]
    chapters = [Chapter(*one) for one in zip(marks[:-1], marks[1:], titles, strict=True)]
    write_sparse(path, packets, size, chapters)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.duration == samples
        assert [
            (one["start"], one["end"], one["time_base"].denominator, one["metadata"]["title"])
            for one in container.chapters()
        ] == [(one.start, one.end, RATE, one.title) for one in chapters]
        container.seek(samples, stream=stream)
        found = [packet for packet in container.demux(stream) if packet.size]
        assert bytes(found[-1]) == LAST
        assert found[-1].pts + found[-1].duration == samples
    read: Any = mutagen.mp4.MP4(path)  # type: ignore[no-untyped-call]
    assert read.info.length == pytest.approx((samples + mp4_header.AAC_PRIMING) / RATE)
    assert [one.title for one in read.chapters] == ["Ä" * 127, *titles[1:]]
    starts = [one.start for one in read.chapters]
    assert starts == pytest.approx([mark / RATE for mark in marks[:-1]], abs=1e-6)
    facts = tags.read(path).facts
    assert (facts.sample_rate, facts.channels, facts.truncated) == (RATE, 2, "")
    assert facts.duration == pytest.approx((samples + mp4_header.AAC_PRIMING) / RATE, abs=1e-3)


def test_more_chapters_than_nero_can_list(tmp_path: Path) -> None:
    chapters = [Chapter(at * 5000, at * 5000 + 5000, str(at)) for at in range(600)]
    write_sparse(tmp_path / "a.m4b", 3, 1, chapters)
    with av.open(str(tmp_path / "a.m4b")) as container:
        found = container.chapters()
    assert [one["metadata"]["title"] for one in found] == [one.title for one in chapters]
    assert [one["start"] for one in found] == [one.start for one in chapters]
    read: Any = mutagen.mp4.MP4(tmp_path / "a.m4b")  # type: ignore[no-untyped-call]
    assert len(read.chapters) == 255


def test_a_book_without_chapters_has_one_track(tmp_path: Path) -> None:
    write_sparse(tmp_path / "a.m4b", 3, 1, [])
    with av.open(str(tmp_path / "a.m4b")) as container:
        assert len(container.streams) == 1
        assert container.chapters() == []


@each_row(
    "language, code",
    [
        ("", "und"),
        ("de", "deu"),  # not "ger", the other code of ISO 639-2
        ("ger", "deu"),
        ("pt-BR", "por"),
        ("English", "eng"),
        ("Klingon?", "und"),
        ("x", "und"),
        ("fra, eng", "und"),
    ],
)
def test_both_tracks_have_the_language_of_the_book(
    tmp_path: Path, language: str, code: str
) -> None:
    write_sparse(tmp_path / "a.m4b", 3, 1, [Chapter(0, 5000, "a")], language)
    with av.open(str(tmp_path / "a.m4b")) as container:
        found = [stream.metadata.get("language", "und") for stream in container.streams]
    assert found == [code, code]


def test_each_title_is_a_chunk_with_its_duration(tmp_path: Path) -> None:
    """Or music-metadata of npm, which many servers use, raises an error or shows other times."""
    chapters = [Chapter(at * 5000, at * 5000 + 5000, str(at)) for at in range(3)]
    write_sparse(tmp_path / "a.m4b", 3, 1, chapters)
    with (tmp_path / "a.m4b").open("rb") as file:
        source = BoundedFile(file.fileno(), (tmp_path / "a.m4b").stat().st_size)
        track = mp4_stream.find_track(source, b"text")
        assert track
        tables = sample_tables.read_tables(source, track)
        titles = [source.read(offset + 2, 1).decode() for offset in tables.offsets]
    assert titles == ["0", "1", "2"]
    assert tables.durations == [(1, 5000)] * 3
