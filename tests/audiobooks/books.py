"""Tiny audio files of several kinds, and books that are encoded from them in small chunks."""

from __future__ import annotations

import io
import math
import random
from array import array
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import msgspec

from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.encoding import count_source, encode_chunk
from mediakeep.audiobooks.encoding.book_plan import BookFormat, BookPlan, make_plan
from mediakeep.audiobooks.muxing import book_file, verify_book
from mediakeep.media.chapters import chapters
from mediakeep.media.chapters.chapters import Chapter
from mediakeep.media.encoding import pcm_source
from tests.media.encoding import sounds

FORMAT = BookFormat()
DETAILS = BookDetails("The Book", "An Author", "A Narrator", "The Series", "2", "1999")


class Kind(msgspec.Struct, frozen=True):
    """How a file is encoded; without a `header`, an MP3 does not state its length and delay."""

    rate: int
    channels: int
    seconds: float
    header: bool = True
    quality: int = -1


# Mono and stereo, 22.05 to 48 kHz, with and without header, with constant and variable bit rate.
MIXED = (
    Kind(44_100, 2, 2.6),
    Kind(22_050, 1, 2.3),
    Kind(48_000, 2, 2.1, quality=5),
    Kind(24_000, 1, 1.2, header=False),
    Kind(44_100, 1, 1.7, header=False, quality=4),
)
SHORT = Kind(44_100, 2, 1.9)


@cache
def _sound(count: int, rate: int) -> array[int]:
    """Return noise and a tone at a steady level, in which any gap is noticed."""
    noise = memoryview(random.Random(5).randbytes(2 * count)).cast("h")
    step = 2 * math.pi * 440 / rate
    return array("h", (round(4000 * math.sin(at * step)) + (noise[at] >> 5) for at in range(count)))


def write_mp3(path: Path, kind: Kind) -> Path:
    """Encode a sound with LAME; each channel has the same."""
    path.write_bytes(_encode_mp3(kind))
    return path


@cache
def _encode_mp3(kind: Kind) -> bytes:
    count = round(kind.seconds * kind.rate) + 137
    mono = _sound(count, kind.rate)
    samples = mono if kind.channels == 1 else array("h", (s for one in mono for s in (one, one)))
    layout = "mono" if kind.channels == 1 else "stereo"
    options = {"write_xing": str(int(kind.header)), "id3v2_version": "0"}
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options=options) as output:
        stream: Any = output.add_stream("libmp3lame", rate=kind.rate)
        stream.layout, stream.format = layout, "s16p"
        stream.codec_context.bit_rate = 64_000 * kind.channels
        if kind.quality >= 0:
            stream.codec_context.flags |= av.codec.context.Flags.qscale
            stream.codec_context.global_quality = 118 * kind.quality
        frame = av.AudioFrame(format="s16", layout=layout, samples=count)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.time_base = kind.rate, Fraction(1, kind.rate)
        fit = av.AudioResampler("s16p", layout, kind.rate, frame_size=stream.frame_size)
        for part in (*fit.resample(frame), *fit.resample(None), None):
            for packet in stream.encode(part):
                output.mux(packet)
    return file.getvalue()


def write_mixed(folder: Path) -> list[Path]:
    return [write_mp3(folder / f"{number}.mp3", kind) for number, kind in enumerate(MIXED, 1)]


def plan_book(files: Iterable[Path], seconds: float = 1.5) -> BookPlan:
    """Count files with a position in each second, and plan chunks of some seconds."""
    counted = [count_source.count_source(path, FORMAT, position_seconds=1) for path in files]
    return make_plan(counted, FORMAT, round(seconds * FORMAT.sample_rate / 1024))


def encode_chunks(plan: BookPlan, folder: Path) -> list[Path]:
    paths = [folder / f"{chunk.number}.chunk" for chunk in plan.chunks()]
    for chunk, path in zip(plan.chunks(), paths, strict=True):
        encode_chunk.encode_chunk(plan, chunk, path)
    return paths


def make_book(
    plan: BookPlan, folder: Path, details: BookDetails = DETAILS
) -> tuple[Path, list[Chapter]]:
    """Encode a book with a chapter for each file; return its path and its chapters."""
    marks = chapters.mark_files(plan.build_timeline([""] * len(plan.sources)))
    expected = chapters.make_chapters(marks, plan.samples, "files")
    path = folder / "book.m4b"
    book_file.write_book(plan, encode_chunks(plan, folder), path, expected, details)
    return path, expected


def find_differences(
    path: Path, plan: BookPlan, chapters: Sequence[Chapter], cover_size: int = 0
) -> list[str]:
    """Verify a book as its job does, but in one process."""
    found = verify_book.verify_file(path, plan, chapters, cover_size)
    for segment in verify_book.split_book(plan):
        found += verify_book.verify_segment(path, plan, segment)
    return found


def join_left(frames: Iterable[Any]) -> array[float]:
    """Return the left channel of frames."""
    samples: array[float] = array("f")
    for frame in frames:
        samples.frombytes(bytes(frame.planes[0])[: frame.samples * 4])
    return samples


def decode_left(path: Path) -> array[float]:
    with pcm_source.open_source(path) as source:
        return join_left(source.frames())


def find_gaps(
    original: Sequence[float], decoded: Sequence[float], joins: Iterable[int], size: int = 128
) -> list[int]:
    """Return the windows near joins with less than half the level of the same in the original."""
    windows = {
        at
        for join in joins
        for at in range(max(0, join - 4096), min(join + 4096, len(original)) - size, size)
    }
    return [
        at
        for at in sorted(windows)
        if (level := _measure(original, at, size)) > 0.02
        and _measure(decoded, at, size) < level / 2
    ]


def _measure(samples: Sequence[float], at: int, size: int) -> float:
    return math.sqrt(sum(value * value for value in samples[at : at + size]) / size)


def write_part(path: Path, count: int) -> Path:
    """Encode noise to AAC in an M4A."""
    source = sounds.write_noise(path.with_suffix(".wav"), count)
    sounds.convert(source, path, "aac")
    source.unlink()
    return path
