"""Verification finds what differs from the plan of a book."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from mediakeep.audiobooks import verify_book
from mediakeep.audiobooks.book_plan import BookFormat
from mediakeep.audiobooks.chapters import Chapter
from tests.audiobooks import books


def test_each_difference_is_named(tmp_path: Path) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / f"{n}.mp3", books.SHORT) for n in (1, 2)])
    path, chapters = books.make_book(plan, tmp_path)
    assert verify_book.verify_book(path, plan, chapters) == []
    first, second = plan.sources

    def differences(**changes: object) -> list[str]:
        return verify_book.verify_book(path, structs.replace(plan, **changes), chapters)

    moved = [Chapter(0, chapters[0].end + 1, "1"), structs.replace(chapters[1], title="x")]
    assert verify_book.verify_book(path, plan, moved) == [
        f'its chapter "1" is at samples 0 to {chapters[0].end:,},'
        f' not "1" at 0 to {chapters[0].end + 1:,}',
        f'its chapter "2" is at samples {chapters[1].start:,} to {plan.samples:,},'
        f' not "x" at {chapters[1].start:,} to {plan.samples:,}',
    ]
    assert verify_book.verify_book(path, plan, moved[:1])[0] == "it has 2 chapters, not 1"
    longer = structs.replace(second, samples=second.samples + 1)
    assert differences(sources=(first, longer)) == [
        f"it has {plan.samples:,} samples, not {plan.samples + 1:,}"
    ]
    louder = structs.replace(first, levels=bytes([2]) * len(first.levels))
    assert "at sample 0 of 1.mp3 its level is -" in differences(sources=(louder, second))[0]
    silent = structs.replace(second, levels=second.levels[:5] + b"\x7f" + second.levels[6:])
    assert "at sample 20,480 of 2.mp3 its level is -" in differences(sources=(first, silent))[0]
    shifted = structs.replace(first, levels=bytes(level - 3 for level in first.levels))
    assert "its level differs by -3" in differences(sources=(shifted, second))[0]
    mono = BookFormat(sample_rate=48_000, channels=1, bit_rate=64_000)
    assert "not 48,000 Hz and 1" in differences(format=mono)[0]
    big = structs.replace(plan.format, bit_rate=5_000_000)
    assert "are expected from bit rate and length" in differences(format=big)[0]


def test_a_truncated_book_is_named(tmp_path: Path) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / "1.mp3", books.SHORT)])
    path, chapters = books.make_book(plan, tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    (found,) = verify_book.verify_book(path, plan, chapters)
    assert "book.m4b cannot be decoded: " in found
    path.write_bytes(content[:300])
    assert len(verify_book.verify_book(path, plan, chapters)) == 1
