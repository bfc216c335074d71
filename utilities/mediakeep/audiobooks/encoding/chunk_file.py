"""Files of encoded packets: complete after the rename, and checked again when they are read.

A file is a line of JSON (the key of the plan, the chunk and the sizes of its packets), the packets,
and the SHA-256 of both. It is read in blocks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from mediakeep import atomic_files
from mediakeep.audiobooks.encoding.book_plan import Chunk
from mediakeep.errors import WorkingFilesChanged
from mediakeep.untrusted_files import decode_json, open_regular_file

_BLOCK = 1 << 18  # bytes
_DIGEST = hashlib.sha256().digest_size
_HINT = "Run again: the chunk is encoded again."


class _Header(msgspec.Struct, frozen=True):
    key: str
    chunk: Chunk
    sizes: list[int]


def write_chunk(path: Path, key: str, chunk: Chunk, packets: Sequence[bytes]) -> None:
    """Write the packets of a chunk atomically, synced to the disk."""
    header = _Header(key, chunk, [len(packet) for packet in packets])
    content = msgspec.json.encode(header) + b"\n" + b"".join(packets)
    atomic_files.write_atomic(path, content + hashlib.sha256(content).digest())


def read_sizes(path: Path, key: str, chunk: Chunk) -> list[int]:
    """Return the sizes of the packets of a chunk, in bytes.

    Raises WorkingFilesChanged if the file is not that chunk. Its checksum is not verified.
    """
    try:
        with open_regular_file(path) as file:
            return _read_header(file, path, key, chunk)[1].sizes
    except OSError as error:
        raise WorkingFilesChanged(path, error.strerror or str(error), _HINT) from error


def iter_packets(path: Path, key: str, chunk: Chunk) -> Iterator[bytes]:
    """Yield the bytes of all packets of a chunk in blocks.

    Raises WorkingFilesChanged if the file is not that chunk; after the last block if it is damaged.
    """
    try:
        with open_regular_file(path) as file:
            line, header = _read_header(file, path, key, chunk)
            left, digest = sum(header.sizes), hashlib.sha256(line)
            if os.fstat(file.fileno()).st_size != len(line) + left + _DIGEST:
                raise WorkingFilesChanged(path, "its size is wrong", _HINT)
            while left and (block := file.read(min(_BLOCK, left))):
                left -= len(block)
                digest.update(block)
                yield block
            if left or file.read() != digest.digest():
                raise WorkingFilesChanged(path, "its checksum is wrong", _HINT)
    except OSError as error:
        raise WorkingFilesChanged(path, error.strerror or str(error), _HINT) from error


def is_finished(path: Path, key: str, chunk: Chunk) -> bool:
    """Return True if a chunk was encoded for the plan with this key, and is undamaged."""
    try:
        for _ in iter_packets(path, key, chunk):
            pass
    except WorkingFilesChanged:
        return False
    return True


def _read_header(file: BinaryIO, path: Path, key: str, chunk: Chunk) -> tuple[bytes, _Header]:
    """Return the first line of a file, and its content."""
    line = file.readline()
    try:
        header = decode_json(line, _Header)
    except msgspec.DecodeError as error:
        raise WorkingFilesChanged(path, "its first line is damaged", _HINT) from error
    if (header.key, header.chunk) != (key, chunk):
        raise WorkingFilesChanged(path, "it belongs to other sources or settings", _HINT)
    return line, header
