"""Repair: a damaged queue is rebuilt from what is whole; the rest is set aside, never deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import files
from mediakeep.errors import InvalidQueueValues, MediakeepError, QueueNeedsImport, StateDamaged
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.queue import (
    adoption,
    check,
    checkpoints,
    history,
    index,
    logs,
    rewrite,
    salvage,
    snapshot,
    survey,
)
from mediakeep.queue.binding import JOURNALS
from mediakeep.queue.check import Outputs
from mediakeep.queue.rewrite import Place
from mediakeep.queue.salvage import Salvage
from mediakeep.queue.state import State
from mediakeep.queue.store import Change, Store

# Of an item, what the event by which it was done holds too.
_COUNTED = ("issues_found", "issues_resolved", "auto_fixed", "manual_reviews", "issues", "notes")


def run(where: Place, kind: Kind, outputs: Outputs) -> list[str]:
    """Repair a queue, and say in sentences what was done; [] where nothing was wrong."""
    store = Store(where, kind, adoption.adopt)
    with store.locked():
        try:
            store.follow()
            done = []
        except QueueNeedsImport:
            raise  # it is whole, and has a way of its own
        except StateDamaged as damage:
            # A file that is no state of this queue is no base either, though it can be read.
            strange = store.path if isinstance(damage, InvalidQueueValues) else None
            done = [check.fault(damage).what, *_rebuild(store, strange)]
        done += store.warnings
        done += _checkpoints(where, kind)
        done += _logs(where)
        done += _history(where)
        done += _unrecorded(where, store.state)
        found = list(check.record(where.folder, store.state))
        if found:
            done += [fault.what for fault in found]
            done += _renew(store)
    done += _items(store, outputs)
    store.close()
    return done


def _renew(store: Store) -> list[str]:
    """Write the queue anew from its sound state, in a chain that no older file belongs to."""
    folder = store.place.folder
    kept = [rewrite.keep_copy(path, store.place) for path in _in_use(folder)]
    store.fold()
    store.state.seq = max(store.state.seq, history.last_seq(folder))
    store.install(store.state, store.identity())
    return [
        f"Written anew. The files as they were are kept in {rewrite.ASIDE}/: {', '.join(kept)}."
    ]


def _rebuild(store: Store, strange: Path | None) -> list[str]:
    saved = salvage.run(store.place.folder, store.kind, strange)
    kept = [rewrite.keep_copy(path, store.place) for path in _in_use(store.place.folder)]
    history.absorb(store.place.folder, saved.records)
    state = saved.state
    state.head = adoption.renumbered(store, state)
    state.seq = saved.lost[1] if saved.lost else state.seq
    _record(store, state, saved)
    store.install(state, store.identity())
    told = [f"The queue was rebuilt from {saved.base.name} and its journals."]
    if saved.lost:
        told.append(f"{adoption.numbers(saved.lost)} could not be recovered.")
    return [*told, f"The files as they were are kept in {rewrite.ASIDE}/: {', '.join(kept)}."]


def _in_use(folder: Path) -> list[Path]:
    found = [folder / snapshot.FILE, *sorted((folder / JOURNALS).glob("*.jsonl"))]
    return [path for path in found if path.exists()]


def _record(store: Store, state: State, saved: Salvage) -> None:
    store.state = state
    facts = {"base": saved.base.name, "lost": saved.lost}
    facts |= {"undone": saved.lost} if saved.lost else {}
    record = store.record(Change("repair", {}, msgspec.to_builtins(facts)))
    state.accept(record, {})
    history.absorb(store.place.folder, [record])


def _checkpoints(where: Place, kind: Kind) -> Iterator[str]:
    """Move checkpoints that cannot be read out of the way."""
    for checkpoint in checkpoints.listing(where.folder):
        try:
            snapshot.load(checkpoint.path, kind)
        except MediakeepError:
            aside = rewrite.set_aside(checkpoint.path, where, "damaged")
            yield f"{checkpoint.path.name} cannot be read; it is kept as {aside}."


def _logs(where: Place) -> Iterator[str]:
    """Move session logs that were changed afterwards out of the way."""
    for path in logs.changed(where.folder):
        aside = rewrite.set_aside(path, where, "changed")
        yield f"{path.name} was changed after its session ended; it is kept as {aside}."


def _history(where: Place) -> Iterator[str]:
    """Take damaged lines out of the history; the file as it was is kept."""
    for path in history.paths(where.folder):
        last, good = 0, []
        lines = path.read_bytes().splitlines(keepends=True)
        for text in lines:
            event = history.parse(text) if text.endswith(b"\n") else None
            if event and event["seq"] > last:
                last = event["seq"]
                good.append(text)
        if len(good) < len(lines):
            kept = rewrite.keep_copy(path, where)
            files.write_atomic(path, b"".join(good))
            yield f"{len(lines) - len(good)} damaged lines of {path.name} left out; kept as {kept}."


def _unrecorded(where: Place, state: State) -> Iterator[str]:
    """Add to the history by which change items were last done, where it lacks that."""
    folder = where.folder
    months: dict[Path, list[bytes]] = {}
    for key, seq in check.unrecorded(folder, state).items():
        event = _event(state, key)
        path = folder / history.FOLDER / f"{event['time'][:7]}.jsonl"
        months.setdefault(path, []).append(msgspec.json.encode(event) + b"\n")
        yield f"Change {seq}, by which {key} was last done, was added to the history."
    for path, added in months.items():
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        lines = sorted([*lines, *added], key=_seq)
        path.parent.mkdir(exist_ok=True)
        files.write_atomic(path, b"".join(lines))
    if months:
        (folder / index.FILE).unlink(missing_ok=True)  # it goes by offsets in these files


def _event(state: State, key: str) -> dict[str, Any]:
    """Return what is left of the event by which an item was last done."""
    item = state.items[key]
    known = msgspec.to_builtins(item)
    done = item.status in (Status.COMPLETED, Status.ERROR)
    facts = {name: known[name] for name in _COUNTED if done and name in known}
    if item.error_date and item.status is Status.ERROR:
        status, time = Status.ERROR, item.error_date
    else:
        status, time = Status.COMPLETED, item.processed_date
    event = {"seq": item.settled, "time": time or state.head.last_updated, "op": history.SETTLE}
    event |= {"session": item.session} if item.session else {}
    return {**event, "item": key, "state": str(status), **facts, "recovered": True}


def _seq(line: bytes) -> int:
    event = history.parse(line)
    return event["seq"] if event else 0


def _items(store: Store, outputs: Outputs) -> Iterator[str]:
    """Have items done again whose outputs are gone, or which nobody holds."""
    home = store.place.folder.parent.parent

    def decide(state: State) -> Change | None:
        chosen = [*check.unowned(state), *check.without_outputs(home, state, outputs)]
        items = {key: survey.again(state.items[key]) for key in chosen}
        return Change("reset", items, {"why": "repair"}) if items else None

    record = store.commit(decide)
    for key in record.items if record else ():
        yield f"{key} is pending again: its outputs or its owner were gone."
