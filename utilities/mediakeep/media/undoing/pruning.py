"""Prune old undo records: keep what was changed, delete what is needed to undo it.

A pruned ("forgotten") record keeps its fields, so that undone changes are not repeated and repairs
still count. Its reverse patch is deleted, and so are blobs that no record needs. If the process is
killed, the records are intact, and pruning again completes the work.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from msgspec import structs

from mediakeep import files
from mediakeep.errors import RecordNotWritten, StateDamaged
from mediakeep.media.undoing import gate, index
from mediakeep.media.undoing.log import Log
from mediakeep.media.undoing.record import Record, encode, fitted, parse
from mediakeep.media.undoing.store import Store


@dataclass
class Pruned:
    """The result of pruning: the number of records, and of bytes freed."""

    records: int = 0
    bytes: int = 0


@dataclass
class _Pruning:
    """One run; without `write` it only computes the result."""

    store: Store
    before: str
    write: bool
    done: Pruned = field(default_factory=Pruned)
    needed: set[str] = field(default_factory=set)  # blobs
    known: bool = True  # False if the blobs of a record are unknown

    def month(self, path: Path) -> None:
        """Prune one file of the log; unreadable lines are kept."""
        old = path.read_bytes().splitlines(keepends=True)
        new = [self._line(text) for text in old]
        self.done.bytes += sum(map(len, old)) - sum(map(len, new))
        if self.write and new != old:
            files.write_atomic(path, b"".join(new))

    def _line(self, text: bytes) -> bytes:
        record = parse(text) if text.endswith(b"\n") else None
        if not isinstance(record, Record):
            return text
        if not record.forgotten and record.time < self.before:
            self.done.records += 1
            record = self._forgotten(record)
            text = encode(record) + b"\n"
        self.needed |= set(self._blobs(record))
        return text

    def _forgotten(self, record: Record) -> Record:
        """Return a record without its reverse patch; a damaged one with the fields it has."""
        fields = record.fields
        with contextlib.suppress(StateDamaged):
            fields = self.store.fields(record)
        less = structs.replace(record, forgotten=True, recipe=None, details="", fields=fields)
        return fitted(less, self._keep)

    def _keep(self, data: bytes) -> str:
        name = sha256(data).hexdigest()
        if not (self.store.folder / "blobs" / name[:2] / name).exists():
            self.done.bytes -= len(data)
        return self.store.blobs.keep(data, name) if self.write else name

    def _blobs(self, record: Record) -> Iterator[str]:
        if record.details:
            yield record.details
        if not record.forgotten:
            try:
                yield from self.store.recipe(record).blobs
            except StateDamaged:  # then its blobs are unknown
                self.known = False

    def sweep(self) -> None:
        """Delete the blobs that no record needs; call it after all months are pruned."""
        for path in (self.store.folder / "blobs").glob("??/*"):
            if self.known and path.name not in self.needed:
                self.done.bytes += path.stat().st_size
                if self.write:
                    path.unlink()


def look(store: Store, before: str) -> Pruned:
    """Return what `prune` would do, and change nothing."""
    with gate.shared(store.folder):
        return _prune(_Pruning(store, before, write=False))


def forget(store: Store, before: str) -> Pruned:
    """Delete the undo data of changes before a time in the format of the records.

    Raises RecordNotWritten if writing fails; what was pruned until then stays consistent.
    """
    if not store.folder.is_dir():
        return Pruned()
    with gate.alone(store.folder):
        try:
            files.sweep(store.folder)
            _drop_index(store.folder)
            return _prune(_Pruning(store, before, write=True))
        except OSError as error:
            raise RecordNotWritten(error.filename or store.folder, error.strerror) from error


def _drop_index(folder: Path) -> None:
    """Delete the index, whose offsets become wrong; first, so that a kill leaves no wrong one."""
    if not (folder / index.FILE).is_dir():
        for name in (index.FILE, f"{index.FILE}-journal"):
            (folder / name).unlink(missing_ok=True)


def _prune(pruning: _Pruning) -> Pruned:
    for path in Log(pruning.store.folder).paths():
        pruning.month(path)
    pruning.sweep()
    return pruning.done
