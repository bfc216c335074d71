"""Chapters come from files, titles, silence, or a file of chapters."""

from __future__ import annotations

import os
from array import array
from pathlib import Path
from typing import Any

import msgspec
import mutagen.id3
import mutagen.oggopus
import pytest

from mediakeep.audiobooks.chapters import chapter_files, chapters, find_chapters
from mediakeep.audiobooks.chapters.chapters import Chapter, ChapterMark
from mediakeep.audiobooks.encoding import count_source
from mediakeep.audiobooks.encoding.book_plan import BookPlan, CountedSource, make_plan
from mediakeep.audiobooks.muxing import book_file
from mediakeep.audiobooks.sources.source_order import SourceFile
from mediakeep.errors import UsageError
from mediakeep.media.encoding.silence import SilentRange
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


def test_titles_are_one_line_of_utf_8() -> None:
    latin_1 = Path(os.fsdecode(b"B\xfccher \n 1.mp3"))
    (mark,) = chapters.mark_files([0], [SourceFile(latin_1)])
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
    sources = [SourceFile(Path(f"{name}.mp3"), title=title) for name, _, title in parts]
    marks = chapters.mark_files(range(len(names)), sources)
    assert [mark.title for mark in marks] == expected


def write_chapters(folder: Path) -> list[Path]:
    """Write an MP3 and an Opus file with two chapters at 0.5 and 1.25 s."""
    mp3 = books.write_mp3(folder / "a.mp3", books.SHORT)
    tags = mutagen.id3.ID3()
    for number, (start, end) in enumerate(((500, 1250), (1250, 1900)), 1):
        title = [mutagen.id3.TIT2(text=f"Title {number}")]
        tags.add(mutagen.id3.CHAP(f"c{number}", start, end, 0xFFFFFFFF, 0xFFFFFFFF, title))
    tags.save(mp3)
    wave = sounds.write_noise(folder / "a.wav", 2 * RATE)
    sounds.convert(wave, folder / "b.opus", "opus")
    opus = mutagen.oggopus.OggOpus(folder / "b.opus")
    opus.update({"CHAPTER001": "00:00:00.500", "CHAPTER002": "00:00:01.250"})
    opus.update({"CHAPTER001NAME": "Title 1", "CHAPTER002NAME": "Title 2"})
    opus.save()
    return [mp3, folder / "b.opus"]


def write_book(folder: Path, source: Path) -> Path:
    """Write an M4B with the same chapters."""
    book, parts, target = books.plan_book([source]), folder / "m4b", folder / "c.m4b"
    parts.mkdir()
    marks = [Chapter(22_050, 55_125, "Title 1"), Chapter(55_125, book.samples, "Title 2")]
    chunks = books.encode_chunks(book, parts)
    book_file.write_book(book, chunks, target, marks, books.DETAILS)
    return target


def test_chapters_in_files_are_kept(tmp_path: Path) -> None:
    mp3, opus = write_chapters(tmp_path)
    last = books.write_mp3(tmp_path / "d.mp3", books.SHORT)
    files = [mp3, opus, write_book(tmp_path, mp3), last]
    book = books.plan_book(files)
    sources = [SourceFile(path, title="The Title") for path in files]
    starts = book.starts
    expected = [
        Chapter(starts[0], starts[0] + 55_125, "Title 1"),
        Chapter(starts[0] + 55_125, starts[1], "Title 2"),
        Chapter(starts[1], starts[1] + 55_125, "Title 1"),
        Chapter(starts[1] + 55_125, starts[2], "Title 2"),
        Chapter(starts[2], starts[2] + 55_125, "Title 1"),
        Chapter(starts[2] + 55_125, starts[3], "Title 2"),
    ]
    found = find_chapters.find_chapters("files", book, sources)
    assert found == ([*expected, Chapter(starts[3], book.samples, "d")], [])
    found = find_chapters.find_chapters("tags", book, sources)
    assert found == ([*expected, Chapter(starts[3], book.samples, "The Title")], [])
    assert find_chapters.find_chapters("none", book, sources) == ([], [])
    labels = tmp_path / "labels.txt"
    labels.write_text("0.0\t1.0\tOne\n99.0\t99.5\tTwo\n")
    with pytest.raises(UsageError, match=r'Chapters .*labels\.txt not used: chapter "Two" starts'):
        find_chapters.find_chapters(str(labels), book, sources)


def test_useless_chapters_in_files_are_ignored(tmp_path: Path) -> None:
    mp3, opus = write_chapters(tmp_path)
    assert chapter_files.read_embedded_marks(mp3, RATE, RATE) == []  # the second is after the end
    tags = mutagen.id3.ID3(mp3)
    tags.add(mutagen.id3.CHAP("c3", 1250, 1300, 0xFFFFFFFF, 0xFFFFFFFF, []))
    tags.add(mutagen.id3.CHAP("c4", 1300, 1400, 0xFFFFFFFF, 0xFFFFFFFF, []))
    tags.save(mp3)
    marks = chapter_files.read_embedded_marks(mp3, 2 * RATE, RATE)
    assert [mark.start for mark in marks] == [0, 55_125, 57_330]
    comments = mutagen.oggopus.OggOpus(opus)
    del comments["CHAPTER002NAME"]
    comments.save()
    marks = chapter_files.read_embedded_marks(opus, 2 * RATE, RATE)
    assert [mark.title for mark in marks] == ["Title 1", "Chapter 2"]


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


def test_a_chapter_begins_after_each_long_silence(tmp_path: Path) -> None:
    loud = array("h", [9000, -9000] * RATE)
    silent = array("h", bytes(4 * RATE))  # one second each
    samples = loud + silent + loud + silent[:RATE]
    path = sounds.write_wav(tmp_path / "a.wav", samples.tobytes())
    counted = count_source.count_source(path, books.FORMAT)
    book = make_plan([counted, counted], books.FORMAT)
    settings = find_chapters.SilenceSettings("level", min_seconds=0.8)
    found = find_chapters.find_silences(path, settings)
    assert [time for one in found for time in one] == pytest.approx([1, 2, 3, 3.5], abs=0.01)
    silences = msgspec.json.decode(
        msgspec.json.encode([found, found]), type=list[list[SilentRange]]
    )
    marks = chapters.mark_silences(book, silences, min_seconds=0.8, min_chapter=1)
    assert [mark.title for mark in marks] == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert [mark.start / RATE for mark in marks] == pytest.approx([0, 2, 5.5], abs=0.01)
    found_chapters, _ = find_chapters.find_chapters("silence", book, [], silences)
    assert len(found_chapters) == 1  # less than a minute


def test_a_silence_may_span_two_files() -> None:
    book = plan("a.mp3", "b.mp3", "c.mp3")
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


def test_chapters_that_overlap_are_named(tmp_path: Path) -> None:
    path, book = tmp_path / "labels.txt", plan("a.mp3")
    path.write_text("0\t20.05\tA\n20\t70\tB\n60\t95\tC\n90\t99\tD\n")
    found, warnings = find_chapters.find_chapters(str(path), book, [])
    assert [chapter.end // RATE for chapter in found] == [20, 60, 90, 100]
    text = "Chapters overlap, so each ends where the next one starts"
    assert warnings == [f'{text}: "B", "C".']
    (mp3, _), source = write_chapters(tmp_path), SourceFile(tmp_path / "a.mp3")
    tags = mutagen.id3.ID3(mp3)
    tags.add(mutagen.id3.CHAP("c1", 500, 1800, 0xFFFFFFFF, 0xFFFFFFFF, []))  # FFmpeg names it c1
    tags.save(mp3)
    _, warnings = find_chapters.find_chapters("files", books.plan_book([mp3]), [source])
    assert warnings == [f'{text}: "c1".']


def write_shelf(folder: Path, *rows: tuple[float, str, float]) -> Path:
    """Write the chapters of a metadata.json as audiobookshelf does."""
    listed = [
        {"id": number, "start": start, "end": end, "title": title}
        for number, (start, title, end) in enumerate(rows)
    ]
    path = folder / "metadata.json"
    path.write_bytes(msgspec.json.encode({"tags": [], "chapters": listed, "title": "T"}))
    return path


def test_the_chapters_of_audiobookshelf_are_used(tmp_path: Path) -> None:
    book = plan("a.mp3", "b.mp3", "c.mp3")
    # It counts 0.05 s of delay and padding for each file.
    path = write_shelf(
        tmp_path,
        (0, "Intro", 30),
        (30, "One", 100.05),
        (100.05, "Two", 200.1),
        (200.1, "3", 300.15),
    )
    found, notes = find_chapters.find_own_chapters("files", [tmp_path], book)
    assert [chapter.title for chapter in found] == ["Intro", "One", "Two", "3"]
    starts = [0, 30, 100, 200]
    assert [chapter.start / RATE for chapter in found] == pytest.approx(starts, abs=0.02)
    assert [chapter.start for chapter in found][2:] == book.starts[1:]
    assert notes == [f"The chapters are those in {path}."]
    assert find_chapters.find_chapters(str(path), book, []) == (found, [])
    assert find_chapters.find_own_chapters("tags", [tmp_path], book) == ([], [])
    assert find_chapters.find_own_chapters("files", [tmp_path] * 2, book) == ([], [])


SCALED = "are multiplied by {}, as they are of files of another length."


@each_row(
    ("seconds", "rows", "expected", "scale"),
    [
        # measured on these files; the last chapter is said to end earlier, later, or as it does
        ([300], [(0, 130), (130, 298.5)], [0, 130], ""),
        ([300], [(0, 130), (130, 301)], [0, 130], ""),
        ([150, 150], [(0, 130), (130, 150), (150, 297)], [0, 130, 150], ""),
        ([150, 150], [(0, 150.3), (150.3, 300)], [0, 150.3], ""),
        # measured on files with padding, or that are longer
        ([100] * 3, [(0, 101), (101, 151.5), (151.5, 303)], [0, 100, 150], "0.9901"),
        ([300], [(0, 301), (301, 303)], [0, 301 * 300 / 303], "0.9901"),
    ],
)
def test_chapters_of_audiobookshelf_are_scaled_only_if_they_fit_the_files_then(
    tmp_path: Path,
    seconds: list[int],
    rows: list[tuple[float, float]],
    expected: list[float],
    scale: str,
) -> None:
    write_shelf(tmp_path, *((start, str(start), end) for start, end in rows))
    book = plan(*(f"{number}.mp3" for number in range(len(seconds))), seconds=seconds[0])
    found, notes = find_chapters.find_own_chapters("files", [tmp_path], book)
    assert [chapter.start / RATE for chapter in found] == pytest.approx(expected, abs=1e-4)
    assert len(notes) == (2 if scale else 1)
    assert not scale or notes[1].endswith(SCALED.format(scale))


@each_row(
    ("rows", "warning"),
    [
        ([(0, "A", 50), (50, "B", 90)], "its chapters do not end with the book"),
        ([(0, "A", 50), (50, "B", 100), (50, "C", 100)], 'chapters "B" and "C" start together'),
        ([(0, "A", 50), (1e308, "B", 100)], "its chapters do not end with the book"),
        ([(0, "A", 100)], None),
        ([], None),
        ([(0, "A", "x"), (50, "B", 100)], "its chapters are malformed. Correct them"),
        ([(0, "A", 50), ("nan", "B", 100)], "its chapters do not end with the book"),
        ([(0, "A", "nan"), (50, "B", 100)], "its chapters do not end with the book"),
        ([(0, "A", 50), ("1" * 400, "B", 100)], "its chapters do not end with the book"),
    ],
)
def test_chapters_of_audiobookshelf_that_do_not_fit_are_named(
    tmp_path: Path, rows: list[tuple[Any, str, Any]], warning: str | None
) -> None:
    path = write_shelf(tmp_path, *rows)
    found, warnings = find_chapters.find_own_chapters("files", [tmp_path], plan("a.mp3"))
    assert not found
    assert [text.startswith(f"Chapters {path} not ") for text in warnings] == [True] * len(warnings)
    assert (warning or "") in "".join(warnings)
    assert bool(warning) == bool(warnings)


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
    (one, three), _ = chapter_files.read_marks(path, plan("a.mp3"))
    end = 62.5 * RATE if kind in ("ffmetadata", "labels") else 0
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
    marks, _ = chapter_files.read_marks(path, plan("A.mp3", "b.mp3"))
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
