"""Actions of the user on queue items, such as reset, forget and prioritize.

Each action examines the queue and returns one change to commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Any

from mediakeep import path_text, suggestions
from mediakeep.errors import AmbiguousName, ItemInUse, NoSuchItem, UsageError
from mediakeep.item import Item, SkipReason, Status, is_no_longer_found
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome
from mediakeep.queue import resets, sessions, settle, stage_changes
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import ChangeDecider, QueueChange


def find_item_key(state: QueueState, name: str) -> str:
    """Return the key of the item that the user named; case is ignored if that is unambiguous.

    Raise AmbiguousName if several items match, NoSuchItem if none does.
    """
    key = find_matching_key(state.items, name)
    if key is None:
        raise NoSuchItem(state.kind.noun, name, _suggest_similar(state, name))
    return key


def find_matching_key(items: Mapping[str, Item | None], name: str) -> str | None:
    """Return the key of the item that the user named, or None if no key or display name matches.

    An exact key wins. Raise AmbiguousName if several match otherwise.
    """
    for key in (name, path_text.escape_path(name)):
        if key in items:
            return key
    matches = find_similar_keys(items, name)
    if len(matches) > 1:
        raise AmbiguousName(name, ", ".join(f'"{key}"' for key in matches))
    return matches[0] if matches else None


def find_similar_keys(items: Mapping[str, Item | None], name: str) -> list[str]:
    """Return the keys of the items whose key or display name differs from a name in case only."""
    wanted = {path_text.normalize_name(name), path_text.normalize_name(path_text.escape_path(name))}
    return [
        key
        for key, item in items.items()
        if path_text.normalize_name(key) in wanted
        or (item and item.name and path_text.normalize_name(item.name) in wanted)
    ]


def _suggest_similar(state: QueueState, name: str) -> str:
    keys_by_name = {}
    for key, item in state.items.items():
        title = getattr(item, "title", "")
        for text in (PurePath(key).stem, PurePath(key).name, title, item.name, key):
            if text:
                keys_by_name[path_text.normalize_name(text)] = repr(state.name_item(key))
    return suggestions.suggest_names(name, keys_by_name)


def find_busy_items(
    state: QueueState, location: QueueLocation, keys: Iterable[str]
) -> dict[str, str]:
    """Return the items in `keys` that running sessions have claimed: item key -> session."""
    running = {
        session: claimed
        for session, claimed in state.claimed_keys.items()
        if sessions.is_alive(location, session)
    }
    return {key: session for key in keys for session, claimed in running.items() if key in claimed}


def reset_items(
    location: QueueLocation,
    choose: Callable[[QueueState], list[str]],
    *,
    force: bool = False,
    to_stage: str = "",
) -> Any:
    """Return a change function that resets the chosen items to pending.

    Items of a kind with stages begin with `to_stage`, see `resets.build_reset_patch`. Raise
    ItemInUse if a running session has claimed one of them, unless `force` is set, and UsageError if
    one of them has not reached the stage.
    """

    def decide(state: QueueState) -> QueueChange | None:
        keys = choose(state)
        busy = {} if force else find_busy_items(state, location, keys)
        for key, session in busy.items():
            raise ItemInUse(state.name_item(key), f"session {session}")
        for key in keys if to_stage else ():
            resets.check_reset_stage(state.kind, key, state.items[key], to_stage)
        items = {
            key: resets.build_reset_patch(state.kind, state.items[key], to_stage) for key in keys
        }
        return QueueChange("reset", items, {"to": to_stage} if to_stage else {}) if items else None

    return decide


def select_by_name(names: Iterable[str]) -> Callable[[QueueState], list[str]]:
    """Return a function that returns the keys of the items with these names."""
    return lambda state: list(dict.fromkeys(find_item_key(state, name) for name in names))


def select_by_status(*wanted: Status) -> Callable[[QueueState], list[str]]:
    """Return a function that returns the keys of all items with one of these statuses."""
    return lambda state: [key for key, item in state.items.items() if item.status in wanted]


def unpark_items(choose: Callable[[QueueState], list[str]]) -> ChangeDecider:
    """Return a change function that lets the next claim take those chosen items that wait."""

    def decide(state: QueueState) -> QueueChange | None:
        chosen = ((key, state.items.get(key)) for key in choose(state))
        waiting = [key for key, item in chosen if item and is_waiting(item)]
        ended = dict.fromkeys(("not_before", "parked", "out_of_space"))
        patches = dict.fromkeys(waiting, ended)
        return QueueChange("unpark", patches) if patches else None

    return decide


def is_waiting(item: Item) -> bool:
    """Return whether a pending item is parked until a time."""
    return item.status is Status.PENDING and bool(item.not_before or item.parked)


def reset_outdated(state: QueueState) -> QueueChange | None:
    """Return the change that resets all items completed under older processing rules.

    They are processed after all pending items. Return None if there are no such items.
    """
    items = {
        key: {**resets.build_reset_patch(state.kind, item), "outdated": True}
        for key, item in state.items.items()
        if is_outdated(state, item)
    }
    return QueueChange("reset", items, {"why": "outdated"}) if items else None


def is_outdated(state: QueueState, item: Item) -> bool:
    """Return whether an item was completed under older processing rules than the current ones."""
    return item.status is Status.COMPLETED and item.rules < state.kind.rules


def set_fields_and_reset(
    location: QueueLocation, values: Mapping[str, Mapping[str, Any]]
) -> ChangeDecider:
    """Return a change function that sets item fields to the user's values and resets these items.

    `values` maps item keys to fields. Items that have these values already are not changed. Raise
    ItemInUse, and change nothing, if a running session has claimed one of the others.
    """

    def decide(state: QueueState) -> QueueChange | None:
        new = {
            key: {**fields}
            for key, fields in values.items()
            if not _has_values(state.items[key], fields)
        }
        for key, session in find_busy_items(state, location, new).items():
            raise ItemInUse(state.name_item(key), f"session {session}")
        items = {
            key: {**resets.build_reset_patch(state.kind, state.items[key]), **fields}
            for key, fields in new.items()
        }
        return QueueChange("reset", items, {"why": "said"}) if items else None

    return decide


def _has_values(item: Item, values: Mapping[str, Any]) -> bool:
    return all(getattr(item, name) == value for name, value in values.items())


def forget_item(name: str) -> ChangeDecider:
    """Return a change function that removes a vanished or ignored item from the queue.

    The function raises UsageError if the item is still in the library, because the next scan would
    add it again.
    """

    def decide(state: QueueState) -> QueueChange:
        key = find_item_key(state, name)
        item = state.items[key]
        if not is_no_longer_found(item):
            raise UsageError(
                f"{state.name_item(key)} cannot be forgotten: it is {item.status.value}, and a scan"
                " would add it again. Only items that vanished or are ignored can be forgotten."
            )
        return _build_forget_change(state, [key])

    return decide


def forget_gone(state: QueueState) -> QueueChange | None:
    """Return the change that removes all vanished or ignored items, or None if there are none."""
    keys = [key for key, item in state.items.items() if is_no_longer_found(item)]
    return _build_forget_change(state, keys) if keys else None


def _build_forget_change(state: QueueState, keys: list[str]) -> QueueChange:
    return QueueChange("forget", dict.fromkeys(keys), {"known": len(state.items) - len(keys)})


def mark_completed(name: str, now: str) -> Callable[[QueueState], QueueChange]:
    """Return a change function that marks an item as completed, as the user demands.

    The function raises UsageError if the item is neither pending nor failed.
    """

    def decide(state: QueueState) -> QueueChange:
        key = find_item_key(state, name)
        item = state.items[key]
        if item.status not in (Status.PENDING, Status.ERROR):
            raise UsageError(
                f"{state.name_item(key)} cannot be marked completed: it is {item.status.value}."
                " Only pending and failed items can."
            )
        changes = {
            **resets.build_reset_patch(state.kind, item),
            "first_claim": None,
            "status": Status.COMPLETED,
            "processed_date": now,
            "rules": state.kind.rules,
            "note": "marked completed by hand",
            "processing_stage": _get_completed_stage(state.kind, item),
        }
        return QueueChange("mark", {key: changes})

    return decide


def _get_completed_stage(kind: Kind, item: Item) -> str | None:
    """Return the `processing_stage` of an item that the user marks as completed."""
    stage = kind.stages.find_stage(item.processing_stage, item.failed_stage)
    return kind.stages.completed or (stage.name if stage else None)


def skip_item(
    location: QueueLocation, key: str, reason: str, values: Mapping[str, Any] | None = None
) -> ChangeDecider:
    """Return a change function that skips an item for a reason, until the user resets it.

    With `values`, its fields are set to them, and a reset begins with its first stage. The function
    raises ItemInUse if a running session has claimed the item.
    """

    def decide(state: QueueState) -> QueueChange:
        for session in find_busy_items(state, location, [key]).values():
            raise ItemInUse(state.name_item(key), f"session {session}")
        changes: dict[str, Any] = {}
        if values is not None:
            item = state.items[key]
            changes = resets.build_reset_patch(state.kind, item, state.kind.first_stage)
            changes["processing_stage"] = None
            changes |= stage_changes.build_data_patch(item, values)
        return _build_skip_change(state, key, reason, changes)

    return decide


def _build_skip_change(
    state: QueueState, key: str, reason: str, more: Mapping[str, Any]
) -> QueueChange:
    """Return the change that skips an item and ends its claim, with more changes of its fields."""
    changes = {**stage_changes.build_clear_patch(state.items[key], _CLAIM_AND_WAIT_FIELDS), **more}
    status = {"status": Status.SKIPPED, "skip_reason": reason, "settled": state.seq + 1}
    ending = SettleRequest(Outcome(Status.SKIPPED, reason))
    return QueueChange("settle", {key: changes | status}, settle.build_history_facts(ending))


def cancel_item(key: str) -> ChangeDecider:
    """Return a change function that skips an item with the reason "cancelled".

    Its finished stages and parts are kept. If a session has claimed it, that session can record
    nothing more of it, and stops its tasks. The function returns None if the item has ended.
    """

    def decide(state: QueueState) -> QueueChange | None:
        item = state.items.get(key)
        if item is None or item.status in (Status.COMPLETED, Status.SKIPPED):
            return None
        return _build_skip_change(state, key, SkipReason.CANCELLED, {})

    return decide


_CLAIM_AND_WAIT_FIELDS = (
    *("session", "claim", "first_claim", "suspect", "for_lookup", "cleanup_stage"),
    *("not_before", "parked", "out_of_space", "returns_to", "outdated"),
)


def prioritize_item(name: str) -> Callable[[QueueState], QueueChange]:
    """Return a change function that makes the next batch claim an item first.

    The function raises UsageError if the item is neither pending nor failed.
    """

    def decide(state: QueueState) -> QueueChange:
        key = find_item_key(state, name)
        item = state.items[key]
        if item.status not in (Status.PENDING, Status.ERROR):
            raise UsageError(
                f"{state.name_item(key)} cannot be prioritized: it is {item.status.value}."
                " Reset it first."
            )
        highest = max(other.priority for other in state.items.values())
        changes = {"status": Status.PENDING, "not_before": None, "priority": highest + 1}
        changes |= {"parked": None, "out_of_space": None} if item.parked else {}
        return QueueChange("prioritize", {key: changes})

    return decide
