"""Retire items, which then leave the queue and stay in its history, and restore them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from mediakeep import clock, path_text
from mediakeep.errors import ItemInUse, UsageError
from mediakeep.item import Item, Status
from mediakeep.queue import actions, item_archive
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import ChangeDecider, QueueChange, QueueStore


def retire_items(
    location: QueueLocation, choose: Callable[[QueueState], Iterable[str]]
) -> ChangeDecider:
    """Return a change function that retires the chosen items.

    It writes them to the archive first. Raise ItemInUse, and retire none, if one of them is being
    processed.
    """

    def decide(state: QueueState) -> QueueChange | None:
        items = {key: state.items[key] for key in choose(state)}
        for key, item in items.items():
            if item.status is Status.IN_PROGRESS:
                raise ItemInUse(state.name_item(key), f"session {item.session}")
        time = clock.format_iso(location.now())
        if not location.dry_run:
            item_archive.append_items(location.folder, state.seq + 1, time, items)
        facts = {"known": len(state.items) - len(items)}
        return QueueChange("retire", dict.fromkeys(items), facts) if items else None

    return decide


def restore_retired(store: QueueStore, name: str) -> str:
    """Bring a retired item back with the status that it had, and return its key.

    Raise UsageError if there is no such retired item, or if the queue has an item of that name.
    """
    folder = store.place.folder
    key = ""

    def decide(state: QueueState) -> QueueChange:
        nonlocal key
        retired = item_archive.load_retired(folder, state.kind, state.items)
        key = _find_retired_key(folder, state, retired, name)
        items = {key: msgspec.to_builtins(retired[key])}
        return QueueChange("add", items, {"known": len(state.items) + 1, "restored": True})

    store.commit(decide)
    return key


def _find_retired_key(
    folder: Path, state: QueueState, retired: Mapping[str, Item], name: str
) -> str:
    key = actions.find_matching_key(retired, name)
    if key is None:
        where = path_text.display_path(folder / item_archive.FOLDER)
        in_queue = " It is in the queue." if name in state.items else ""
        raise UsageError(
            f'There is no retired {state.kind.noun} named "{name}".{in_queue} {where} lists the'
            f" retired {state.kind.plural}."
        )
    return key


def find_retired_in_snapshot(
    folder: Path, state: QueueState, before: QueueState | None
) -> dict[str, Item]:
    """Return the items of a restored queue file that were retired since it was written.

    `before` is the queue before the restore. The items are returned as they were when retired.
    Processing may have changed their fingerprints, so only the numbers of the changes decide.
    """
    present = before.items if before else ()
    retired = item_archive.load_retired(folder, state.kind, present, state.head.seq)
    return {key: item for key, item in retired.items() if key in state.items}
