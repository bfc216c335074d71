"""Chapters are made of the names and titles of files, silences, and files of chapters."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mediakeep.errors import UsageError
from mediakeep.media.chapters import chapter_files, chapters
from mediakeep.media.chapters.chapters import Chapter, ChapterMark
from mediakeep.media.encoding.silence import SilentRange
from tests.media.chapters.timelines import RATE, make_timeline
from tests.sampling import each_row


def test_files_with_one_title_are_one_chapter() -> None:
    titles = ("One", "One", "", "", "Two", "One")
    timeline = make_timeline(*(f"{n}.mp3" for n in range(6)), seconds=1, titles=titles)
    marks = chapters.mark_titles(timeline)
    assert [(mark.start // RATE, mark.title) for mark in marks] == [
        (0, "One"), (2, "2"), (3, "3"), (4, "Two"), (5, "One"),
    ]  # fmt: skip
    assert [mark.title for mark in chapters.mark_files(timeline)] == list("012345")


def test_titles_are_one_line_of_utf_8() -> None:
    latin_1 = os.fsdecode(b"B\xfccher \n 1.mp3")
    (mark,) = chapters.mark_files(make_timeline(latin_1))
    (chapter,) = chapters.make_chapters([mark], 100, "x")
    assert ascii(chapter.title) == ascii("B\ufffdcher 1")


@each_row(
    ("names", "expected"),
    [
        (["01 - One", "02 - Two"], ["One", "Two"]),
        (["1-01. One", "1-02. Two", "2-01. One"], ["One", "Two", "One"]),
        (["01_Book", "02_Book"], ["01_Book", "02_Book"]),
        (["01 One", "Two"], ["01 One", "Two"]),
        (["1984 Part 1", "1984 Part 2"], ["1984 Part 1", "1984 Part 2"]),
        (["1984"], ["1984"]),
        (["01 One"], ["01 One"]),
        (["CD1/01", "CD1/02", "CD2/01"], ["CD1 - 01", "CD1 - 02", "CD2 - 01"]),
        (["CD1/01 One", "CD2/02 Two"], ["One", "Two"]),
        # With title tags: used if all files have different ones.
        (["01 i=Loomings", "02 c=The Carpet-Bag"], ["Loomings", "The Carpet-Bag"]),
        (["CD1/1=A", "CD2/1=B"], ["A", "B"]),
        (["1=01 - A", "2=02 - B"], ["A", "B"]),
        (["01 One=Book", "02 Two=Book"], ["One", "Two"]),
        (["01 One=A", "02 Two="], ["One", "Two"]),
        (["One=Book"], ["One"]),
    ],
)
def test_chapters_are_named_by_files(names: list[str], expected: list[str]) -> None:
    parts = [name.partition("=") for name in names]
    titles = tuple(title for *_, title in parts)
    timeline = make_timeline(*(f"{name}.mp3" for name, *_ in parts), titles=titles)
    marks = chapters.mark_files(timeline)
    assert [mark.title for mark in marks] == expected


def test_chapters_cover_the_whole_book() -> None:
    marks = [ChapterMark(70, "B"), ChapterMark(30, "A")]
    expected = [Chapter(0, 30, "Opening"), Chapter(30, 70, "A"), Chapter(70, 100, "B")]
    assert chapters.make_chapters(marks, 100, "x") == expected
    assert chapters.make_chapters([], 100, "x") == []
    with pytest.raises(UsageError, match='x not used: chapter "A" is too long for an M4B'):
        chapters.make_chapters([ChapterMark(3, "A")], (1 << 32) + 3, "x")
    assert chapters.make_chapters([ChapterMark(3, "A")], (1 << 32) + 2, "x")
    with pytest.raises(UsageError, match='x not used: chapter "B" starts outside the book'):
        chapters.make_chapters(marks, 70, "x")
    with pytest.raises(UsageError, match='x not used: chapters "A" and "C" start together'):
        chapters.make_chapters([*marks, ChapterMark(30, "C")], 100, "x")


def test_a_silence_may_span_two_files() -> None:
    book = make_timeline("a.mp3", "b.mp3", "c.mp3")
    silences = [
        [SilentRange(0, 1), SilentRange(40, 43), SilentRange(65, 67), SilentRange(99, 100)],
        [SilentRange(0, 1.5), SilentRange(98, 100.01)],
        [SilentRange(9, 10)],
    ]
    marks = chapters.mark_silences(book, silences, min_chapter=1)
    assert [mark.start / RATE for mark in marks] == [0, 43, 67, 101.5, 200]
    marks = chapters.mark_silences(book, silences, min_chapter=30)  # the longest one is kept
    assert [mark.start / RATE for mark in marks] == [0, 43, 101.5, 200]
    marks = chapters.mark_silences(book, silences, min_chapter=60)
    assert [mark.start / RATE for mark in marks] == [0, 101.5, 200]


FILES = {
    "ffmetadata": ";FFMETADATA1\ntitle=Book\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=62500\n"
    "title=One\\; two\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=62500\nEND=99000\ntitle=Three\n",
    "labels": "0.000000\t62.5\tOne; two\n\\\t100\t200\n62.500000\t62.500000\tThree\n",
    "list": "\ufeff## total-duration: 00:03:20\n00:00:00.000 One; two\n\n00:01:02.500 Three\n",
    "ogm": "CHAPTER01=00:00:00.000\nCHAPTER01NAME=One; two\n"
    "CHAPTER02=00:01:02.500\nCHAPTER02NAME=Three\n",
    "csv": 'Start,End,Title\n0,62.5,"One; two"\n0:01:02.5, ,Three\n',
    "csv without ends": '0:00:00, "One; two"\n62.5,Three\n',
    "cue": 'PERFORMER "X"\nTITLE "Book"\nFILE "book.wav" WAVE\n  TRACK 01 AUDIO\n'
    '    TITLE "One; two"\n    INDEX 01 00:00:00\n  TRACK 02 AUDIO\n    TITLE "Three"\n'
    "    INDEX 00 01:01:00\n    INDEX 01 01:02:37\n",
}


@each_row("kind", FILES)
def test_chapters_are_read_from_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "chapters"
    path.write_text(FILES[kind])
    (one, three), _ = chapter_files.read_marks(path, make_timeline("a.mp3"))
    end = 62.5 * RATE if kind in ("ffmetadata", "labels", "csv") else 0
    assert one == ChapterMark(0, "One; two", end)
    assert three.title == "Three"
    assert three.start == (round((62 + 37 / 75) * RATE) if kind == "cue" else 62.5 * RATE)


def test_a_cue_sheet_may_name_the_files_of_the_book(tmp_path: Path) -> None:
    path = tmp_path / "book.cue"
    text = "".join(
        f'FILE "{name}.wav" WAVE\nTRACK 0{number} AUDIO\nTITLE "\u00dc{name}"\nINDEX 01 00:02:00\n'
        for number, name in enumerate("ba", 1)
    )
    path.write_bytes(text.encode("cp1252"))
    marks, _ = chapter_files.read_marks(path, make_timeline("A.mp3", "b.mp3"))
    assert marks == [ChapterMark(102 * RATE, "\u00dcb"), ChapterMark(2 * RATE, "\u00dca")]
    with pytest.raises(
        UsageError, match=r'its file "b\.wav" is not one of the audio files\. Correct the name'
    ):
        chapter_files.read_marks(path, make_timeline("c.mp3"))
    # A sheet of a record has a file for each side.
    (side,), _ = chapter_files.read_marks(path, make_timeline("a.mp3"))
    assert side == ChapterMark(2 * RATE, "\u00dca")


def test_the_commands_of_a_cue_sheet_may_be_in_lower_case(tmp_path: Path) -> None:
    path = tmp_path / "book.cue"
    path.write_text('file "a.wav" wave\n  track 01 audio\n    title "One"\n    index 01 00:00:00\n')
    assert chapter_files.read_marks(path, make_timeline("a.mp3"))[0] == [ChapterMark(0, "One")]


# Each has the chapters "One" at 0 and "Two, or 2" at 62.5 s, in the shape of the program.
SPREADSHEETS = {
    "LibreOffice": b'start,title\n0,One\n62.5,"Two, or 2"\n',
    "LibreOffice, German": b"Title;End;Start\nOne;62,5;0\nTwo, or 2;;62,5\n",
    "LibreOffice, times": b'"Chapter","Start"\n"One","00:00:00"\n"Two, or 2","00:01:02.5"\n,\n',
    "LibreOffice, without names": b"0;One\n1:02,5;Two, or 2\n",
    "Excel": b"\xef\xbb\xbfTitle;Start\r\nOne;0\r\nTwo, or 2;62,5\r\n",
    "Excel, Unicode text": 'Title\tStart\r\nOne\t0\r\n"Two, or 2"\t62,5\r\n'.encode("utf-16"),
    "Audition": b"Name\tStart\tDuration\tTime Format\tType\tDescription\n"
    b"Two, or 2\t1:02.500\t0:00.000\tdecimal\tCue\t\nOne\t0:00.000\t1:02.500\tdecimal\tCue\t\n",
    "REAPER, regions": b"#,Name,Start,End,Length\nR1,One,0:00.000,1:02.500,1:02.500\n"
    b'R2,"Two, or 2",1:02.500,1:40.000,0:37.500\n',
    "REAPER, markers": b"#,Name,Start,End,Length,Color\r\nM1,One,0:00:00.000,,,\r\n"
    b'M2,"Two, or 2",0:01:02.500,,,FF0000\r\n',
    "Audacity": b"0.000000\t0.000000\tOne\n62.500000\t70.000000\tTwo, or 2\n",
    "Audacity, decimal comma": b"0,000000\t0,000000\tOne\n62,500000\t70,000000\tTwo, or 2\n",
}


@each_row("program", SPREADSHEETS)
def test_chapters_are_read_as_programs_write_them(tmp_path: Path, program: str) -> None:
    path = tmp_path / "chapters.csv"
    path.write_bytes(SPREADSHEETS[program])
    chapter_files.check_marks(path)
    marks, _ = chapter_files.read_marks(path, make_timeline("a.mp3"))
    one, two = sorted(marks)
    assert (one.start, one.title, two.start, two.title) == (0, "One", 62.5 * RATE, "Two, or 2")
    if program in ("Audition", "REAPER, regions", "LibreOffice, German"):
        assert one.end == 62.5 * RATE


def test_markers_without_a_name_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "chapters.csv"
    path.write_text('#,Name,Start,End,Length\nM1,"Two\nlines",0:00.000,,\nM2,,1:01:02.500,,\n')
    marks, _ = chapter_files.read_marks(path, make_timeline("a.mp3"))
    assert marks == [ChapterMark(0, "Two lines"), ChapterMark(3662.5 * RATE, "Chapter 2")]


@each_row(
    ("content", "cause"),
    [
        (b"", "it contains no chapters. Use ffmetadata, Audacity labels"),
        (b"hello", "line 1 is not a chapter. Use ffmetadata"),
        (b"00:00:01.0 A\n\0\xff\n", "line 2 is not a chapter"),
        (b";FFMETADATA1\n", "it contains no chapters"),
        (b"start,title\n", "it contains no chapters"),
        (b"start,title\nstart,A\n", "line 2 is not a chapter"),
        (b"Title;Start\nA;0\nB;\n", "line 3 is not a chapter"),
        (b"Name,Start,End\nA,0,late\n", "line 2 is not a chapter"),
        (b"Start,Title\n0," + b"A" * 200_000, "line 2: field larger than field limit"),
        (b"#,Name,Start,End,Length\nR1,A,5.1.00,9.1.00,4.0.00\n", "line 2 has bars and beats"),
        (b"Start,End\n0,1\n", "line 1 is not a chapter"),
        (b"0,Hello, world\n", "line 1 is not a chapter"),
        (b"0,1,2,A\n", "line 1 is not a chapter"),
        (b"nan,A\n", "line 1 is not a chapter"),
        (b",A\n", "line 1 is not a chapter"),
        (b"0," + b"A" * 200_000, "line 1 is not a chapter"),
    ],
)
def test_what_is_no_list_of_chapters_is_named(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "c.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=rf"Chapters .*c\.txt not read: {cause}"):
        chapter_files.read_marks(path, make_timeline("a.mp3"))
    path.unlink()
    with pytest.raises(UsageError, match=r"c\.txt not read: No such file or directory\. Check"):
        chapter_files.read_marks(path, make_timeline("a.mp3"))
