"""The blocks of a tar file: for each entry a header, its content, and padding.

The layout is POSIX.1-1988 ("ustar"), with entries of type L for long names (GNU tar
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
_LATEST = (1 << 33) - 1  # seconds: eleven octal digits, as in POSIX


class Entry(msgspec.Struct, frozen=True):
    """A file in an archive: its path relative to the home, size in bytes, mode and time."""

    name: str
    size: int
    mode: int = 0o644
    mtime: int = 0

    @property
    def filling(self) -> int:
        """The number of zeros that fill the last block."""
        return -self.size % BLOCK


class Damage(Exception):
    """The archive is damaged; the message says how."""


def header(entry: Entry) -> bytes:
    """Return the tar header of a file."""
    info = tarfile.TarInfo(entry.name)
    info.size, info.mode, info.mtime = entry.size, entry.mode, entry.mtime
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def entry(stream: BinaryIO) -> Entry | None:
    """Read the header of the next file; return None at the end of the archive."""
    name = ""
    while True:
        block = b"".join(exactly(stream, BLOCK))
        if block == bytes(BLOCK):
            return None
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if info.size < 0:
            raise Damage("a file in it has a negative size")
        if info.type == tarfile.REGTYPE:
            mtime = min(max(int(info.mtime), 0), _LATEST)
            return Entry(name or info.name, info.size, info.mode & 0o777, mtime)
        if info.type != tarfile.GNUTYPE_LONGNAME or name or info.size > _LONGEST:
            raise Damage(f"{files.display_path(info.name)} in it is not a plain file")
        text = b"".join(exactly(stream, info.size + -info.size % BLOCK))[: info.size]
        name = text.rstrip(b"\0").decode("utf-8", "surrogateescape")


def exactly(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield exactly `size` bytes in pieces; raise EOFError if there are fewer."""
    while size:
        piece = stream.read(min(size, _PIECE))
        if not piece:
            raise EOFError
        size -= len(piece)
        yield piece


def fill(stream: BinaryIO, entry: Entry) -> None:
    """Skip the zeros after a file."""
    for _ in exactly(stream, entry.filling):
        pass
