"""Rebuild a damaged queue from its undamaged files; the others go to aside/, never deleted."""

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

# Fields of an item that its last settle event contains, too.
_COUNTED = ("issues_found", "issues_resolved", "auto_fixed", "manual_reviews", "issues", "notes")


def run(where: Place, kind: Kind, outputs: Outputs) -> list[str]:
    """Repair a queue and return sentences on what was done, [] if nothing was wrong."""
    store = Store(where, kind, adoption.adopt)
    with store.locked():
        try:
            store.follow()
            done = []
        except QueueNeedsImport:
            raise  # it is not damaged, but has to be imported
        except StateDamaged as damage:
            # A file with values that are invalid for this queue is not used as a base.
            strange = store.path if isinstance(damage, InvalidQueueValues) else None
            done = [check.fault(damage).what, *_rebuild(store, strange)]
        done += store.warnings
        done += _checkpoints(where, kind)
        done += _logs(where)
        done += _history(where)
        done += _unrecorded(where, store.state)
        faults = list(check.record(where.folder, store.state))
        if faults:
            done += [fault.what for fault in faults]
            done += _renew(store)
    done += _items(store, outputs)
    store.close()
    return done


def _renew(store: Store) -> list[str]:
    """Write the valid state again, as a new chain without any older file."""
    folder = store.place.folder
    copies = [rewrite.keep_copy(path, store.place) for path in _in_use(folder)]
    store.fold()
    store.state.seq = max(store.state.seq, history.last_seq(folder))
    store.install(store.state, store.identity())
    return [
        f"The queue was rewritten. The old files are kept in {rewrite.ASIDE}/: {', '.join(copies)}."
    ]


def _rebuild(store: Store, strange: Path | None) -> list[str]:
    saved = salvage.run(store.place.folder, store.kind, strange)
    copies = [rewrite.keep_copy(path, store.place) for path in _in_use(store.place.folder)]
    history.absorb(store.place.folder, saved.records)
    state = saved.state
    state.head = adoption.renumbered(store, state)
    state.seq = saved.lost[1] if saved.lost else state.seq
    _record(store, state, saved)
    store.install(state, store.identity())
    lines = [f"The queue was rebuilt from {saved.base.name} and its journals."]
    if saved.lost:
        lines.append(f"{adoption.numbers(saved.lost)} could not be recovered.")
    return [*lines, f"The old files are kept in {rewrite.ASIDE}/: {', '.join(copies)}."]


def _in_use(folder: Path) -> list[Path]:
    paths = [folder / snapshot.FILE, *sorted((folder / JOURNALS).glob("*.jsonl"))]
    return [path for path in paths if path.exists()]


def _record(store: Store, state: State, saved: Salvage) -> None:
    store.state = state
    facts = {"base": saved.base.name, "lost": saved.lost}
    facts |= {"undone": saved.lost} if saved.lost else {}
    record = store.record(Change("repair", {}, msgspec.to_builtins(facts)))
    state.accept(record, {})
    history.absorb(store.place.folder, [record])


def _checkpoints(where: Place, kind: Kind) -> Iterator[str]:
    """Move checkpoints that cannot be read to aside/."""
    for checkpoint in checkpoints.listing(where.folder):
        try:
            snapshot.load(checkpoint.path, kind)
        except MediakeepError:
            aside = rewrite.set_aside(checkpoint.path, where, "damaged")
            yield f"{checkpoint.path.name} cannot be read. It was moved to {aside}."


def _logs(where: Place) -> Iterator[str]:
    """Move session logs that were changed after the end of their session to aside/."""
    for path in logs.changed(where.folder):
        aside = rewrite.set_aside(path, where, "changed")
        yield f"{path.name} was changed after its session ended. It was moved to {aside}."


def _history(where: Place) -> Iterator[str]:
    """Remove damaged lines from the history; a copy of the file is kept in aside/."""
    for path in history.paths(where.folder):
        last, good = 0, []
        lines = path.read_bytes().splitlines(keepends=True)
        for text in lines:
            event = history.parse(text) if text.endswith(b"\n") else None
            if event and event["seq"] > last:
                last = event["seq"]
                good.append(text)
        if len(good) < len(lines):
            copy = rewrite.keep_copy(path, where)
            files.write_atomic(path, b"".join(good))
            yield f"{len(lines) - len(good)} damaged lines of {path.name} removed. Copy: {copy}."


def _unrecorded(where: Place, state: State) -> Iterator[str]:
    """Add the last settle of items to the history if it is missing there."""
    folder = where.folder
    months: dict[Path, list[bytes]] = {}
    for key, seq in check.unrecorded(folder, state).items():
        event = _event(state, key)
        path = folder / history.FOLDER / f"{event['time'][:7]}.jsonl"
        months.setdefault(path, []).append(msgspec.json.encode(event) + b"\n")
        yield f"Change {seq}, which last settled {key}, was added to the history."
    for path, added in months.items():
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        lines = sorted([*lines, *added], key=_seq)
        path.parent.mkdir(exist_ok=True)
        files.write_atomic(path, b"".join(lines))
    if months:
        (folder / index.FILE).unlink(missing_ok=True)  # it stores offsets in these files


def _event(state: State, key: str) -> dict[str, Any]:
    """Rebuild the last settle event of an item from its fields."""
    item = state.items[key]
    fields = msgspec.to_builtins(item)
    done = item.status in (Status.COMPLETED, Status.ERROR)
    facts = {name: fields[name] for name in _COUNTED if done and name in fields}
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
    """Reset items whose outputs are missing, or that are in progress without a claim."""
    home = store.place.folder.parent.parent

    def decide(state: State) -> Change | None:
        chosen = [*check.unowned(state), *check.without_outputs(home, state, outputs)]
        items = {key: survey.again(state.items[key]) for key in chosen}
        return Change("reset", items, {"why": "repair"}) if items else None

    record = store.commit(decide)
    for key in record.items if record else ():
        yield f"{key} is pending again: its outputs or its session are missing."
