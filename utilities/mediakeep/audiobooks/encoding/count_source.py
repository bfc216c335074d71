"""Decode each file of a book once: its exact length, positions to start at, and levels."""

from __future__ import annotations

import math
import sys
from operator import mul
from pathlib import Path
from typing import Any

from mediakeep import path_text
from mediakeep.audiobooks.encoding import pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import LEVEL_WINDOW, BookFormat, CountedSource
from mediakeep.audiobooks.encoding.pcm_timeline import FrameReader
from mediakeep.errors import EncodingFailed
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.pcm_source import Progress

SILENT = 70  # dB below full scale
_POSITION_SECONDS = 10  # between two positions; decoding up to the wanted one takes 20 ms
_FLOOR = 127  # dB below full scale
_STRIDE = 17  # a seventeenth of the samples gives a level within 1 dB


def count_source(
    path: Path,
    book_format: BookFormat,
    *,
    position_seconds: int = _POSITION_SECONDS,
    progress: Progress | None = None,
) -> CountedSource:
    """Decode a file, and count its samples at the book's rate.

    `progress` is called after each second of audio; what it raises stops the decoding. Raises
    Unreadable, NotAudio or DecodingFailed, or EncodingFailed if the file contains only silence.
    """
    size, mtime_ns = pcm_timeline.identify(path)
    meter = LevelMeter()
    with pcm_source.open_source(path, progress) as opened:
        opened.position_seconds = position_seconds
        frames = pcm_timeline.convert(opened.frames(), opened.format, book_format)
        samples = meter.add_samples(FrameReader(frames), sys.maxsize)
        positions = tuple(opened.positions)
        source_format = opened.format
    if min(meter.levels) >= SILENT:
        hint = "Remove it from the book or replace it, then run again."
        raise EncodingFailed(path, "it contains only silence", hint)
    return CountedSource(
        escaped_path=path_text.escape_path(path),
        size=size,
        mtime_ns=mtime_ns,
        format=source_format,
        samples=samples,
        positions=positions,
        levels=bytes(meter.levels),
    )


class LevelMeter:
    """Measures how many dB the power of each window of LEVEL_WINDOW samples is below full scale."""

    def __init__(self) -> None:
        self.levels = bytearray()

    def add_samples(self, reader: FrameReader, count: int) -> int:
        """Measure up to `count` samples, in windows from the first one on; return their number."""
        samples = 0
        while window := reader.read(min(LEVEL_WINDOW, count - samples)):
            samples += window.samples
            self.levels.append(_measure_level(window))
            if samples == count:
                break
        return samples


def _measure_level(frame: Any) -> int:
    power = 0.0
    for plane in frame.planes:
        values = memoryview(plane).cast("f")[: frame.samples : _STRIDE].tolist()
        power += sum(map(mul, values, values)) / len(values) / len(frame.planes)
    return min(_FLOOR, max(0, round(-10 * math.log10(power)))) if power > 0 else _FLOOR
