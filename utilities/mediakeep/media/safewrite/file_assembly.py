"""Assemble a new file from new bytes and parts of an old file.

bytes             new bytes
ByteRange         bytes of the old file
RenumberedPages   Ogg pages, whose numbers depend on the number of pages before them
ShiftedTrack      an MP4 track, whose tables contain the offsets of its audio
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

from mediakeep import atomic_files, file_copies
from mediakeep.media.audio.mp4 import chunk_offsets
from mediakeep.media.audio.mp4.chunk_offsets import OffsetShift
from mediakeep.media.audio.ogg import rewrite_pages
from mediakeep.media.bounded_file import ByteRange

_CHUNK = 1 << 20  # bytes per read
_BLOCK_SIZE = 4096  # file systems can share blocks that are aligned in both files


class RenumberedPages(NamedTuple):
    """A part of a new Ogg file: pages of the old file, with numbers that are larger by `by`."""

    span: ByteRange
    serial: bytes
    by: int


class ShiftedTrack(NamedTuple):
    """A part of a new MP4 file: a `trak` atom of the old file whose audio has moved."""

    span: ByteRange
    moves: tuple[OffsetShift, ...]


FilePart = bytes | ByteRange | RenumberedPages | ShiftedTrack


class SourceTruncated(EOFError):
    """Raised if the old file ends before the end of a part that has to be copied."""


def total_parts_size(parts: Iterable[FilePart]) -> int:
    """Return the total size of a file's parts in bytes."""
    return sum(len(piece) if isinstance(piece, bytes) else _range_of(piece).size for piece in parts)


def write_parts(parts: Iterable[FilePart], old: int, new: int) -> None:
    """Write all parts of a new file to the open file `new`.

    Parts of the old file are copied from the open file `old`. Raises SourceTruncated if that is too
    short.
    """
    for piece in parts:
        if isinstance(piece, ByteRange):
            _copy_range(piece, old, new)
        else:
            for part in _render_part(piece, old):
                atomic_files.write_all(new, part)


def parts_equal_file(parts: Iterable[FilePart], old: int, other: int) -> bool:
    """Return True if the parts, put together, equal the bytes of the open file `other`."""
    at = 0
    for piece in parts:
        for part in _render_part(piece, old):
            if os.pread(other, len(part), at) != part:
                return False
            at += len(part)
    return at == os.fstat(other).st_size


def compute_parts_sha256(parts: Iterable[FilePart], old: int) -> str:
    """Return the SHA-256 of a file that would be assembled from parts, without writing it."""
    hasher = sha256()
    for piece in parts:
        for part in _render_part(piece, old):
            hasher.update(part)
    return hasher.hexdigest()


def _render_part(part: FilePart, old: int) -> Iterator[bytes]:
    if isinstance(part, bytes):
        yield part
    elif isinstance(part, ByteRange):
        yield from _read_chunks(part, old)
    elif isinstance(part, ShiftedTrack):
        yield chunk_offsets.shift_offsets(_read_range(old, part.span), part.moves)
    else:
        yield from rewrite_pages.renumber_pages(_read_chunks(part.span, old), part.serial, part.by)


def _range_of(piece: ByteRange | RenumberedPages | ShiftedTrack) -> ByteRange:
    return piece if isinstance(piece, ByteRange) else piece.span


def _copy_range(byte_range: ByteRange, old: int, new: int) -> None:
    at, end = byte_range
    ahead = -at % _BLOCK_SIZE
    if (at - os.lseek(new, 0, os.SEEK_CUR)) % _BLOCK_SIZE == 0 and ahead < byte_range.size:
        at = file_copies.copy_in_kernel(at, at + ahead, old, new)
    at = file_copies.copy_in_kernel(at, end, old, new)
    for part in _read_chunks(ByteRange(at, end), old):
        atomic_files.write_all(new, part)


def _read_chunks(byte_range: ByteRange, old: int) -> Iterator[bytes]:
    for at in range(byte_range.start, byte_range.end, _CHUNK):
        yield _read_range(old, ByteRange(at, min(at + _CHUNK, byte_range.end)))


def _read_range(old: int, byte_range: ByteRange) -> bytes:
    data = chunk = os.pread(old, byte_range.size, byte_range.start)
    while chunk and len(data) < byte_range.size:  # some network file systems return short reads
        chunk = os.pread(old, byte_range.size - len(data), byte_range.start + len(data))
        data += chunk
    if len(data) < byte_range.size:
        raise SourceTruncated
    return data
