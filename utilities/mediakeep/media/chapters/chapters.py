"""The chapters of files that are joined to one, from the files, their tags, or silence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path

import msgspec

from mediakeep.errors import UsageError
from mediakeep.media.chapters.timeline import Timeline
from mediakeep.media.encoding.silence import SilentRange

_MAX_CHAPTER = 0xFFFF_FFFF  # samples; 27 hours at 44,100 Hz
_OPENING = "Opening"  # before the first chapter of a list that begins later
MIN_SILENCE = 1.75  # seconds
_MIN_CHAPTER = 60.0  # seconds between chapters from silence
_SHOWN = 5  # chapters in a warning
_MAX_GAP = 0.1  # seconds between two silences that are one, as at the border of two files
_LEADING_NUMBER = re.compile(r"\d+(?:[-.]\d+)?(?:[\s._)\]-]+)(?=[^\W\d_])")  # "1-02. "


class Chapter(msgspec.Struct, frozen=True):
    """A chapter from sample `start` up to, not with, `end` of the book."""

    start: int
    end: int
    title: str


class ChapterMark(msgspec.Struct, frozen=True, order=True):
    """The start of a chapter, in samples of the book; `end` is where it is said to end, or 0."""

    start: int
    title: str
    end: int = 0


def make_chapters(marks: Iterable[ChapterMark], samples: int, origin: str) -> list[Chapter]:
    """Return the chapters that begin at marks, in order, of a book with this many samples.

    If the first mark is later than the book's start, a chapter before it is added. `origin` names
    the source of the marks in messages. Raises UsageError if a mark is outside the book, two are at
    the same position, or a chapter is longer than an M4B can store.
    """
    ordered = sorted(marks)
    if not ordered:
        return []
    for mark in ordered:
        if not 0 <= mark.start < samples:
            raise UsageError(
                f'{origin} not used: chapter "{mark.title}" starts outside the book.'
                " Correct it, or choose other chapters, then run again."
            )
    for one, other in pairwise(ordered):
        if one.start == other.start:
            raise UsageError(
                f'{origin} not used: chapters "{one.title}" and "{other.title}" start together.'
                " Correct it, or choose other chapters, then run again."
            )
    if ordered[0].start:
        ordered.insert(0, ChapterMark(0, _OPENING))
    ends = [*(mark.start for mark in ordered[1:]), samples]
    for mark, end in zip(ordered, ends, strict=True):
        if end - mark.start > _MAX_CHAPTER:
            raise UsageError(
                f'{origin} not used: chapter "{mark.title}" is too long for an M4B. Choose other'
                " chapters, then run again."
            )
    return [
        Chapter(mark.start, end, _clean_title(mark.title))
        for mark, end in zip(ordered, ends, strict=True)
    ]


def find_overlaps(marks: Iterable[ChapterMark], rate: int) -> list[str]:
    """Return a warning if chapters end after the start of the next one; `rate` is in Hz."""
    names = [
        f'"{_clean_title(one.title)}"'
        for one, other in pairwise(sorted(marks))
        if one.end > other.start + _MAX_GAP * rate
    ]
    text = "Chapters overlap, so each ends where the next one starts"
    return [f"{text}: {', '.join(names[:_SHOWN])}{', ...' * (len(names) > _SHOWN)}."] * bool(names)


def _clean_title(title: str) -> str:
    """Return a title as one line of UTF-8; names of files may have line breaks and other bytes."""
    return " ".join(title.encode(errors="surrogateescape").decode(errors="replace").split())


def mark_files(
    timeline: Timeline, embedded: Sequence[Sequence[ChapterMark]] = ()
) -> list[ChapterMark]:
    """Return one mark for each file, with the name of `name_files`, or its own chapters.

    `embedded` are the chapters in each file, counted from its start, none for most.
    """
    marks = []
    names = name_files(timeline.paths, timeline.titles)
    own_marks = embedded or [()] * len(names)
    for start, title, own in zip(timeline.starts, names, own_marks, strict=True):
        marks += list(_move_marks(own, start)) or [ChapterMark(start, title)]
    return marks


def mark_titles(
    timeline: Timeline, embedded: Sequence[Sequence[ChapterMark]] = ()
) -> list[ChapterMark]:
    """Return one mark for each title tag; consecutive files with one title are one chapter.

    A file without a title is a chapter with its name. `embedded` is as in `mark_files`.
    """
    marks = []
    paths, own_marks = timeline.paths, embedded or [()] * len(timeline.paths)
    files = zip(timeline.starts, paths, timeline.titles, own_marks, strict=True)
    for _, group in groupby(files, lambda file: (not file[3] and file[2]) or file[1]):
        start, path, title, own = next(group)
        marks += list(_move_marks(own, start)) or [ChapterMark(start, title or path.stem)]
    return marks


def mark_silences(
    timeline: Timeline,
    silences: Sequence[Sequence[SilentRange]],
    *,
    min_seconds: float = MIN_SILENCE,
    min_chapter: float = _MIN_CHAPTER,
) -> list[ChapterMark]:
    """Return a mark at the start of the book, and at the ends of long silences.

    `silences` are those of each file. `min_seconds` is the length of a silence; of several within
    `min_chapter` seconds, the longest is used.
    """
    shortest, reach = round(min_seconds * timeline.rate), min_chapter * timeline.rate
    found = [(end - start, end) for start, end in _join_silences(timeline, silences)]
    marks = [0, timeline.samples]
    for length, end in sorted(found, key=lambda pair: (-pair[0], pair[1])):
        if length >= shortest and all(abs(end - other) >= reach for other in marks):
            marks.append(end)
    starts = sorted(marks)[:-1]
    return [ChapterMark(start, f"Chapter {number}") for number, start in enumerate(starts, 1)]


def _move_marks(marks: Iterable[ChapterMark], start: int) -> Iterator[ChapterMark]:
    return (
        ChapterMark(start + mark.start, mark.title, mark.end and start + mark.end) for mark in marks
    )


def name_files(paths: Sequence[Path], titles: Sequence[str]) -> list[str]:
    """Return the titles of several files from their title tags, or else from their names.

    Tags are used if all files have different ones. Numbers before the titles are removed if each
    file has a different one. Files of several folders that have the same names have the names of
    their folders, too.
    """
    names = [path.stem for path in paths]
    if len(names) > 1 and all(titles) and len(set(titles)) == len(titles):
        names = list(titles)
    elif len({path.parent for path in paths}) > 1 and len(set(names)) < len(names):
        return [f"{path.parent.name} - {path.stem}" for path in paths]
    matches = [match for name in names if (match := _LEADING_NUMBER.match(name))]
    numbers, rest = {match[0] for match in matches}, {m.string[m.end() :] for m in matches}
    if len(names) > 1 and len(numbers) == len(names) and len(rest) > 1:
        return [match.string[match.end() :] for match in matches]
    return names


def _join_silences(
    timeline: Timeline, silences: Sequence[Sequence[SilentRange]]
) -> list[tuple[int, int]]:
    """Return silences in samples of the book; one that spans the border of two files is one."""
    rate, found = timeline.rate, list[tuple[int, int]]()
    for length, first, ranges in zip(timeline.lengths, timeline.starts, silences, strict=True):
        for seconds in ranges:
            start, end = (first + min(round(time * rate), length) for time in seconds)
            if found and start - found[-1][1] <= _MAX_GAP * rate:
                start, _ = found.pop()
            found.append((start, end))
    return found
