"""Which journal continues a snapshot, what a file is that none continues, what was before it.

    processing_queue.journal/00000007-9f3c.jsonl   continues the snapshot of generation 7
    processing_queue.journal/00000006-51aa.jsonl   sealed: continues generation 6 up to generation 7
    processing_queue.journal/00000006-51aa.json    the snapshot of generation 6 itself

The last snapshot but one is kept as the old inode, which a plain `cp` over the queue cannot
reach. So whatever happens to processing_queue.json, these three give the queue back, to the
last change.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import msgspec

from mediakeep.errors import JournalDamaged, MediakeepError
from mediakeep.kinds import Kind
from mediakeep.queue import journal, snapshot
from mediakeep.queue.journal import Header, Reading
from mediakeep.queue.snapshot import Head
from mediakeep.queue.state import State

JOURNALS = "processing_queue.journal"


class Origin(Enum):
    """Where a snapshot file comes from."""

    OURS = "written by mediakeep, and continued by its journal"
    EDITED = "edited by hand"
    RESTORED = "copied from elsewhere"


class Binding(msgspec.Struct, frozen=True):
    """A snapshot's origin, and its journal where it has one."""

    origin: Origin
    path: Path
    reading: Reading


class Open(msgspec.Struct, frozen=True):
    """A journal without a seal: the one in use, or one that a crash left behind."""

    path: Path
    header: Header
    reading: Reading

    @property
    def last(self) -> int:
        """The number of its last change."""
        return self.reading.records[-1].seq if self.reading.records else self.header.seq


def bind(folder: Path, head: Head, digest: str) -> Binding:
    """Find the journal of a snapshot.

    1. A header that names this very content, and no seal: ours.
    2. The same, but sealed: a later snapshot had taken over, so an older file was copied here.
    3. The id fits and no seal, but the content differs: somebody edited it.
    4. No journal knows the id: a file from elsewhere, such as a checkpoint.
    """
    path = folder / JOURNALS / journal.name(head.generation, head.snapshot_id)
    header = journal.header(path)
    if header is None and path.exists():
        raise JournalDamaged(path, 1, "its checksum does not hold")
    if header is None:
        return Binding(Origin.RESTORED, path, Reading([], 0))
    reading = journal.read(path)
    if reading.sealed:
        return Binding(Origin.RESTORED, path, reading)
    return Binding(Origin.OURS if header.digest == digest else Origin.EDITED, path, reading)


def unsealed(folder: Path) -> Iterator[Open]:
    """Give the journals that no later one has taken over from, newest first.

    Damaged ones are left out, and so is one whose header a crash kept from being written.
    """
    for path in sorted((folder / JOURNALS).glob("*.jsonl"), reverse=True):
        try:
            header, reading = journal.header(path), journal.read(path)
        except JournalDamaged:
            continue
        if header and not reading.sealed:
            yield Open(path, header, reading)


def damaged(folder: Path) -> Iterator[Path]:
    """Give the journals that hold whole lines and cannot be read."""
    for path in sorted((folder / JOURNALS).glob("*.jsonl")):
        try:
            journal.read(path)
        except JournalDamaged:
            yield path
        else:
            if journal.header(path) is None and journal.last_seq(path):
                yield path


def present(folder: Path) -> bool:
    """Tell whether there is a queue, or what is left of one: then none may be made anew."""
    if (folder / snapshot.FILE).exists():
        return True
    journals = unsealed(folder)
    known = any(found.header.previous or found.reading.records for found in journals)
    return known or any(damaged(folder))


def before(path: Path) -> Path:
    """Return where the snapshot lies that came before the one that a journal continues."""
    header = journal.header(path)
    return path.with_name(header.previous or "none").with_suffix(".json") if header else path


def rebuild(folder: Path, kind: Kind) -> State | None:
    """Return the queue as it was before its file was replaced or lost; None if it cannot be."""
    for found in unsealed(folder):
        kept = before(found.path)
        sealed = kept.with_suffix(".jsonl")
        try:
            loaded = snapshot.load(kept, kind)
            state = State(kind, loaded.head, loaded.items)
            state.replay(journal.read(sealed).records, sealed)
            state.replay(found.reading.records, found.path)
        except (MediakeepError, OSError):
            continue  # left behind by a crash, or damaged: an older one may still do
        return state
    return None
