"""Chapters come from files, titles, silence, or a file of chapters."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from mediakeep.audiobooks import chapter_files, chapters, count_source
from mediakeep.audiobooks.book_plan import BookPlan, CountedSource, make_plan
from mediakeep.audiobooks.chapters import Chapter, ChapterMark
from mediakeep.audiobooks.source_order import SourceFile
from mediakeep.errors import UsageError
from tests.audiobooks import books
from tests.media.encoding import sounds
from tests.sampling import each_row

RATE = 44_100


def plan(*names: str, seconds: int = 100) -> BookPlan:
    """Return the plan of files of equal length that are not read."""
    pcm = books.FORMAT.pcm
    return make_plan([CountedSource(n, 1, 1, pcm, seconds * RATE) for n in names], books.FORMAT)


def test_files_with_one_title_are_one_chapter() -> None:
    titles = ["One", "One", "", "", "Two", "One"]
    sources = [SourceFile(Path(f"{n}.mp3"), title=title) for n, title in enumerate(titles)]
    starts = [0, 10, 20, 30, 40, 50]
    marks = chapters.mark_titles(starts, sources)
    assert [(mark.start, mark.title) for mark in marks] == [
        (0, "One"), (20, "2"), (30, "3"), (40, "Two"), (50, "One"),
    ]  # fmt: skip
    assert [mark.title for mark in chapters.mark_files(starts, sources)] == list("012345")


def test_chapters_cover_the_whole_book() -> None:
    marks = [ChapterMark(70, "B"), ChapterMark(30, "A")]
    expected = [Chapter(0, 30, "Opening"), Chapter(30, 70, "A"), Chapter(70, 100, "B")]
    assert chapters.make_chapters(marks, 100, "x") == expected
    assert chapters.make_chapters([], 100, "x") == []
    with pytest.raises(UsageError, match='x not used: chapter "B" starts outside the book'):
        chapters.make_chapters(marks, 70, "x")
    with pytest.raises(UsageError, match='x not used: chapters "A" and "C" start together'):
        chapters.make_chapters([*marks, ChapterMark(30, "C")], 100, "x")


def test_a_chapter_begins_after_each_long_silence(tmp_path: Path) -> None:
    loud = array("h", [9000, -9000] * RATE)
    samples = loud + array("h", bytes(4 * RATE)) + loud  # one second each
    path = sounds.write_wav(tmp_path / "a.wav", samples.tobytes())
    counted = count_source.count_source(path, books.FORMAT)
    book = make_plan([counted, counted], books.FORMAT)
    marks = chapters.mark_silence(book, min_seconds=0.8, min_chapter=1.5)
    assert [mark.title for mark in marks] == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert [mark.start / RATE for mark in marks] == pytest.approx([0, 2, 5], abs=0.01)
    assert len(chapters.mark_silence(book, min_seconds=0.8, min_chapter=2.5)) == 2
    assert len(chapters.mark_silence(book)) == 1


FILES = {
    "ffmetadata": ";FFMETADATA1\ntitle=Book\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=62500\n"
    "title=One\\; two\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=62500\nEND=99000\ntitle=Three\n",
    "labels": "0.000000\t62.5\tOne; two\n\\\t100\t200\n62.500000\t62.500000\tThree\n",
    "list": "\ufeff## total-duration: 00:03:20\n00:00:00.000 One; two\n\n00:01:02.500 Three\n",
    "ogm": "CHAPTER01=00:00:00.000\nCHAPTER01NAME=One; two\n"
    "CHAPTER02=00:01:02.500\nCHAPTER02NAME=Three\n",
    "cue": 'PERFORMER "X"\nTITLE "Book"\nFILE "book.wav" WAVE\n  TRACK 01 AUDIO\n'
    '    TITLE "One; two"\n    INDEX 01 00:00:00\n  TRACK 02 AUDIO\n    TITLE "Three"\n'
    "    INDEX 00 01:01:00\n    INDEX 01 01:02:37\n",
}


@each_row("kind", FILES)
def test_chapters_are_read_from_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "chapters"
    path.write_text(FILES[kind])
    one, three = chapter_files.read_marks(path, plan("a.mp3"))
    assert one == ChapterMark(0, "One; two")
    assert three.title == "Three"
    assert three.start == (round((62 + 37 / 75) * RATE) if kind == "cue" else 62.5 * RATE)


def test_a_cue_sheet_may_name_the_files_of_the_book(tmp_path: Path) -> None:
    path = tmp_path / "book.cue"
    text = "".join(
        f'FILE "{name}.wav" WAVE\nTRACK 0{number} AUDIO\nTITLE "\u00dc{name}"\nINDEX 01 00:02:00\n'
        for number, name in enumerate("ba", 1)
    )
    path.write_bytes(text.encode("cp1252"))
    marks = chapter_files.read_marks(path, plan("A.mp3", "b.mp3"))
    assert marks == [ChapterMark(102 * RATE, "\u00dcb"), ChapterMark(2 * RATE, "\u00dca")]
    with pytest.raises(
        UsageError, match=r'its file "b\.wav" is not in the book\. Correct the name'
    ):
        chapter_files.read_marks(path, plan("a.mp3"))


@each_row(
    ("content", "cause"),
    [
        (b"", "it contains no chapters. Use ffmetadata, Audacity labels"),
        (b"hello", "line 1 is not a chapter. Use ffmetadata"),
        (b"00:00:01.0 A\n\0\xff\n", "line 2 is not a chapter"),
        (b";FFMETADATA1\n", "it contains no chapters"),
    ],
)
def test_what_is_no_list_of_chapters_is_named(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "c.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=rf"Chapters .*c\.txt not read: {cause}"):
        chapter_files.read_marks(path, plan("a.mp3"))
    path.unlink()
    with pytest.raises(UsageError, match=r"c\.txt not read: No such file or directory\. Check"):
        chapter_files.read_marks(path, plan("a.mp3"))
