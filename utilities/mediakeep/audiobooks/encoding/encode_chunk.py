"""Encode one chunk of a book to AAC, so that all chunks together decode as one encoding.

The encoder is given 16 frames before the chunk and 8 after it, and their packets are dropped: each
kept packet is encoded with the real audio around it, and overlaps with its neighbour of another
chunk as with one of its own.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

from mediakeep.audiobooks.encoding import chunk_file, pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import AAC_FRAME, BookFormat, BookPlan, Chunk
from mediakeep.errors import EncodingFailed
from mediakeep.media import ffmpeg
from mediakeep.media.encoding.pcm_source import Progress

CODEC = "aac"
PRIMING = 1024  # samples that the encoder adds before the audio
_PRE_ROLL, _POST_ROLL = 16, 8  # frames; longer ones do not lower the error
_READ_FRAMES = 16  # at a time; each call of the encoder has a cost
_HINT = "Check the bit rate and the sample rate, then run again."


def encode_chunk(
    plan: BookPlan, chunk: Chunk, path: Path, progress: Progress | None = None
) -> bool:
    """Encode a chunk to a file, atomically; return False if it is there from an earlier run.

    `progress` is called with the samples done and in total; what it raises stops the encoding.
    Raises EncodingFailed for the source in which it starts, what decoding raises, and OSError if
    the file cannot be written.
    """
    key = plan.key()
    if chunk_file.is_finished(path, key, chunk):
        return False
    chunk_file.write_chunk(path, key, chunk, _encode(plan, chunk, progress))
    return True


def open_encoder(book_format: BookFormat) -> Any:
    """Return an AAC encoder of PyAV, opened."""
    context = ffmpeg.require_pyav().CodecContext.create(CODEC, "w")
    context.sample_rate = book_format.sample_rate
    context.layout = book_format.pcm.layout
    context.format = book_format.pcm.sample_format
    context.bit_rate = book_format.bit_rate
    context.time_base = Fraction(1, book_format.sample_rate)
    context.thread_count = 1  # chunks are encoded in parallel
    context.open(strict=False)
    return context


def _encode(plan: BookPlan, chunk: Chunk, progress: Progress | None) -> list[bytes]:
    start = max(0, chunk.first - _PRE_ROLL) * AAC_FRAME
    end = min((chunk.end + _POST_ROLL) * AAC_FRAME, plan.samples)
    # Packets count from the priming, which only the first chunk keeps.
    first = chunk.first * AAC_FRAME if chunk.number else -PRIMING
    packets: dict[int, bytes] = {}
    source = plan.sources[bisect(plan.starts, chunk.first * AAC_FRAME) - 1].path
    try:
        encoder = open_encoder(plan.format)
        for frame in chain(_read(plan, start, end, progress), [None]):
            for packet in encoder.encode(frame):
                if first <= packet.pts < chunk.end * AAC_FRAME:
                    packets[packet.pts] = bytes(packet)
    except ffmpeg.require_pyav().error.FFmpegError as error:
        raise EncodingFailed(source, ffmpeg.describe_error(error), _HINT) from error
    expected = list(range(first, chunk.end * AAC_FRAME, AAC_FRAME))
    if list(packets) != expected:
        cause = f"the encoder made {len(packets):,} packets, not {len(expected):,}"
        raise EncodingFailed(source, cause, _HINT)
    return list(packets.values())


def _read(plan: BookPlan, start: int, end: int, progress: Progress | None) -> Iterator[Any]:
    reported = start
    for frame in pcm_timeline.read_book(plan, start, end, _READ_FRAMES * AAC_FRAME):
        yield frame
        if progress and frame.pts - reported >= plan.format.sample_rate:
            reported = frame.pts
            progress(reported - start, end - start)
