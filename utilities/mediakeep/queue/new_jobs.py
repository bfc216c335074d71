"""New items that a command adds to a queue, such as jobs; no scan of a library finds them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.errors import InvalidItemData
from mediakeep.item import Item, NewItem, Status, is_no_longer_found
from mediakeep.queue import named_queues, resets
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange

_KEY_PATTERN = re.compile("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}")  # UUID, version 4


class AddResult(StrEnum):
    """What became of an item that was to be added."""

    ADDED = "added"
    RESET = "reset"  # the queue has it, and it is pending again
    ALREADY_QUEUED = "already queued"  # the queue has it, and a batch processes it or will do so
    DONE = "done"  # the queue has it: it is completed, and its source has not changed


def build_add_change(
    state: QueueState, new_items: Iterable[NewItem], retired: Iterable[Item], now: str
) -> QueueChange | None:
    """Return the change that adds the items that the queue lacks, or None if there are none.

    Each item gets a UUID as its key, and a name for its outputs that no other item has, nor a
    retired one. Raise InvalidItemData if its fields are not those of the kind.
    """
    known = [*state.items.values(), *retired]
    taken = {path_text.normalize_name(item.output_name) for item in known}
    items: dict[str, dict[str, Any]] = {}
    wanted = list(new_items)
    found = find_existing(state, wanted)
    missing = {_identify(new) or id(new): new for new in wanted if id(new) not in found}
    for new in missing.values():
        stem = named_queues.name_output(state.kind, new.name, taken)
        taken.add(path_text.normalize_name(stem))
        items[uuid.uuid4().hex] = _build_item(state, new, stem, now)
    facts = {"known": len(state.items) + len(items)}
    return QueueChange("add", items, facts) if items else None


def _build_item(state: QueueState, new: NewItem, stem: str, now: str) -> dict[str, Any]:
    common = {"path": new.path, "fingerprint": new.fingerprint, "name": new.name}
    common |= {"output_name": stem, "added_date": now}
    fields = {**new.fields, **new.settings, **common, "status": Status.PENDING}
    try:
        item = msgspec.convert(msgspec.to_builtins(fields), state.kind.item_type)
    except msgspec.ValidationError as error:
        raise InvalidItemData(state.kind.name, f"{error} ({new.name})") from error
    return msgspec.to_builtins(item)  # type: ignore[no-any-return]


def _identify(new: NewItem) -> str:
    """Return a text that is the same for equal items, "" if there can be no equal one."""
    return f"{new.path}\n{_encode(new.settings)!r}" if new.path else ""


def _encode(values: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(values, order="deterministic")


def find_existing(state: QueueState, new_items: Iterable[NewItem]) -> dict[int, str]:
    """Return the keys of the newest items with the path and settings of new ones, by their `id`.

    An item whose source was consumed does not count if there is another source at its path.
    """
    by_path: dict[str, list[str]] = {}
    for key, item in state.items.items():
        by_path.setdefault(item.path, []).append(key)
    matches = {
        id(new): [key for key in by_path.get(new.path, ()) if _is_same(state, key, new)]
        for new in new_items
        if new.path
    }
    return {number: keys[-1] for number, keys in matches.items() if keys}


def _is_same(state: QueueState, key: str, new: NewItem) -> bool:
    item = state.items[key]
    own = {name: getattr(item, name) for name in new.settings}
    is_consumed = resets.is_source_consumed(state.kind, item)
    return _encode(own) == _encode(new.settings) and not (is_consumed and has_changed(item, new))


def has_changed(item: Item, new: NewItem) -> bool:
    """Return whether the source of an item differs from what it was when it was last read."""
    return item.fingerprint not in ("", new.fingerprint)


def build_readd_change(state: QueueState, new_items: Iterable[NewItem]) -> QueueChange | None:
    """Return the change that resets items that the user adds again, or None if there are none.

    A failed or skipped item becomes pending, and so does one whose source has changed. One that
    had vanished after it was completed is completed again.
    """
    wanted = {id(new): new for new in new_items}
    patches = {
        key: patch
        for number, key in find_existing(state, wanted.values()).items()
        if (patch := _build_readd_patch(state, state.items[key], wanted[number]))
    }
    return QueueChange("reset", patches, {"why": "added again"}) if patches else None


def _build_readd_patch(state: QueueState, item: Item, new: NewItem) -> dict[str, Any]:
    if item.status is Status.IN_PROGRESS:
        return {}
    if has_changed(item, new):
        fields: dict[str, Any] = msgspec.to_builtins(new.fields)
        return resets.build_changed_patch(state.kind, item, new.fingerprint, fields)
    if is_no_longer_found(item) and item.returns_to == Status.COMPLETED:
        return resets.build_return_patch(item, state.seq + 1)
    if item.status in (Status.ERROR, Status.SKIPPED):
        return resets.build_reset_patch(state.kind, item)
    return {}


def list_results(
    state: QueueState, new_items: Iterable[NewItem], changed: Iterable[str]
) -> dict[str, AddResult]:
    """Return what became of existing items that the user added again, by item key.

    `changed` are the keys of those that were reset.
    """
    reset = set(changed)
    keys = find_existing(state, new_items).values()
    return {key: _describe(state.items[key], was_reset=key in reset) for key in keys}


def _describe(item: Item, *, was_reset: bool) -> AddResult:
    if item.status is Status.COMPLETED:
        return AddResult.DONE
    return AddResult.RESET if was_reset else AddResult.ALREADY_QUEUED


def is_added(key: str, item: Item) -> bool:
    """Return whether an item was added by a command, so that its key is not a path."""
    return bool(_KEY_PATTERN.fullmatch(key)) and item.path.rpartition("/")[2] != key
