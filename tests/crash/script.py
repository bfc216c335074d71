"""A short life of a queue, recorded call by call, with a mark wherever something was promised."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from mediakeep.item import Item, NewItem, Status
from mediakeep.outcome import Outcome
from mediakeep.queue import item_archive, journal
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.queue import Queue
from mediakeep.queue.store import ChangeDecider, QueueChange, QueueStore
from tests.crash.tap import FileCall, Tap, ignore
from tests.queue import rig


@dataclass(frozen=True)
class Mark:
    """From here on the queue is at least this; `person` while somebody writes over its file."""

    seq: int
    items: dict[str, Item]
    person: bool = False
    op: str = ""
    checkpoint: bool = False  # one more of them is there for good
    retired: frozenset[str] = frozenset()  # items that must be in the queue or in its archive


@dataclass
class CallLog:
    """What was called, and what was promised, in order."""

    root: str
    events: list[FileCall | Mark] = field(default_factory=list)

    def marks(self) -> list[Mark]:
        return [event for event in self.events if isinstance(event, Mark)]


_PASSING = ("session_logs", "live")  # no durability is promised for these
_CHANGING = ("open", "write", "pwrite", "ftruncate")


def record(folder: Path, monkeypatch: pytest.MonkeyPatch) -> CallLog:
    """Live the life in a folder and return it."""
    life = CallLog(str(folder))

    def took(call: FileCall) -> None:
        parts = Path(call.target or call.path).parts
        if call.path.startswith(life.root) and not set(parts) & set(_PASSING):
            mtime = os.stat(call.path).st_mtime_ns if call.name in _CHANGING else 0
            life.events.append(replace(call, mtime=mtime))

    where = rig.at(folder, rig.Clock())
    where.folder.parent.mkdir(parents=True)  # somebody else's, long on the disk
    life.events += [FileCall("mkdir", str(where.folder.parent)), FileCall("fsync", life.root)]
    with monkeypatch.context() as patched, Tap(ignore, took):
        patched.setattr(journal, "_PREALLOCATED", 700)  # so that there are fewer bytes to try
        _marking(life, patched)
        _live(life, where)
    return life


def _marking(life: CallLog, patched: pytest.MonkeyPatch) -> None:
    """Leave a mark whenever a commit returns."""
    commit = QueueStore.commit

    def marking(store: QueueStore, decide: ChangeDecider) -> JournalRecord | None:
        made = commit(store, decide)
        if made:
            mark(life, store, op=made.op)
        return made

    patched.setattr(QueueStore, "commit", marking)


def mark(life: CallLog, store: QueueStore, **more: Any) -> None:
    # Copied whole, as the results of parts are added in place.
    items = deepcopy(store.state.items)
    retired = frozenset(item_archive.load_retired(store.place.folder, store.kind))
    life.events.append(Mark(store.state.seq, items, retired=retired, **more))


def _live(life: CallLog, where: QueueLocation) -> None:
    with rig.make(where, 4) as queue:
        store = queue._store
        mark(life, store)
        queue.begin_session()
        rig.settle(queue, 1)
        rewrite(store)
        rig.settle(queue, 1, rig.FAILED)
        checkpoint = queue.write_checkpoint()
        mark(life, store, checkpoint=True)
        for _ in range(3):
            queue.commit(note("again"))
            rewrite(store)
        queue.claim(1)
        rig.settle(queue, 1)
        with _person(life, store):
            _cp(checkpoint, rig.file(where))
        rig.settle(queue, 1)
        rewrite(store)
        queue.commit(note("later"))
        with _person(life, store):
            _rename_over(checkpoint, rig.file(where))
        queue.commit(note("at last"))
        _replace_item(queue)
        queue.end_session()


def _replace_item(queue: Queue) -> None:
    """Add an item, let it wait between its parts, retire it, and restore it."""
    (key,) = queue.add([NewItem(name="added", path=f"/music/{queue.state.seq}")])
    for number in range(2):
        (claim,) = queue.claim_by_key(key)
        queue.record_part(claim, f"{number}", {"size": number})
        queue.park(claim, Outcome(Status.PENDING, "rain", retry_after=60), 0.1)
    queue.unpark([key])
    queue.retire([key])
    rewrite(queue._store)
    queue.restore_retired(key)
    queue.retire([key, "Artist 003"])


def note(text: str) -> ChangeDecider:
    """Return a change of one item in any state."""
    return lambda state: QueueChange("note", {"Artist 000": {"note": f"{text}, {state.seq}"}})


def rewrite(store: QueueStore) -> None:
    if store._is_large():
        assert store._rewrite_with_draft()
        return
    with store.hold_lock():
        store.read_new_changes()
        store.rewrite_snapshot()


@contextmanager
def _person(life: CallLog, store: QueueStore) -> Iterator[None]:
    """Have a user write over the queue, and the queue notice it."""
    mark(life, store, person=True)
    yield
    with store.hold_lock():
        store.read_new_changes()
    mark(life, store)


def _cp(source: Path, target: Path) -> None:
    """Copy as `cp` does: in place, without any sync."""
    handle = os.open(target, os.O_WRONLY | os.O_TRUNC)
    os.write(handle, source.read_bytes())
    os.close(handle)


def _rename_over(source: Path, target: Path) -> None:
    beside = target.with_name("person.tmp")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT)
    os.write(handle, source.read_bytes())
    os.close(handle)
    os.replace(beside, target)
