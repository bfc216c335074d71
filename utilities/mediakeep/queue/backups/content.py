"""A backup: everything of a queue that cannot be made anew, as of one change, in one archive.

1. The queue is read as of a change, without its lock: a batch is never kept waiting.
2. Undo records, logs and outputs are copied after that. Whatever the queue calls done was on the
   disk before it was called so, and what is newer than the queue does no harm.

Left out are caches and indexes, which are made anew, and checkpoints: the queue in the backup is
one itself.
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
COPY = "copy.db"  # of a database, while it is being packed
_APART = frozenset({history.FOLDER, checkpoints.FOLDER, JOURNALS, LIVE})  # written as the queue is
_MADE_ANEW = re.compile(
    r"\..*|processing_queue\..*|.*\.lock|(history|index)\.db|.*-(wal|shm|journal)"
)
_GROWING = frozenset({".jsonl", ".log"})  # a running batch may be appending to these
_SPAN = 1 << 16  # bytes


def write(stream: BinaryIO, work: Path, place: Place, outputs: Outputs, now: Frozen) -> Head:
    """Write a backup to a stream; `work` is a folder for what has to be made first."""
    state, home = now.state, place.folder.parent.parent
    head = _head(state, place)
    copier = _Copier(Packing(stream, head), home, work)
    copier.queue(state, place)
    for month in frozen.months(place.folder, now):
        copier.month(month)
    with gate.shared(home / "status" / UNDO):  # records and blobs go together
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
    """Give the files of the home itself, and of each item those that are not in `issues/`."""
    yield from (home / name for name in (*archive.LOOSE, REVIEWS))
    for item in state.items.values():
        if item.report:
            yield from (home / name for name in outputs(item) if name.startswith("outputs/"))


def _below(folder: Path, besides: Iterable[str] = ()) -> Iterator[Path]:
    """Give the files below a folder that nothing makes anew, in a steady order.

    A linked folder counts as a plain one: a part of a home may lie on another disk.
    """
    seen = set()  # links may lead round in a circle
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
        """Add the snapshot, a full copy with an id of its own, as a checkpoint is."""
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
        """Add files as they are now; of one that grows, its whole lines."""
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
        """Add a file under the name of `path`; one that is gone by now is left out."""
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
    """Return where the last whole line ends; the stream stands at its beginning then."""
    while end:
        start = max(0, end - _SPAN)
        stream.seek(start)
        if (found := stream.read(end - start).rfind(b"\n")) >= 0:
            end = start + found + 1
            break
        end = start
    stream.seek(0)
    return end
