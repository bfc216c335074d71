"""Verify a book by decoding it: its length, chapters, format, size and levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mediakeep.audiobooks.book_plan import LEVEL_WINDOW, BookPlan, CountedSource
from mediakeep.audiobooks.chapters import Chapter
from mediakeep.audiobooks.count_source import SILENT, LevelMeter
from mediakeep.audiobooks.pcm_timeline import FrameReader
from mediakeep.errors import DecodingFailed, NotAudio
from mediakeep.media import ffmpeg
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.pcm_source import Progress

_MAX_DIFFERENCE = 12  # dB, of the level in one window
_MEAN_DIFFERENCE = 1.5  # dB, over a file; the encoder removes noise and high frequencies
_LOUD, _QUIET = 50, 60  # dB below full scale; what is quieter than the first may differ
_MIN_RATE, _MAX_RATE = 0.2, 1.3  # of the bit rate, while the source is loud
_PACKET_OVERHEAD = 24  # bytes
_FILE_OVERHEAD = 1 << 20  # bytes, of tags, chapters and index


def verify_book(
    path: Path,
    plan: BookPlan,
    chapters: Sequence[Chapter],
    *,
    cover_size: int = 0,
    progress: Progress | None = None,
) -> list[str]:
    """Compare a book with its plan and chapters; return the differences, as clauses.

    `progress` is called after each second of audio; what it raises stops the decoding. Raises
    Unreadable if the system cannot read it.
    """
    try:
        with pcm_source.open_source(path, progress) as source:
            found = [*_check_format(source, plan), *_check_levels(source, plan)]
        with ffmpeg.open_audio(path) as opened, ffmpeg.translate_errors(path):
            read = [_to_chapter(one, plan) for one in opened.container.chapters()]
    except (DecodingFailed, NotAudio) as error:
        return [str(error)]
    return [
        *found,
        *_check_chapters(read, chapters),
        *_check_size(path.stat().st_size, plan, cover_size),
    ]


def _check_format(source: pcm_source.PcmSource, plan: BookPlan) -> Iterator[str]:
    expected = plan.format
    if source.codec != "aac":
        yield f"its codec is {source.codec}, not AAC"
    found = (source.format.sample_rate, source.format.channels)
    if found != (expected.sample_rate, expected.channels):
        yield (
            f"it has {found[0]:,} Hz and {found[1]} channels,"
            f" not {expected.sample_rate:,} Hz and {expected.channels}"
        )


def _check_levels(source: pcm_source.PcmSource, plan: BookPlan) -> Iterator[str]:
    """Compare loud and silent stretches of each file, and the length."""
    reader = FrameReader(source.frames())
    for counted in plan.sources:
        meter = LevelMeter()
        meter.add_samples(reader, counted.samples)
        yield from _compare_levels(counted, bytes(meter.levels))
    while reader.read(LEVEL_WINDOW):
        pass  # what is too long is decoded, too
    if source.samples != plan.samples:
        yield f"it has {source.samples:,} samples, not {plan.samples:,}"


def _compare_levels(counted: CountedSource, levels: bytes) -> Iterator[str]:
    pairs = list(zip(counted.levels, levels, strict=False))
    quieter = [level - old for old, level in pairs if old < _LOUD]
    for number, (old, level) in enumerate(pairs):
        if (old < _LOUD and level - old > _MAX_DIFFERENCE) or (old >= SILENT and level < _QUIET):
            yield (
                f"at sample {number * LEVEL_WINDOW:,} of {counted.path.name}"
                f" its level is -{level} dB, not -{old} dB"
            )
            return  # one is enough for a file
    if quieter and abs(sum(quieter)) / len(quieter) > _MEAN_DIFFERENCE:
        mean = -sum(quieter) / len(quieter)
        yield f"its level differs by {mean:+.1f} dB in {counted.path.name}"


def _to_chapter(found: Any, plan: BookPlan) -> Chapter:
    scale = found["time_base"] * plan.format.sample_rate
    title = found["metadata"].get("title", "")
    return Chapter(round(found["start"] * scale), round(found["end"] * scale), title)


def _check_chapters(found: Sequence[Chapter], expected: Sequence[Chapter]) -> Iterator[str]:
    if len(found) != len(expected):
        yield f"it has {len(found):,} chapters, not {len(expected):,}"
    for one, other in zip(found, expected, strict=False):
        if one != other:
            yield (
                f'its chapter "{one.title}" is at samples {one.start:,} to {one.end:,},'
                f' not "{other.title}" at {other.start:,} to {other.end:,}'
            )


def _check_size(size: int, plan: BookPlan, cover_size: int) -> Iterator[str]:
    """Compare the size with the bit rate and the length; silence needs next to no bits."""
    levels = b"".join(source.levels for source in plan.sources)
    loud = sum(level < _LOUD for level in levels) / max(1, len(levels))
    nominal = plan.samples / plan.format.sample_rate * plan.format.bit_rate / 8
    most = nominal * _MAX_RATE + plan.frames * _PACKET_OVERHEAD + _FILE_OVERHEAD + cover_size
    if not nominal * loud * _MIN_RATE <= size <= most:
        yield f"its size is {size:,} bytes, {nominal:,.0f} are expected from bit rate and length"
