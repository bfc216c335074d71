"""Write a backup: everything of a queue that cannot be rebuilt, as of one change, in one archive.

1. The queue is read as of a change, without its lock, so a batch never waits.
2. Undo records, logs and outputs are copied after that. The files of a completed item were on the
   disk before it was completed, and files newer than the queue do no harm.

Caches and indexes, which are rebuilt, are omitted, and so are checkpoints: the queue in the backup
is one itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from mediakeep import clock
from mediakeep.media import temp_copies
from mediakeep.media.undoing import gate
from mediakeep.queue import checkpoints, history, rewrite, snapshot
from mediakeep.queue.backups import archive, databases, frozen, packing
from mediakeep.queue.backups.archive import Head
from mediakeep.queue.backups.blocks import Entry
from mediakeep.queue.backups.frozen import Frozen, Month
from mediakeep.queue.backups.packing import Packing
from mediakeep.queue.binding import JOURNALS
from mediakeep.queue.check import Outputs
from mediakeep.queue.rewrite import Place
from mediakeep.queue.sessions import LIVE
from mediakeep.queue.state import State

REVIEWS = "outputs/manual_review_needed.json"
UNDO = "undo"
COPY = "copy.db"  # temporary copy of a database
# Folders of the queue that are omitted or written with the queue.
_APART = frozenset({history.FOLDER, checkpoints.FOLDER, JOURNALS, LIVE})
_MADE_ANEW = re.compile(
    r"\..*|processing_queue\..*|.*\.lock|(history|index)\.db|.*-(wal|shm|journal)"
)
_GROWING = frozenset({".jsonl", ".log"})  # a running batch may append to these
_SPAN = 1 << 16  # bytes


def write(stream: BinaryIO, work: Path, place: Place, outputs: Outputs, now: Frozen) -> Head:
    """Write a backup to a stream; `work` is a folder for temporary files."""
    state, home = now.state, place.folder.parent.parent
    head = _head(state, place)
    copier = _Copier(Packing(stream, head), home, work)
    copier.queue(state, place)
    for month in frozen.months(place.folder, now):
        copier.month(month)
    with gate.shared(home / "status" / UNDO):  # keeps records and blobs consistent
        copier.all(_below(home / "status" / UNDO, (temp_copies.FOLDER,)))
    copier.all(_below(place.folder, _APART))
    for name in archive.SHARED:
        copier.all(_below(home / "status" / name) if name != UNDO else ())
    copier.all(_below(home / "issues" / state.kind.name))
    copier.all(_written(home, state, outputs))
    copier.close()
    return head


def _head(state: State, place: Place) -> Head:
    return Head(
        id=os.urandom(8).hex(),
        kind=state.kind.name,
        written=clock.text(place.now()),
        library_path=state.head.library_path,
        seq=state.seq,
        items={**state.summary()},
    )


def _written(home: Path, state: State, outputs: Outputs) -> Iterator[Path]:
    """Yield the files in the home itself, and the outputs of each item outside of `issues/`."""
    yield from (home / name for name in (*archive.LOOSE, REVIEWS))
    for item in state.items.values():
        if item.report:
            yield from (home / name for name in outputs(item) if name.startswith("outputs/"))


def _below(folder: Path, besides: Iterable[str] = ()) -> Iterator[Path]:
    """Yield the files below a folder that cannot be rebuilt, in a stable order.

    Symbolic links to folders are followed, because part of a home may be on another disk.
    """
    seen = set()  # links may form a cycle
    for root, folders, names in os.walk(folder, followlinks=True):
        try:
            info = os.stat(root)
        except FileNotFoundError:
            continue
        if (info.st_dev, info.st_ino) in seen:
            folders[:] = []
            continue
        seen.add((info.st_dev, info.st_ino))
        apart = set(besides) if root == str(folder) else set()
        inner = [x for x in folders if not x.startswith(".") and x not in apart]
        folders[:] = sorted(inner, key=lambda name: (Path(root, name).is_symlink(), name))
        for name in sorted(names):
            path = Path(root, name)
            if not _MADE_ANEW.fullmatch(name) and path.is_file():
                yield path


class _Copier:
    """Copies files of a home into an archive."""

    def __init__(self, packed: Packing, home: Path, work: Path) -> None:
        self._packed, self._home, self._work = packed, home, work
        self.close = packed.close

    def queue(self, state: State, place: Place) -> None:
        """Add the snapshot as a full copy with a new id, like a checkpoint."""
        copy = self._work / snapshot.FILE
        head = rewrite.head(state, place, state.head.generation)
        snapshot.write(str(copy), head, state.items, state.kind.plural)
        self._add(place.folder / snapshot.FILE, copy)
        copy.unlink()

    def month(self, month: Month) -> None:
        """Add a file of the history."""
        name, size = self._name(month.path), month.end + len(month.more)
        if not month.end:
            self._packed.add(Entry(name, size), [month.more])
            return
        with month.path.open("rb") as stream:

            def content() -> Iterator[bytes]:
                yield from packing.pieces(stream, month.end)
                yield month.more

            self._packed.add(_entry(name, stream, size), content())

    def all(self, paths: Iterable[Path]) -> None:
        """Add files in their current state; of growing files only complete lines."""
        for path in paths:
            if path.suffix == ".db":
                self._database(path)
            else:
                self._add(path, path)

    def _database(self, path: Path) -> None:
        """Add a consistent copy of an SQLite file."""
        copy = self._work / COPY
        databases.copy(path, copy)
        self._add(path, copy)
        copy.unlink()

    def _add(self, path: Path, content: Path) -> None:
        """Add the file `content` under the name of `path`, unless it was removed."""
        try:
            stream = content.open("rb")
        except FileNotFoundError:
            return
        with stream:
            size = os.fstat(stream.fileno()).st_size
            if path.suffix in _GROWING:
                size = _whole(stream, size)
            self._packed.add(_entry(self._name(path), stream, size), packing.pieces(stream, size))

    def _name(self, path: Path) -> str:
        return path.relative_to(self._home).as_posix()


def _entry(name: str, stream: BinaryIO, size: int) -> Entry:
    info = os.fstat(stream.fileno())
    return Entry(name, size, info.st_mode & 0o777, max(int(info.st_mtime), 0))


def _whole(stream: BinaryIO, end: int) -> int:
    """Return the offset after the last complete line, and rewind the stream."""
    while end:
        start = max(0, end - _SPAN)
        stream.seek(start)
        if (newline := stream.read(end - start).rfind(b"\n")) >= 0:
            end = start + newline + 1
            break
        end = start
    stream.seek(0)
    return end
