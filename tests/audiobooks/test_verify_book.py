"""Verification finds what differs from the plan of a book."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.audiobooks.encoding import count_source
from mediakeep.audiobooks.encoding.book_plan import LEVEL_WINDOW, BookFormat, make_plan
from mediakeep.audiobooks.muxing import verify_book
from mediakeep.media.chapters.chapters import Chapter
from tests.audiobooks import books
from tests.audiobooks.books import Kind
from tests.media.encoding import sounds


def test_each_difference_is_named(tmp_path: Path) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / f"{n}.mp3", books.SHORT) for n in (1, 2)])
    path, chapters = books.make_book(plan, tmp_path)
    assert books.find_differences(path, plan, chapters) == []
    first, second = plan.sources

    def differences(**changes: object) -> list[str]:
        return books.find_differences(path, structs.replace(plan, **changes), chapters)

    moved = [Chapter(0, chapters[0].end + 1, "1"), structs.replace(chapters[1], title="x")]
    assert books.find_differences(path, plan, moved) == [
        f'its chapter "1" is at samples 0 to {chapters[0].end:,},'
        f' not "1" at 0 to {chapters[0].end + 1:,}',
        f'its chapter "2" is at samples {chapters[1].start:,} to {plan.samples:,},'
        f' not "x" at {chapters[1].start:,} to {plan.samples:,}',
    ]
    assert books.find_differences(path, plan, moved[:1])[0] == "it has 2 chapters, not 1"
    longer = structs.replace(second, samples=second.samples + 1)
    assert differences(sources=(first, longer)) == [
        f"it has {plan.samples:,} samples, not {plan.samples + 1:,}"
    ]
    louder = structs.replace(first, levels=bytes([2]) * len(first.levels))
    assert "at sample 28,672 of 1.mp3 its level is -" in differences(sources=(louder, second))[0]
    silent = structs.replace(second, levels=second.levels[:4] + b"\x7f" * 3 + second.levels[7:])
    assert "at sample 20,480 of 2.mp3 its level is -" in differences(sources=(first, silent))[0]
    for shift, text in ((4, "+3."), (-10, "-10.")):
        shifted = structs.replace(first, levels=bytes(level + shift for level in first.levels))
        assert f"its level differs by {text}" in differences(sources=(shifted, second))[0]
    mono = BookFormat(sample_rate=48_000, channels=1, bit_rate=64_000)
    assert differences(format=mono)[0] == (
        "its format is mp4a.40.2 with 44,100 Hz, 2 channels and 128,000 bit/s,"
        " not AAC with 48,000 Hz, 1 and 64,000 bit/s"
    )
    big = structs.replace(plan.format, bit_rate=5_000_000)
    assert "are expected from bit rate and length" in differences(format=big)[1]


@pytest.mark.long
@pytest.mark.parametrize("bit_rate", [16_000, 128_000])
def test_noise_that_the_encoder_makes_quieter_is_no_difference(
    tmp_path: Path, bit_rate: int
) -> None:
    source = sounds.write_noise(tmp_path / "1.wav", 120_000)
    book_format = BookFormat(bit_rate=bit_rate)
    plan = make_plan([count_source.count_source(source, book_format)], book_format)
    path, chapters = books.make_book(plan, tmp_path)
    assert books.find_differences(path, plan, chapters) == []


def test_noise_of_the_encoder_next_to_a_loud_sound_is_no_difference(tmp_path: Path) -> None:
    sound = sounds.noise_and_tone(9 * LEVEL_WINDOW).tobytes()
    pause = bytes(4 * 4 * LEVEL_WINDOW)
    source = sounds.write_wav(tmp_path / "1.wav", (sound + pause) * 3)
    book_format = BookFormat(bit_rate=48_000)
    plan = make_plan([count_source.count_source(source, book_format)], book_format)
    path, chapters = books.make_book(plan, tmp_path)
    assert books.find_differences(path, plan, chapters) == []


def test_segments_contain_each_window_once(tmp_path: Path) -> None:
    kinds = (Kind(44_100, 1, 0.9), Kind(44_100, 1, 0.05), Kind(44_100, 1, 1.3))
    files = [books.write_mp3(tmp_path / f"{n}.mp3", kind) for n, kind in enumerate(kinds)]
    plan = books.plan_book(files, 0.4)
    segments = verify_book.split_book(plan)
    assert [one.number for one in segments] == list(range(len(segments)))
    assert [0, *(one.end for one in segments)] == [*(one.start for one in segments), plan.samples]
    assert len(segments) == len(list(plan.chunks()))
    for segment in segments[1:]:
        start = max(start for start in plan.starts if start <= segment.start)
        assert (segment.start - start) % LEVEL_WINDOW == 0
    path, _ = books.make_book(plan, tmp_path)
    reports: list[tuple[int, int]] = []
    for segment in segments:
        assert not verify_book.verify_segment(path, plan, segment, lambda *one: reports.append(one))
    assert not reports  # one each second
    whole = verify_book.BookSegment(0, 0, plan.samples)
    assert not verify_book.verify_segment(path, plan, whole, lambda *one: reports.append(one))
    assert reports == [(44 * 1024, plan.samples), (88 * 1024, plan.samples)]


def test_a_truncated_book_is_named(tmp_path: Path) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / "1.mp3", books.SHORT)])
    path, chapters = books.make_book(plan, tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    header, *audio = books.find_differences(path, plan, chapters)
    assert header == f"it has {len(content) * 2 // 3:,} bytes, not {len(content):,}"
    assert any("book.m4b cannot be decoded: " in one for one in audio)
    path.write_bytes(content[:300])
    assert "no track of audio" in verify_book.verify_file(path, plan, chapters)[0]


def test_damage_of_packets_and_tables_is_found(tmp_path: Path) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / "1.mp3", books.SHORT)])
    path, chapters = books.make_book(plan, tmp_path)
    content = path.read_bytes()
    middle, table = len(content) * 3 // 4, content.index(b"stsz") + 16
    offsets = content.index(b"stco") + 12
    first = int.from_bytes(content[offsets : offsets + 4])
    edits = content.index(b"elst") + 12
    for at, damage in (
        (middle, bytes(3000)),
        (table + 40, bytes([0, 0, 0, 9])),
        (offsets, (first + 700).to_bytes(4)),
        (edits, (plan.samples - 1).to_bytes(4)),
        (content.index(b"stts") + 12, bytes([0, 0, 0, 5])),
        (content.index(b"stsc") + 8, bytes([0, 0, 0, 99])),
        (content.index(b"\x05\x80\x80\x80") + 5, b"\x11"),
    ):
        path.write_bytes(content[:at] + damage + content[at + len(damage) :])
        assert books.find_differences(path, plan, chapters), at
    path.write_bytes(content)
    assert books.find_differences(path, plan, chapters) == []
