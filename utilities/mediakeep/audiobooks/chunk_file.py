"""Files of encoded packets: complete after the rename, and checked again when they are read.

A file is a line of JSON (the key of the plan, the chunk and the sizes of its packets), the packets,
and the SHA-256 of both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mediakeep import atomic_files
from mediakeep.audiobooks.book_plan import Chunk
from mediakeep.errors import WorkingFilesChanged

_DIGEST = hashlib.sha256().digest_size
_HINT = "Delete it and run again: the chunk is encoded again."


class _Header(msgspec.Struct, frozen=True):
    key: str
    chunk: Chunk
    sizes: list[int]


def write_chunk(path: Path, key: str, chunk: Chunk, packets: Sequence[bytes]) -> None:
    """Write the packets of a chunk atomically, synced to the disk."""
    header = _Header(key, chunk, [len(packet) for packet in packets])
    content = msgspec.json.encode(header) + b"\n" + b"".join(packets)
    atomic_files.write_atomic(path, content + hashlib.sha256(content).digest())


def read_chunk(path: Path, key: str, chunk: Chunk) -> list[bytes]:
    """Return the packets of a chunk; raise WorkingFilesChanged if the file is not that chunk."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WorkingFilesChanged(path, error.strerror or str(error), _HINT) from error
    content = memoryview(data)[:-_DIGEST]
    if hashlib.sha256(content).digest() != data[-_DIGEST:]:
        raise WorkingFilesChanged(path, "its checksum is wrong", _HINT)
    end = data.index(b"\n") + 1
    header = msgspec.json.decode(content[:end], type=_Header)
    if (header.key, header.chunk) != (key, chunk):
        raise WorkingFilesChanged(path, "it belongs to other sources or settings", _HINT)
    packets = []
    for size in header.sizes:
        packets.append(bytes(content[end : end + size]))
        end += size
    return packets


def is_finished(path: Path, key: str, chunk: Chunk) -> bool:
    """Return True if a chunk was encoded for the plan with this key, and is undamaged."""
    try:
        read_chunk(path, key, chunk)
    except WorkingFilesChanged:
        return False
    return True
