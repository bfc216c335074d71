"""Bring back the results of items that a restore undid, unless they were processed again since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from mediakeep.errors import UsageError
from mediakeep.item import Item, Status
from mediakeep.queue import claims, item_archive, snapshot
from mediakeep.queue.compaction import ASIDE_FOLDER
from mediakeep.queue.history import event_log
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange, QueueStore


class ReplayPlan(msgspec.Struct):
    """What a replay does: the items that it brings back, and the items left as they are.

    `left` maps item keys to the reason.
    """

    name: str
    redone: tuple[int, int] | None  # the changes that would count again
    back: dict[str, Item] = {}
    left: dict[str, str] = {}


def plan_replay(folder: Path, state: QueueState, name: str) -> ReplayPlan:
    """Compare the queue with an earlier queue file in aside/, and return what a replay would do.

    Nothing is changed. Raise UsageError if there is no file of that name.
    """
    path = next(
        (file for file in (folder / ASIDE_FOLDER / name, Path(name)) if file.is_file()), None
    )
    if path is None:
        raise UsageError(f"There is no {name} in {folder / ASIDE_FOLDER}.")
    aside = snapshot.load(path, state.kind)
    restored = state.head.restored
    redone = restored.undone if restored and restored.aside == path.name else None
    since = redone[1] if redone else aside.head.seq
    replay = ReplayPlan(path.name, redone)
    retired = item_archive.load_retired(folder, state.kind, state.items)
    for key, old in aside.items.items():
        now, item = state.items.get(key), claims.without_claim(old)
        if now and _is_same_work(now, item):
            continue
        if key in retired:
            replay.left[key] = "was retired"
        elif now and now.status is Status.IN_PROGRESS:
            replay.left[key] = "is being processed"
        elif now and _is_done_since(now, item, since):
            replay.left[key] = "was done again since"
        else:
            replay.back[key] = item
    return replay


def _is_done_since(now: Item, item: Item, since: int) -> bool:
    """Return whether an item was claimed after a restore that undid `item`.

    The number of the first claim stays while an item is unfinished, but its start changes.
    """
    return max(now.settled, now.first_claim) > since or now.started_date > item.started_date


def _is_same_work(now: Item, item: Item) -> bool:
    """Return whether two versions of an item are equal.

    Pending versions are equal if they have the same last settle, stage, parts and wait.
    """
    both_pending = now.status is item.status is Status.PENDING
    return now == item or (both_pending and _describe_work(now) == _describe_work(item))


def _describe_work(item: Item) -> tuple[Any, ...]:
    """Return what a pending item has of earlier work."""
    stage = item.processing_stage, item.cleanup_stage, item.resume_stage, item.parts
    return (item.settled, *stage, item.not_before, item.parked)


def apply_replay(store: QueueStore, name: str) -> ReplayPlan:
    """Bring back the items that a restore undid, from the queue file `name` in aside/.

    This is one change of the queue and one event of its history.
    """
    with store.hold_lock():
        store.read_new_changes()
        replay = plan_replay(store.place.folder, store.state, name)
        store.rewrite_snapshot()
        states = [item.status for item in replay.back.values()]
        back = {"items_back": list(replay.back), "states_back": states}
        facts = {"source": name, "redone": replay.redone, **back}
        record = store.build_record(QueueChange("replay", {}, msgspec.to_builtins(facts)))
        event_log.append_missing(store.place.folder, [record])
        # Settled by this change, so that the views update them.
        items = {
            key: msgspec.structs.replace(item, settled=record.seq)
            for key, item in replay.back.items()
        }
        store.state.apply_record(record, items)
        if not replay.left:
            store.state.head = msgspec.structs.replace(store.state.head, restored=None)
        # The items are not from the journal, so no rebuild may cross this point.
        store.install_state(store.state, store.snapshot_identity())
    return replay
