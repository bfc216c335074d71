"""Old undo records made smaller: what was changed stays known, how to take it back is forgotten.

A forgotten record keeps its fields, so that what was taken back is not done again and repairs still
count. Its recipe goes, and so does every blob that no record needs. Killed at any moment, the
records are whole, and a second pruning ends what the first began.
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
    """What a pruning comes to: records, and bytes that become free."""

    records: int = 0
    bytes: int = 0


@dataclass
class _Pruning:
    """One pruning at work; without `write` it only finds out what it would come to."""

    store: Store
    before: str
    write: bool
    done: Pruned = field(default_factory=Pruned)
    needed: set[str] = field(default_factory=set)  # blobs
    known: bool = True  # whether all that is needed is known

    def month(self, path: Path) -> None:
        """Prune a file of the log; a line that cannot be read stays as it is."""
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
        """Keep what the record tells, but for the way back; of a damaged one what can be read."""
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
            except StateDamaged:  # then nobody can tell which ones these are
                self.known = False

    def sweep(self) -> None:
        """Remove the blobs that no record needs, once all months are pruned."""
        for path in (self.store.folder / "blobs").glob("??/*"):
            if self.known and path.name not in self.needed:
                self.done.bytes += path.stat().st_size
                if self.write:
                    path.unlink()


def look(store: Store, before: str) -> Pruned:
    """Tell what `forget` would come to, and change nothing."""
    with gate.shared(store.folder):
        return _prune(_Pruning(store, before, write=False))


def forget(store: Store, before: str) -> Pruned:
    """Forget how to take back what was changed before a time, given as the records write it.

    RecordNotWritten where the disk refuses; what was pruned until then is whole.
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
    """Its places are no longer those; it goes first, so that no kill leaves a wrong one."""
    if not (folder / index.FILE).is_dir():
        for name in (index.FILE, f"{index.FILE}-journal"):
            (folder / name).unlink(missing_ok=True)


def _prune(pruning: _Pruning) -> Pruned:
    for path in Log(pruning.store.folder).paths():
        pruning.month(path)
    pruning.sweep()
    return pruning.done
