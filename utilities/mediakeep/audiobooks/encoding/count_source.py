"""Decode each file of a book once: its exact length, positions to start at, and levels."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from operator import mul
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep import path_text
from mediakeep.audiobooks.encoding import pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import LEVEL_WINDOW, BookFormat, CountedSource
from mediakeep.audiobooks.encoding.pcm_timeline import FrameReader
from mediakeep.errors import DecodingFailed
from mediakeep.media.audio.decode import conceal_damage
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.pcm_source import Progress

_POSITION_SECONDS = 10  # between two positions; decoding up to the wanted one takes 20 ms
_SAME_DAMAGE = 1.5  # seconds between a damaged page and the error that it causes
_FLOOR = 127  # dB below full scale
_STRIDE = 17  # a seventeenth of the samples gives a level within 1 dB


def count_source(
    path: Path,
    book_format: BookFormat,
    *,
    position_seconds: int = _POSITION_SECONDS,
    copy: Path | None = None,
    progress: Progress | None = None,
) -> CountedSource:
    """Decode a file, and count its samples at the book's rate; what is damaged becomes silence.

    A damaged MP3 is decoded once more, from a `copy` with silent frames for those that are missing,
    and a damaged WavPack file from one without its damaged blocks. `progress` is called after each
    second of audio; what it raises stops the decoding. Raises Unreadable, NotAudio, or
    DecodingFailed if nothing can be decoded.
    """
    given = (path, book_format, position_seconds, progress)
    try:
        counted, is_mp3 = _decode(*given)
    except DecodingFailed:
        if not (copy and conceal_damage.copy_whole_blocks(path, copy)):
            raise
        return _decode(*given, copy)[0]
    may_lack_frames = is_mp3 and counted.damage
    if not (copy and may_lack_frames and (seconds := conceal_damage.copy_without_gaps(path, copy))):
        return counted
    filled, _ = _decode(*given, copy)
    concealed = filled.concealed + seconds
    return structs.replace(filled, damage=counted.damage, concealed=concealed)


def _decode(
    path: Path,
    book_format: BookFormat,
    position_seconds: int,
    progress: Progress | None,
    copy: Path | None = None,
) -> tuple[CountedSource, bool]:
    """Decode a file, or its copy; return also whether it is an MP3."""
    size, mtime_ns = pcm_timeline.identify(path)
    meter, errors = LevelMeter(), list[tuple[float, str]]()
    try:
        with pcm_source.open_source(copy or path, progress, conceals=True) as opened:
            opened.position_seconds = position_seconds
            frames = opened.frames(lambda *error: errors.append(error))
            converted = pcm_timeline.convert(frames, opened.format, book_format)
            samples = meter.add_samples(FrameReader(converted), sys.maxsize)
            pages = opened.pages  # scanned while the file is open
    except DecodingFailed as error:
        error.args = (path, *error.args[1:])  # of the copy, which the user does not know
        raise
    if opened.samples <= opened.concealed:
        raise DecodingFailed(path, errors[0][1])
    rate = opened.format.sample_rate
    damage = [position for position, _ in errors]
    damage += _find_unnoticed((sample / rate for sample in pages.damaged), damage)
    return CountedSource(
        escaped_path=path_text.escape_path(path),
        size=size,
        mtime_ns=mtime_ns,
        format=opened.format,
        samples=samples,
        positions=tuple(opened.positions),
        levels=bytes(meter.levels),
        damage=tuple(sorted(damage)),
        concealed=opened.concealed / rate,
        unmarked_ends=tuple(sample / rate for sample in pages.unmarked_ends),
        escaped_audio=path_text.escape_path(copy) if copy else "",
    ), opened.is_mp3


def _find_unnoticed(pages: Iterable[float], errors: Sequence[float]) -> list[float]:
    """Return the positions of damaged pages, in seconds, at which decoding had no error."""
    return [at for at in pages if all(abs(at - error) > _SAME_DAMAGE for error in errors)]


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
