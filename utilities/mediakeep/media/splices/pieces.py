"""Assemble a new file from new bytes and parts of an old file.

bytes             new bytes
ByteRange         bytes of the old file
RenumberedPages   Ogg pages, whose numbers depend on the number of pages before them
ShiftedTrack      an MP4 track, whose tables contain the offsets of its audio
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from mediakeep import files
from mediakeep.media.source import Span
from mediakeep.media.splices import chunks, pages
from mediakeep.media.splices.chunks import Move

_CHUNK = 1 << 20  # bytes per read
_BLOCK = 4096  # file systems can share blocks that are aligned in both files
_NOT_HERE = frozenset(
    {errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}
)


class Pages(NamedTuple):
    """Pages of one Ogg stream whose page numbers increase by `by`."""

    span: Span
    serial: bytes
    by: int


class Tables(NamedTuple):
    """An MP4 `trak` atom whose audio has moved."""

    span: Span
    moves: tuple[Move, ...]


Piece = bytes | Span | Pages | Tables


class Shorter(EOFError):
    """The old file was truncated: it ends before the end of a part to copy."""


def size(pieces: Iterable[Piece]) -> int:
    """Return the total size of all parts in bytes."""
    return sum(len(piece) if isinstance(piece, bytes) else _span(piece).size for piece in pieces)


def patched(end: int, patches: Sequence[tuple[Span, Piece]]) -> Iterator[Piece]:
    """Yield the parts of a file of `end` bytes with some ranges replaced; `patches` are sorted."""
    at = 0
    for span, piece in patches:
        if span.start > at:
            yield Span(at, span.start)
        yield piece
        at = span.end
    if at < end:
        yield Span(at, end)


def write(pieces: Iterable[Piece], old: int, new: int) -> None:
    """Write all parts to an open file; raise SourceTruncated if the old file is too short."""
    for piece in pieces:
        if isinstance(piece, Span):
            _copy(piece, old, new)
        else:
            for part in _made(piece, old):
                files.write_all(new, part)


def are(pieces: Iterable[Piece], old: int, other: int) -> bool:
    """Return True if the assembled parts equal the bytes of the file `other`."""
    at = 0
    for piece in pieces:
        for part in _made(piece, old):
            if os.pread(other, len(part), at) != part:
                return False
            at += len(part)
    return at == os.fstat(other).st_size


def digest(pieces: Iterable[Piece], old: int) -> str:
    """Return the SHA-256 of the assembled file."""
    hasher = sha256()
    for piece in pieces:
        for part in _made(piece, old):
            hasher.update(part)
    return hasher.hexdigest()


def _made(piece: Piece, old: int) -> Iterator[bytes]:
    if isinstance(piece, bytes):
        yield piece
    elif isinstance(piece, Span):
        yield from _parts(piece, old)
    elif isinstance(piece, Tables):
        yield chunks.moved(_read(old, piece.span), piece.moves)
    else:
        yield from pages.renumbered(_parts(piece.span, old), piece.serial, piece.by)


def _span(piece: Span | Pages | Tables) -> Span:
    return piece if isinstance(piece, Span) else piece.span


def _copy(span: Span, old: int, new: int) -> None:
    at, end = span
    ahead = -at % _BLOCK
    if (at - os.lseek(new, 0, os.SEEK_CUR)) % _BLOCK == 0 and ahead < span.size:
        at = _in_kernel(at, at + ahead, old, new)
    at = _in_kernel(at, end, old, new)
    for part in _parts(Span(at, end), old):
        files.write_all(new, part)


def _in_kernel(at: int, end: int, old: int, new: int) -> int:
    """Copy with `copy_file_range` as far as possible; return the offset reached."""
    if sys.platform == "linux":
        try:
            while at < end and (count := os.copy_file_range(old, new, end - at, at)):
                at += count
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
    return at


def _parts(span: Span, old: int) -> Iterator[bytes]:
    for at in range(span.start, span.end, _CHUNK):
        yield _read(old, Span(at, min(at + _CHUNK, span.end)))


def _read(old: int, span: Span) -> bytes:
    data = more = os.pread(old, span.size, span.start)
    while more and len(data) < span.size:  # some network file systems return short reads
        more = os.pread(old, span.size - len(data), span.start + len(data))
        data += more
    if len(data) < span.size:
        raise Shorter
    return data
