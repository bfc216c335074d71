"""A book has chapters of its files or their tags, of silence, or of metadata.json."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import msgspec
import mutagen.id3
import mutagen.oggopus
import pytest

from mediakeep.audiobooks import find_chapters
from mediakeep.audiobooks.encoding import count_source
from mediakeep.audiobooks.encoding.book_plan import make_plan
from mediakeep.audiobooks.muxing import book_file
from mediakeep.errors import UsageError
from mediakeep.media.chapters import chapter_files, chapters
from mediakeep.media.chapters.chapters import Chapter
from mediakeep.media.encoding.silence import SilentRange
from tests.audiobooks import books
from tests.media.chapters.timelines import RATE, make_timeline
from tests.media.encoding import sounds
from tests.sampling import each_row


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
    timeline = book.build_timeline(["The Title"] * 4)
    starts = book.starts
    expected = [
        Chapter(starts[0], starts[0] + 55_125, "Title 1"),
        Chapter(starts[0] + 55_125, starts[1], "Title 2"),
        Chapter(starts[1], starts[1] + 55_125, "Title 1"),
        Chapter(starts[1] + 55_125, starts[2], "Title 2"),
        Chapter(starts[2], starts[2] + 55_125, "Title 1"),
        Chapter(starts[2] + 55_125, starts[3], "Title 2"),
    ]
    found = find_chapters.find_chapters("files", timeline)
    assert found == ([*expected, Chapter(starts[3], book.samples, "d")], [])
    found = find_chapters.find_chapters("tags", timeline)
    assert found == ([*expected, Chapter(starts[3], book.samples, "The Title")], [])
    assert find_chapters.find_chapters("none", timeline) == ([], [])
    labels = tmp_path / "labels.txt"
    labels.write_text("0.0\t1.0\tOne\n99.0\t99.5\tTwo\n")
    with pytest.raises(UsageError, match=r'Chapters .*labels\.txt not used: chapter "Two" starts'):
        find_chapters.find_chapters(str(labels), timeline)


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


def test_a_chapter_begins_after_each_long_silence(tmp_path: Path) -> None:
    loud = array("h", [9000, -9000] * RATE)
    silent = array("h", bytes(4 * RATE))  # one second each
    samples = loud + silent + loud + silent[:RATE]
    path = sounds.write_wav(tmp_path / "a.wav", samples.tobytes())
    counted = count_source.count_source(path, books.FORMAT)
    timeline = make_plan([counted, counted], books.FORMAT).build_timeline([""] * 2)
    settings = find_chapters.SilenceSettings("level", min_seconds=0.8)
    found = find_chapters.find_silences(path, settings)
    assert [time for one in found for time in one] == pytest.approx([1, 2, 3, 3.5], abs=0.01)
    silences = msgspec.json.decode(
        msgspec.json.encode([found, found]), type=list[list[SilentRange]]
    )
    marks = chapters.mark_silences(timeline, silences, min_seconds=0.8, min_chapter=1)
    assert [mark.title for mark in marks] == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert [mark.start / RATE for mark in marks] == pytest.approx([0, 2, 5.5], abs=0.01)
    found_chapters, _ = find_chapters.find_chapters("silence", timeline, silences)
    assert len(found_chapters) == 1  # less than a minute


def test_chapters_that_overlap_are_named(tmp_path: Path) -> None:
    path, timeline = tmp_path / "labels.txt", make_timeline("a.mp3")
    path.write_text("0\t20.05\tA\n20\t70\tB\n60\t95\tC\n90\t99\tD\n")
    found, warnings = find_chapters.find_chapters(str(path), timeline)
    assert [chapter.end // RATE for chapter in found] == [20, 60, 90, 100]
    text = "Chapters overlap, so each ends where the next one starts"
    assert warnings == [f'{text}: "B", "C".']
    mp3, _ = write_chapters(tmp_path)
    tags = mutagen.id3.ID3(mp3)
    tags.add(mutagen.id3.CHAP("c1", 500, 1800, 0xFFFFFFFF, 0xFFFFFFFF, []))  # FFmpeg names it c1
    tags.save(mp3)
    _, warnings = find_chapters.find_chapters("files", books.plan_book([mp3]).build_timeline([""]))
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
    timeline = make_timeline("a.mp3", "b.mp3", "c.mp3")
    # It counts 0.05 s of delay and padding for each file.
    path = write_shelf(
        tmp_path,
        (0, "Intro", 30),
        (30, "One", 100.05),
        (100.05, "Two", 200.1),
        (200.1, "3", 300.15),
    )
    found, notes = find_chapters.find_own_chapters("files", [tmp_path], timeline)
    assert [chapter.title for chapter in found] == ["Intro", "One", "Two", "3"]
    starts = [0, 30, 100, 200]
    assert [chapter.start / RATE for chapter in found] == pytest.approx(starts, abs=0.02)
    assert [chapter.start for chapter in found][2:] == timeline.starts[1:]
    assert notes == [f"The chapters are those in {path}."]
    assert find_chapters.find_chapters(str(path), timeline) == (found, [])
    assert find_chapters.find_own_chapters("tags", [tmp_path], timeline) == ([], [])
    assert find_chapters.find_own_chapters("files", [tmp_path] * 2, timeline) == ([], [])


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
    names = (f"{number}.mp3" for number in range(len(seconds)))
    timeline = make_timeline(*names, seconds=seconds[0])
    found, notes = find_chapters.find_own_chapters("files", [tmp_path], timeline)
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
    found, warnings = find_chapters.find_own_chapters("files", [tmp_path], make_timeline("a.mp3"))
    assert not found
    assert [text.startswith(f"Chapters {path} not ") for text in warnings] == [True] * len(warnings)
    assert (warning or "") in "".join(warnings)
    assert bool(warning) == bool(warnings)
