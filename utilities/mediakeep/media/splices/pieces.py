"""A file as it is to be: new bytes, and parts of an old file, some of which tell their own place.

bytes     as they are
Span      bytes of the old file
Pages     pages of Ogg, whose numbers change with the number of pages before them
Tables    a track of MP4, whose tables say where in the file its sound lies
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

_CHUNK = 1 << 20  # bytes held at once
_BLOCK = 4096  # a file system shares blocks that lie at such places in both files
_NOT_HERE = frozenset(
    {errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}
)


class Pages(NamedTuple):
    """Pages of one stream of Ogg whose numbers are raised by `by`."""

    span: Span
    serial: bytes
    by: int


class Tables(NamedTuple):
    """A `trak` of MP4 whose sound has moved."""

    span: Span
    moves: tuple[Move, ...]


Piece = bytes | Span | Pages | Tables


class Shorter(EOFError):
    """The old file ends before a part that was to be copied: somebody has cut it."""


def size(pieces: Iterable[Piece]) -> int:
    """Return the bytes that all pieces have together."""
    return sum(len(piece) if isinstance(piece, bytes) else _span(piece).size for piece in pieces)


def patched(end: int, patches: Sequence[tuple[Span, Piece]]) -> Iterator[Piece]:
    """Give a file of `end` bytes with some parts replaced; `patches` are in order."""
    at = 0
    for span, piece in patches:
        if span.start > at:
            yield Span(at, span.start)
        yield piece
        at = span.end
    if at < end:
        yield Span(at, end)


def write(pieces: Iterable[Piece], old: int, new: int) -> None:
    """Write all pieces to an open file; Shorter where the old one lacks a part of them."""
    for piece in pieces:
        if isinstance(piece, Span):
            _copy(piece, old, new)
        else:
            for part in _made(piece, old):
                files.write_all(new, part)


def are(pieces: Iterable[Piece], old: int, other: int) -> bool:
    """Tell whether the pieces of a file, put together, are just the bytes of another file."""
    at = 0
    for piece in pieces:
        for part in _made(piece, old):
            if os.pread(other, len(part), at) != part:
                return False
            at += len(part)
    return at == os.fstat(other).st_size


def digest(pieces: Iterable[Piece], old: int) -> str:
    """Return the SHA-256 of the file that the pieces make."""
    found = sha256()
    for piece in pieces:
        for part in _made(piece, old):
            found.update(part)
    return found.hexdigest()


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
    """Copy without bringing the bytes here, as far as the system can; return how far that was."""
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
    while more and len(data) < span.size:  # some network shares give less than was asked for
        more = os.pread(old, span.size - len(data), span.start + len(data))
        data += more
    if len(data) < span.size:
        raise Shorter
    return data
