"""Write an archive: file after file with its hash, the checksums last."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import BinaryIO

import msgspec

from mediakeep import files
from mediakeep.errors import StateDamaged
from mediakeep.queue.backups import archive, blocks
from mediakeep.queue.backups.archive import HEAD, SUMS, Head
from mediakeep.queue.backups.blocks import Entry

_PIECE = 1 << 20  # bytes


class Packing:
    """Writes an archive; `close` adds the checksums and the end."""

    def __init__(self, stream: BinaryIO, head: Head) -> None:
        self._stream = stream
        self._sums = tempfile.TemporaryFile()  # noqa: SIM115 - on the disk, closed by close
        data = msgspec.json.format(msgspec.json.encode(head), indent=2) + b"\n"
        self.add(Entry(HEAD, len(data)), [data])

    def add(self, entry: Entry, content: Iterable[bytes]) -> None:
        """Add a file; raise StateDamaged if its content does not have the size of the entry."""
        self._sums.write(archive.line(entry, self._put(entry, content)))

    def _put(self, entry: Entry, content: Iterable[bytes]) -> str:
        self._stream.write(blocks.header(entry))
        digest, left = sha256(), entry.size
        for piece in content:
            digest.update(piece)
            self._stream.write(piece)
            left -= len(piece)
        if left:
            raise StateDamaged(
                f"{files.display_path(entry.name)} changed while it was being copied."
            )
        self._stream.write(bytes(entry.filling))
        return digest.hexdigest()

    def close(self) -> None:
        """Write the checksums and the end."""
        with self._sums as sums:
            size = sums.tell()
            sums.seek(0)
            self._put(Entry(SUMS, size), pieces(sums, size))
        self._stream.write(bytes(2 * blocks.BLOCK))


def pieces(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the next `size` bytes of a stream in pieces, or fewer if it ends before."""
    while size and (piece := stream.read(min(size, _PIECE))):
        size -= len(piece)
        yield piece
