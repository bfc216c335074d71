"""Encode one chunk of a book to AAC, so that all chunks together decode as one encoding.

The encoder is given 16 frames before the chunk and 8 after it, and their packets are dropped: each
kept packet is encoded with the real audio around it, and overlaps with its neighbour of another
chunk as with one of its own.

The file of a chunk is a line of JSON (the key of the plan, the chunk and the sizes of its packets),
the packets, and the SHA-256 of both. It is complete after its rename, and checked again when it is
read, in blocks.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from mediakeep import atomic_files
from mediakeep.audiobooks.encoding import pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import BookFormat, BookPlan, Chunk
from mediakeep.errors import EncodingFailed, WorkingFilesChanged
from mediakeep.media import ffmpeg
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.mp4_header import AAC_FRAME, AAC_PRIMING
from mediakeep.media.encoding.pcm_source import Progress
from mediakeep.untrusted_files import decode_json, open_regular_file

CODEC = "aac"
_PRE_ROLL, _POST_ROLL = 16, 8  # frames; longer ones do not lower the error
_READ_FRAMES = 16  # at a time; each call of the encoder has a cost
_HINT = "Check the bit rate and the sample rate, then run again."

_BLOCK = 1 << 18  # bytes
_DIGEST = hashlib.sha256().digest_size
_FILE_HINT = "Run again: the chunk is encoded again."


class _Header(msgspec.Struct, frozen=True):
    key: str
    chunk: Chunk
    sizes: list[int]


def encode_chunk(
    plan: BookPlan, chunk: Chunk, path: Path, progress: Progress | None = None
) -> bool:
    """Encode a chunk to a file, atomically; return False if it is there from an earlier run.

    `progress` is called with the samples done and in total; what it raises stops the encoding.
    Raises EncodingFailed for the source in which it starts, what decoding raises, and OSError if
    the file cannot be written.
    """
    if is_finished(path, plan, chunk):
        return False
    write_chunk(path, plan, chunk, _encode(plan, chunk, progress))
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
    first = chunk.first * AAC_FRAME if chunk.number else -AAC_PRIMING
    packets: dict[int, bytes] = {}
    frames = pcm_timeline.read_book(plan, start, end, _READ_FRAMES * AAC_FRAME)
    rate, length = plan.format.sample_rate, end - start
    read = pcm_source.report_items(frames, attrgetter("samples"), length, rate, progress)
    source = plan.sources[bisect(plan.starts, chunk.first * AAC_FRAME) - 1].path
    try:
        encoder = open_encoder(plan.format)
        for frame in chain(read, [None]):
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


def write_chunk(path: Path, plan: BookPlan, chunk: Chunk, packets: Sequence[bytes]) -> None:
    """Write the packets of a chunk atomically, synced to the disk."""
    header = _Header(plan.key, chunk, [len(packet) for packet in packets])
    content = msgspec.json.encode(header) + b"\n" + b"".join(packets)
    atomic_files.write_atomic(path, content + hashlib.sha256(content).digest())


def read_sizes(path: Path, plan: BookPlan, chunk: Chunk) -> list[int]:
    """Return the sizes of the packets of a chunk, in bytes.

    Raises WorkingFilesChanged if the file is not that chunk. Its checksum is not verified.
    """
    try:
        with open_regular_file(path) as file:
            return _read_header(file, path, plan, chunk)[1].sizes
    except OSError as error:
        raise WorkingFilesChanged(path, error.strerror or str(error), _FILE_HINT) from error


def iter_packets(path: Path, plan: BookPlan, chunk: Chunk) -> Iterator[bytes]:
    """Yield the bytes of all packets of a chunk in blocks.

    Raises WorkingFilesChanged if the file is not that chunk; after the last block if it is damaged.
    """
    try:
        with open_regular_file(path) as file:
            line, header = _read_header(file, path, plan, chunk)
            left, digest = sum(header.sizes), hashlib.sha256(line)
            if os.fstat(file.fileno()).st_size != len(line) + left + _DIGEST:
                raise WorkingFilesChanged(path, "its size is wrong", _FILE_HINT)
            while left and (block := file.read(min(_BLOCK, left))):
                left -= len(block)
                digest.update(block)
                yield block
            if left or file.read() != digest.digest():
                raise WorkingFilesChanged(path, "its checksum is wrong", _FILE_HINT)
    except OSError as error:
        raise WorkingFilesChanged(path, error.strerror or str(error), _FILE_HINT) from error


def is_finished(path: Path, plan: BookPlan, chunk: Chunk) -> bool:
    """Return True if a chunk was encoded for a plan, and is undamaged."""
    try:
        for _ in iter_packets(path, plan, chunk):
            pass
    except WorkingFilesChanged:
        return False
    return True


def _read_header(file: BinaryIO, path: Path, plan: BookPlan, chunk: Chunk) -> tuple[bytes, _Header]:
    """Return the first line of a file, and its content."""
    line = file.readline()
    try:
        header = decode_json(line, _Header)
    except msgspec.DecodeError as error:
        raise WorkingFilesChanged(path, "its first line is damaged", _FILE_HINT) from error
    if (header.key, header.chunk) != (plan.key, chunk):
        raise WorkingFilesChanged(path, "it belongs to other sources or settings", _FILE_HINT)
    return line, header
