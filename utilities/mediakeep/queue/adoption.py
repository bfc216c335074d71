"""Accept a snapshot that the user replaced: a restored checkpoint or an edit by hand.

1. The previous queue is rebuilt from the kept snapshot and journals, and written to aside/.
2. Missing events are appended to the history, then one that says which changes no longer count.
3. The file becomes the queue, as a new generation; its items in progress are released.

An edit made while a session has claimed items loses: it is moved to aside/, and the session
continues. The values of a file from elsewhere are checked first, beyond the checks of its format.
"""

from __future__ import annotations

import msgspec
from msgspec import structs

from mediakeep import clock
from mediakeep.errors import QueueBusy
from mediakeep.item import Status
from mediakeep.queue import (
    binding,
    checkpoints,
    claims,
    foreign,
    history,
    journal,
    rewrite,
    sessions,
)
from mediakeep.queue.binding import JOURNALS, Binding, Origin
from mediakeep.queue.snapshot import Head, Loaded, Restored
from mediakeep.queue.state import State
from mediakeep.queue.store import Change, Store


def adopt(store: Store, loaded: Loaded, bound: Binding) -> None:
    """Choose between the file and the previous queue, keep both, and continue with one."""
    before = binding.rebuild(store.place.folder, store.kind)
    libraries = [before.head.library_path] if before else []
    foreign.check(store.place.folder, store.kind, store.path, loaded, libraries)
    if bound.origin is Origin.EDITED and before:
        live = sessions.living(store.place, before.held)
        if live and not store.session:
            raise QueueBusy(store.path, live[0])
        if live:
            return _refuse(store, loaded, before)
    return _accept(store, loaded, bound, before)


def _refuse(store: Store, loaded: Loaded, before: State) -> None:
    """Move an edit to aside/ and continue with the previous queue."""
    aside = rewrite.set_aside(rewrite.keep(store.place.folder), store.place, "edited")
    before.head = renumbered(store, before)
    store.install(before, loaded.stat)
    store.warnings.append(
        f"The edit of the queue was not used, because this session is working on it. It is kept as"
        f" {aside}. Stop the batch before editing."
    )


def _accept(store: Store, loaded: Loaded, bound: Binding, before: State | None) -> None:
    folder, since = store.place.folder, loaded.head.seq
    journals = sorted(binding.unsealed(folder), key=lambda unsealed: unsealed.header.generation)
    damaged = list(binding.damaged(folder))
    lasts = [*(unsealed.last for unsealed in journals), *map(journal.last_seq, damaged)]
    last = max([since, history.last_seq(folder), *lasts])
    for unsealed in journals:
        history.absorb(folder, unsealed.reading.records)
    differs = before and (before.seq > since or before.items != loaded.items)
    aside = _set_aside(store, before) if before and differs else ""
    restored = Restored(
        source=_source(store, loaded, bound),
        date=clock.text(store.place.now()),
        undone=(since + 1, last) if last > since else None,
        aside=aside,
    )
    state = State(store.kind, loaded.head, loaded.items)
    state.seq = last
    state.head = msgspec.structs.replace(renumbered(store, state), restored=restored)
    _take(store, state, _moved(bound, before, state), restored)
    for path in damaged:
        rewrite.set_aside(path, store.place, "damaged")
    store.install(state, loaded.stat)
    store.warnings.append(sentence(restored))


def _moved(bound: Binding, before: State | None, state: State) -> Change:
    """Return the status changes that an edit makes, or that a restore causes by interrupting items.

    Items removed by an edit count as skipped, items added by it have the status stated there.
    """
    if bound.origin is Origin.EDITED:
        old = before.items if before else {}
        edited = {
            key: {"status": item.status}
            for key, item in state.items.items()
            if key in old and old[key].status is not item.status
        }
        states = dict.fromkeys(old.keys() - state.items.keys(), str(Status.SKIPPED))
        states |= {key: str(item.status) for key, item in state.items.items() if key not in old}
        facts = {"items_back": list(states), "states_back": list(states.values())} if states else {}
        return Change("edit", edited, facts)
    interrupted = {
        key: claims.released(item, suspect=False)
        for key, item in state.items.items()
        if item.status is Status.IN_PROGRESS
    }
    return Change("restore", interrupted)


def _take(store: Store, state: State, moved: Change, restored: Restored) -> None:
    """Record the restore in state and history, and release the items that were in progress."""
    store.state = state
    facts = {**moved.facts, **msgspec.to_builtins(restored)}
    record = store.record(structs.replace(moved, facts=facts))
    state.accept(record, state.preview(record.items))
    history.absorb(store.place.folder, [record])


def renumbered(store: Store, state: State) -> Head:
    """Return the head of a state with the highest generation that any journal has."""
    names = (store.place.folder / JOURNALS).glob("[0-9]*-*.jsonl")
    used = [int(path.name.partition("-")[0]) for path in names]
    return msgspec.structs.replace(state.head, generation=max([state.head.generation, *used]))


def _set_aside(store: Store, before: State) -> str:
    stem = f"before_{store.place.moment()}_{before.kind.noun}_{before.counts[Status.COMPLETED]:03d}"
    return checkpoints.copy(before, store.place, store.place.folder / rewrite.ASIDE, stem).name


def _source(store: Store, loaded: Loaded, bound: Binding) -> str:
    if bound.origin is Origin.EDITED:
        return "an edit by hand"
    name = checkpoints.named(store.place.folder, loaded.head.snapshot_id)
    return name or f"a copy of the queue of {loaded.head.last_updated or loaded.head.created}"


def numbers(changes: tuple[int, int]) -> str:
    """Return a range of changes as text, such as "Changes 3 to 7"."""
    first, last = changes
    return f"Change {first}" if first == last else f"Changes {first} to {last}"


def sentence(restored: Restored) -> str:
    """Return a sentence on what was restored, what no longer counts, and where it is kept."""
    text = f"On {restored.date} {restored.source} became the queue."
    if restored.undone:
        verb = "no longer counts" if len(set(restored.undone)) == 1 else "no longer count"
        text += f" {numbers(restored.undone)} {verb}."
    if restored.aside:
        text += f" The queue as it was before is kept: --replay-aside {restored.aside} shows it."
    return text
