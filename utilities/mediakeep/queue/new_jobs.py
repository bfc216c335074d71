"""New items that a command adds to a queue, such as jobs; no scan of a library finds them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence

import msgspec

from mediakeep import path_text
from mediakeep.errors import InvalidItemData
from mediakeep.item import Item, NewItem, Status
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange

_KEY_PATTERN = re.compile("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}")  # UUID, version 4


def build_add_change(
    state: QueueState, new_items: Sequence[NewItem], retired: Iterable[Item]
) -> QueueChange | None:
    """Return the change that adds items, or None if there are none.

    Each item gets a UUID as its key, and a name for its outputs that no other item has, nor a
    retired one. Raise InvalidItemData if its fields are not those of the kind.
    """
    known = [*state.items.values(), *retired]
    taken = {path_text.normalize_name(item.output_name) for item in known}
    items = {}
    for new in new_items:
        stem = path_text.safe_name(path_text.unescape_path(new.name), taken)
        taken.add(path_text.normalize_name(stem))
        items[uuid.uuid4().hex] = _build_item(state, new, stem)
    facts = {"known": len(state.items) + len(items)}
    return QueueChange("add", items, facts) if items else None


def _build_item(state: QueueState, new: NewItem, stem: str) -> dict[str, object]:
    common = {"path": new.path, "fingerprint": new.fingerprint, "name": new.name}
    fields = {**new.fields, **common, "output_name": stem, "status": Status.PENDING}
    try:
        item = msgspec.convert(msgspec.to_builtins(fields), state.kind.item_type)
    except msgspec.ValidationError as error:
        raise InvalidItemData(state.kind.name, f"{error} ({new.name})") from error
    return msgspec.to_builtins(item)  # type: ignore[no-any-return]


def is_added(key: str, item: Item) -> bool:
    """Return whether an item was added by a command, so that its key is not a path."""
    return bool(_KEY_PATTERN.fullmatch(key)) and item.path.rpartition("/")[2] != key
