"""Verify a book: its header as a whole, and its audio in segments that are decoded in parallel.

All segments together contain each sample of the book once. They are compared with the levels of
the sources; the header with the plan and the chapters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.audiobooks.encoding import encode_chunk, pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import (
    LEVEL_WINDOW,
    SILENT,
    BookPlan,
    CountedSource,
)
from mediakeep.audiobooks.encoding.count_source import LevelMeter
from mediakeep.audiobooks.encoding.encode_chunk import CODEC
from mediakeep.audiobooks.encoding.pcm_timeline import FrameReader
from mediakeep.audiobooks.muxing import book_file
from mediakeep.errors import DecodingFailed
from mediakeep.media import ffmpeg
from mediakeep.media.audio.mp4 import audio_track, mp4_stream, sample_tables
from mediakeep.media.audio.mp4.sample_tables import SampleTables
from mediakeep.media.audio.parsed_file import StreamInfo
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.chapters.chapters import Chapter
from mediakeep.media.chapters.timeline import find_starts
from mediakeep.media.encoding.mp4_header import AAC_FRAME, AAC_PRIMING
from mediakeep.media.encoding.pcm_source import Progress, report_items

# The encoder removes high frequencies, at low bit rates all above 4 kHz: a window of "s" gets lost,
# and noise becomes quieter.
_MAX_DIFFERENCE = 12  # dB, of the level in one window
_MAX_LOST = 8  # windows with more; 0.7 seconds
_MAX_LOSS, _MAX_GAIN = 8.0, 1.5  # dB, mean of a file
_MIN_WINDOWS = 16  # for a mean
_LOUD, _QUIET = 50, 60  # dB below full scale; what is quieter than the first may differ
_MIN_RATE, _MAX_RATE = 0.2, 1.3  # of the bit rate, while the source is loud
_PACKET_OVERHEAD = 24  # bytes
_FILE_OVERHEAD = 1 << 20  # bytes, of tags, chapters and index
_PRE_ROLL = 2  # packets; one overlaps with the next


class BookSegment(msgspec.Struct, frozen=True):
    """A segment of a book that one process verifies: samples from `start` up to, not with, `end`.

    It starts and ends with windows of levels.
    """

    number: int
    start: int
    end: int


def split_book(plan: BookPlan) -> tuple[BookSegment, ...]:
    """Return the segments of a book, about as long as the chunks of its encoding."""
    length = plan.chunk_frames * AAC_FRAME
    cuts = {0, plan.samples}
    for source, first in zip(plan.sources, plan.starts, strict=True):
        for cut in range(-(-first // length) * length, first + source.samples, length):
            cuts.add(cut - (cut - first) % LEVEL_WINDOW)
    return tuple(BookSegment(number, *ends) for number, ends in enumerate(pairwise(sorted(cuts))))


def verify_segment(
    path: Path, plan: BookPlan, segment: BookSegment, progress: Progress | None = None
) -> list[str]:
    """Decode a segment of a book and compare its levels; return the differences, as clauses.

    `progress` is called after each second of audio; what it raises stops the decoding. Raises
    Unreadable if the system cannot read the file.
    """
    try:
        with sample_tables.open_track(path, b"soun") as (source, tables):
            frames = _decode_segment(path, source, tables, segment, plan)
            length, rate = segment.end - segment.start, plan.format.sample_rate
            reported = report_items(frames, attrgetter("samples"), length, rate, progress)
            return list(_check_levels(FrameReader(reported), plan, segment))
    except DecodingFailed as error:
        return [str(error)]


def verify_file(
    path: Path, plan: BookPlan, chapters: Sequence[Chapter], cover_size: int = 0
) -> list[str]:
    """Compare the header and the size of a book with its plan; return the differences, as clauses.

    `cover_size` is in bytes. Raises Unreadable if the system cannot read the file.
    """
    try:
        with sample_tables.open_track(path, b"soun") as (source, tables):
            found = [*_check_format(source, plan), *_check_length(source, tables, plan)]
            size = source.size
        read = _read_chapters(path) if chapters else []
    except DecodingFailed as error:
        return [str(error)]
    return [*found, *_check_chapters(read, chapters), *_check_size(size, plan, cover_size)]


def _decode_segment(
    path: Path, source: BoundedFile, tables: SampleTables, segment: BookSegment, plan: BookPlan
) -> Iterator[Any]:
    start, end = segment.start + AAC_PRIMING, segment.end + AAC_PRIMING
    first = max(0, start // AAC_FRAME - _PRE_ROLL)
    packets = sample_tables.read_packets(source, tables, first, -(-end // AAC_FRAME))
    return pcm_timeline.skip_samples(_decode(path, packets, plan), start - first * AAC_FRAME)


def _decode(path: Path, packets: Iterable[bytes], plan: BookPlan) -> Iterator[Any]:
    av = ffmpeg.require_pyav()
    decoder = av.CodecContext.create(CODEC, "r")
    decoder.extradata = encode_chunk.open_encoder(plan.format).extradata
    decoder.thread_count = 1  # segments are decoded in parallel
    for data in packets:
        frames = decoder.decode(av.Packet(data))
        if [frame.samples for frame in frames] != [AAC_FRAME] or frames[0].is_corrupt:
            raise DecodingFailed(path, "a packet is damaged")
        yield frames[0]


def _check_levels(reader: FrameReader, plan: BookPlan, segment: BookSegment) -> Iterator[str]:
    """Compare loud and silent windows of each file in a segment, and count the samples."""
    for source, first in zip(plan.sources, plan.starts, strict=True):
        start, end = max(segment.start, first), min(segment.end, first + source.samples)
        if start < end:
            meter = LevelMeter()
            missing = end - start - meter.add_samples(reader, end - start)
            if missing:
                yield f"{missing:,} samples of {source.path.name} are missing"
            yield from _compare_levels(source, (start - first) // LEVEL_WINDOW, meter.levels)


def _compare_levels(source: CountedSource, first: int, levels: bytearray) -> Iterator[str]:
    """Compare levels with those of a file, from its window number `first` on."""
    pairs = list(zip(source.levels[first:], levels, strict=False))
    quieter = [level - old for old, level in pairs if old < _LOUD]
    lost = 0  # consecutive windows in which the book is much quieter
    for number, (old, level) in enumerate(pairs, first):
        lost = lost + 1 if old < _LOUD and level - old > _MAX_DIFFERENCE else 0
        is_new = level < _QUIET and _is_within_silence(source.levels, number)
        if lost >= _MAX_LOST or (lost and level >= SILENT) or is_new:
            yield (
                f"at sample {number * LEVEL_WINDOW:,} of {source.path.name}"
                f" its level is -{level} dB, not -{old} dB"
            )
            return  # one is enough for a file
    if len(quieter) < _MIN_WINDOWS:
        return
    mean = -sum(quieter) / len(quieter)
    if not -_MAX_LOSS <= mean <= _MAX_GAIN:
        yield f"its level differs by {mean:+.1f} dB in {source.path.name}"


def _is_within_silence(levels: bytes, number: int) -> bool:
    """Return whether a window and those around it are silent, so that no noise of others is in it.

    The noise of the encoder begins before a loud sound, and ends after it.
    """
    around = levels[max(0, number - 1) : number + 2]
    return len(around) == 3 and min(around) >= SILENT


def _check_format(source: BoundedFile, plan: BookPlan) -> Iterator[str]:
    track = mp4_stream.find_track(source, b"soun") or {}
    entry = mp4_stream.read_sample_entry(source, track)
    if entry == book_file.build_sample_entry(plan.format):
        return
    expected, found = plan.format, audio_track.parse_audio_track(source, track) or StreamInfo()
    yield (
        f"its format is {found.codec or 'unknown'} with {found.sample_rate:,} Hz,"
        f" {found.channels} channels and {found.bitrate:,} bit/s, not AAC with"
        f" {expected.sample_rate:,} Hz, {expected.channels} and {expected.bit_rate:,} bit/s"
    )


def _check_length(source: BoundedFile, tables: SampleTables, plan: BookPlan) -> Iterator[str]:
    samples = tables.duration - AAC_PRIMING
    if samples != plan.samples:
        yield f"it has {samples:,} samples, not {plan.samples:,}"
    elif tables.packets != plan.frames + 1:
        yield f"it has {tables.packets:,} packets, not {plan.frames + 1:,}"
    elif tables.edits != [(plan.samples, AAC_PRIMING)]:
        yield "its edit list does not play the whole audio"
    if (end := sample_tables.find_data_end(source, tables)) != source.size:
        yield f"it has {source.size:,} bytes, not {end:,}"


def _read_chapters(path: Path) -> list[Chapter]:
    with sample_tables.open_track(path, b"text") as (source, tables):
        lengths = [length for count, length in tables.durations for _ in range(count)]
        titles = list(sample_tables.read_packets(source, tables))
    late = sum(duration for duration, start in tables.edits if start < 0)
    return [
        Chapter(late + start, late + start + length, book_file.parse_title(title))
        for start, length, title in zip(find_starts(lengths), lengths, titles, strict=False)
    ]


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
