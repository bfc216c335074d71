"""Files proved the same: whole, by their SHA-256, or in their sound, byte by byte."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from mediakeep.media.source import Source, Span
from mediakeep.media.streams import register

_CHUNK = 1 << 20  # bytes compared or hashed at once


def whole(handle: int) -> str:
    """Return the SHA-256 of all bytes of an open file, as `sha256sum` tells it."""
    digest, at = hashlib.sha256(), 0
    while data := os.pread(handle, _CHUNK, at):
        digest.update(data)
        at += len(data)
    return digest.hexdigest()


def essence(old: int, new: int, kind: str) -> str | None:
    """Compare the sound of two open files, and return its hash; None where it differs.

    What the sound of a format is, and how its hash is made, is told in `essence`.
    """
    digest = hashlib.sha256()
    ours, theirs = _Stream(old, kind), _Stream(new, kind)
    while part := ours.read():
        if part != theirs.read(len(part)):
            return None
        digest.update(part)
    return None if theirs.read() else f"sha256:{digest.hexdigest()}"


class _Stream:
    """The essence of a file as one row of bytes, whose pieces may be cut elsewhere."""

    def __init__(self, handle: int, kind: str) -> None:
        self._parts = _parts(Source(handle, os.fstat(handle).st_size, _CHUNK), kind)
        self._held = b""

    def read(self, size: int = 0) -> bytes:
        """Return `size` bytes, or the fewer that there are; as many as come where it is 0."""
        data = self._held
        while len(data) < max(size, 1) and (part := next(self._parts, b"")):
            data += part
        size = size or len(data)
        self._held = data[size:]
        return data[:size]


def _parts(source: Source, kind: str) -> Iterator[bytes]:
    for piece in register.of(kind).essence(source):
        if isinstance(piece, Span):
            for at in range(piece.start, piece.end, _CHUNK):
                yield source.read(at, min(_CHUNK, piece.end - at))
        elif piece:
            yield piece
