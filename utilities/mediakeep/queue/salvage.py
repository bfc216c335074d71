"""Recover the newest possible state from damaged files: a full copy, and the changes after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediakeep.errors import MediakeepError, StateDamaged
from mediakeep.kinds import Kind
from mediakeep.queue import checkpoints, history, journal, snapshot
from mediakeep.queue.binding import JOURNALS
from mediakeep.queue.journal import SEAL, Record
from mediakeep.queue.snapshot import Loaded
from mediakeep.queue.state import State


@dataclass(frozen=True)
class Salvage:
    """A recovered queue, the file it is based on, and the changes that are lost."""

    state: State
    base: Path
    records: list[Record]  # of all journals, in order
    lost: tuple[int, int] | None


def run(folder: Path, kind: Kind, strange: Path | None = None) -> Salvage:
    """Rebuild a queue, but not from `strange`; raise StateDamaged if nothing is readable."""
    records = _records(folder)
    candidates = [
        (_replayed(kind, loaded, records), path)
        for path, loaded in _bases(folder, kind)
        if path != strange
    ]
    if not candidates:
        raise StateDamaged(
            f"Neither a snapshot nor a checkpoint in {folder} can be read. Nothing was changed. "
            "Move the folder away and create a new queue with --scan."
        )
    state, base = max(candidates, key=lambda pair: pair[0].seq)
    journals = [journal.last_seq(path) for path in (folder / JOURNALS).glob("*.jsonl")]
    last = max([state.seq, history.last_seq(folder), *journals])
    return Salvage(state, base, records, (state.seq + 1, last) if last > state.seq else None)


def _bases(folder: Path, kind: Kind) -> Iterator[tuple[Path, Loaded]]:
    """Yield the readable full copies: snapshots, then the newest checkpoint."""
    for path in (folder / snapshot.FILE, *sorted((folder / JOURNALS).glob("*.json"))):
        try:
            yield path, snapshot.load(path, kind)
        except MediakeepError:
            continue
    yield from list(checkpoints.good(folder, kind))[:1]


def _records(folder: Path) -> list[Record]:
    """Read the records of all journals before their first damage, each number once."""
    records = {}
    for path in sorted((folder / JOURNALS).glob("*.jsonl")):
        for record in journal.salvage(path):
            if record.op != SEAL:
                records[record.seq] = record
    return [records[seq] for seq in sorted(records)]


def _replayed(kind: Kind, loaded: Loaded, records: list[Record]) -> State:
    """Apply the records that continue a full copy, up to the first gap or error."""
    state = State(kind, loaded.head, loaded.items)
    for record in records:
        if record.seq <= state.seq:
            continue
        try:
            state.replay([record], loaded.head.snapshot_id)
        except MediakeepError:
            break
    return state
