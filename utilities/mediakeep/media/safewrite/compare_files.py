"""Compare the audio essence of two files byte by byte."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from mediakeep.media.audio import registry
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_CHUNK = 1 << 20  # bytes compared at once


def compare_essence(old: int, new: int, kind: str) -> str | None:
    """Compare the audio of two open files without tags; return its hash, or None if it differs.

    The module `essence` defines which bytes are audio in each format, and the hash.
    """
    digest = hashlib.sha256()
    old_stream, new_stream = _EssenceStream(old, kind), _EssenceStream(new, kind)
    while part := old_stream.read():
        if part != new_stream.read(len(part)):
            return None
        digest.update(part)
    return None if new_stream.read() else f"sha256:{digest.hexdigest()}"


class _EssenceStream:
    """The audio of a file, without tags, as one byte stream.

    Two files can be compared although their audio is split into different parts.
    """

    def __init__(self, handle: int, kind: str) -> None:
        self._parts = _essence_parts(BoundedFile(handle, os.fstat(handle).st_size, _CHUNK), kind)
        self._buffer = b""

    def read(self, size: int = 0) -> bytes:
        """Return the next `size` bytes of the audio, or fewer at the end.

        If `size` is 0, return the bytes that are available next.
        """
        data = self._buffer
        while len(data) < max(size, 1) and (part := next(self._parts, b"")):
            data += part
        size = size or len(data)
        self._buffer = data[size:]
        return data[:size]


def _essence_parts(source: BoundedFile, kind: str) -> Iterator[bytes]:
    for piece in registry.get_parser(kind).iter_essence(source):
        if isinstance(piece, ByteRange):
            for at in range(piece.start, piece.end, _CHUNK):
                yield source.read(at, min(_CHUNK, piece.end - at))
        elif piece:
            yield piece
