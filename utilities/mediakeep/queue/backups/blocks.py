"""The blocks of a tar: a header for each file, its bytes, zeros up to the next block.

The layout is POSIX.1-1988 ("ustar"), with the entries of type L that hold long names (GNU tar
manual, "Basic Tar Format"). Links, devices and folders are refused.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from mediakeep import files

BLOCK = tarfile.BLOCKSIZE
_PIECE = 1 << 20  # bytes
_LONGEST = 1 << 14  # bytes of a name
_LATEST = (1 << 33) - 1  # seconds: what eleven octal digits hold, as POSIX has them


class Entry(msgspec.Struct, frozen=True):
    """A file in an archive: its place below the home, its size in bytes, mode and time."""

    name: str
    size: int
    mode: int = 0o644
    mtime: int = 0

    @property
    def filling(self) -> int:
        """How many zeros fill its last block."""
        return -self.size % BLOCK


class Damage(Exception):
    """What is wrong with an archive."""


def header(entry: Entry) -> bytes:
    """Write the header of a file."""
    info = tarfile.TarInfo(entry.name)
    info.size, info.mode, info.mtime = entry.size, entry.mode, entry.mtime
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def entry(stream: BinaryIO) -> Entry | None:
    """Read the next file's header; None at the end of the archive."""
    name = ""
    while True:
        block = b"".join(exactly(stream, BLOCK))
        if block == bytes(BLOCK):
            return None
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if info.size < 0:
            raise Damage("a file in it has no size")
        if info.type == tarfile.REGTYPE:
            mtime = min(max(int(info.mtime), 0), _LATEST)
            return Entry(name or info.name, info.size, info.mode & 0o777, mtime)
        if info.type != tarfile.GNUTYPE_LONGNAME or name or info.size > _LONGEST:
            raise Damage(f"{files.display_path(info.name)} in it is no plain file")
        text = b"".join(exactly(stream, info.size + -info.size % BLOCK))[: info.size]
        name = text.rstrip(b"\0").decode("utf-8", "surrogateescape")


def exactly(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Give so many bytes, piece by piece; EOFError where there are not so many."""
    while size:
        piece = stream.read(min(size, _PIECE))
        if not piece:
            raise EOFError
        size -= len(piece)
        yield piece


def fill(stream: BinaryIO, entry: Entry) -> None:
    """Pass over the zeros behind a file."""
    for _ in exactly(stream, entry.filling):
        pass
