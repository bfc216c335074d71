"""The chapters of a book, from its files, their tags, or silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

import msgspec

from mediakeep.audiobooks.book_plan import BookPlan
from mediakeep.audiobooks.source_order import SourceFile
from mediakeep.errors import UsageError
from mediakeep.media.encoding import silence

_OPENING = "Opening"  # before the first chapter of a list that begins later
_SILENCE_THRESHOLD = -40.0  # dB of full scale, above the noise of recorded rooms
_SILENCE_SECONDS = 1.75
_MIN_CHAPTER = 60.0  # seconds between chapters from silence


class Chapter(msgspec.Struct, frozen=True):
    """A chapter from sample `start` up to, not with, `end` of the book."""

    start: int
    end: int
    title: str


class ChapterMark(msgspec.Struct, frozen=True, order=True):
    """The start of a chapter, in samples of the book."""

    start: int
    title: str


def make_chapters(marks: Iterable[ChapterMark], samples: int, origin: str) -> list[Chapter]:
    """Return the chapters that begin at marks, in order, of a book with this many samples.

    If the first mark is later than the book's start, a chapter before it is added. `origin` names
    the source of the marks in messages. Raises UsageError if a mark is outside the book, or two are
    at the same position.
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
    return [Chapter(mark.start, end, mark.title) for mark, end in zip(ordered, ends, strict=True)]


def mark_files(starts: Sequence[int], sources: Sequence[SourceFile]) -> list[ChapterMark]:
    """Return one mark for each file, with its name as the title."""
    return [
        ChapterMark(start, source.path.stem) for start, source in zip(starts, sources, strict=True)
    ]


def mark_titles(starts: Sequence[int], sources: Sequence[SourceFile]) -> list[ChapterMark]:
    """Return one mark for each title tag; consecutive files with one title are one chapter.

    A file without a title is a chapter with its name.
    """
    pairs = zip(starts, sources, strict=True)
    groups = groupby(pairs, lambda pair: pair[1].title or pair[1].path)
    firsts = (next(files) for _, files in groups)
    return [ChapterMark(start, source.title or source.path.stem) for start, source in firsts]


def mark_silence(
    plan: BookPlan,
    *,
    threshold: float = _SILENCE_THRESHOLD,
    min_seconds: float = _SILENCE_SECONDS,
    min_chapter: float = _MIN_CHAPTER,
) -> list[ChapterMark]:
    """Return a mark at the start of the book and after each long silence.

    `threshold` is in dB of full scale. `min_seconds` is that of a silence, `min_chapter` that of a
    chapter. Raises what decoding raises.
    """
    rate = plan.format.sample_rate
    found = [0]
    for source, start in zip(plan.sources, plan.starts, strict=True):
        ranges = silence.find_silence(source.path, threshold=threshold, min_seconds=min_seconds)
        for _, end in ranges:
            mark = start + round(end * rate)
            if mark - found[-1] >= min_chapter * rate and mark < plan.samples:
                found.append(mark)
    return [ChapterMark(mark, f"Chapter {number}") for number, mark in enumerate(found, 1)]
