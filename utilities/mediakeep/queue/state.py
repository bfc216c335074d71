"""The queue in memory: its head, its items, and the methods that change them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mediakeep.errors import BadData, IllegalTransition, StateDamaged
from mediakeep.item import Item, Status, may_become
from mediakeep.kinds import Kind
from mediakeep.queue.journal import SEAL, Record
from mediakeep.queue.snapshot import Head

Changes = Mapping[str, Any]
Watch = Callable[[str, Item | None, Item | None], None]


def merge(target: dict[str, Any], patch: Changes) -> dict[str, Any]:
    """Apply a JSON merge patch (RFC 7396): objects are merged, None removes, all else replaces."""
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, dict):
            old = target.get(name)
            target[name] = merge(old if isinstance(old, dict) else {}, value)
        else:
            target[name] = value
    return target


class State:
    """The queue as given by snapshot and journal together."""

    def __init__(self, kind: Kind, head: Head, items: dict[str, Item]) -> None:
        self.kind = kind
        self.head = head
        self.items = items
        self.seq = head.seq
        self.settled = head.settled
        self.counts = Counter(item.status for item in items.values())
        self.held: dict[str, set[str]] = {}  # session -> keys that it has claimed
        for key, item in items.items():
            if item.status is Status.IN_PROGRESS:
                self.held.setdefault(item.session, set()).add(key)
        # Called for every changed item with its key, its old and its new value.
        self.watch: Watch | None = None

    def changed(self, key: str, changes: Changes) -> Item:
        """Return an item with changes applied; raise IllegalTransition or BadData if invalid."""
        old = self.items.get(key)
        fields = merge(msgspec.to_builtins(old) if old else {}, changes)
        try:
            new = msgspec.convert(fields, self.kind.item)
        except msgspec.ValidationError as error:
            raise BadData(self.kind.name, f"{error} ({key})") from error
        if old:
            self._check(key, old, new)
        return new

    def _check(self, key: str, old: Item, new: Item) -> None:
        if not may_become(old, new.status):
            raise IllegalTransition(key, old.status.value, new.status.value)
        was, now = old.processing_stage, new.processing_stage
        if now in (was, "") or (not was and now == self.kind.first_stage):
            return
        if now not in self.kind.stages.get(was or self.kind.first_stage, ()):
            raise IllegalTransition(key, f"stage {was or 'none'}", f"stage {now}")

    def preview(self, items: Mapping[str, Changes | None]) -> dict[str, Item | None]:
        """Return the items that changes lead to, all checked first; None removes an item."""
        return {
            key: None if changes is None else self.changed(key, changes)
            for key, changes in items.items()
        }

    def accept(self, record: Record, items: Mapping[str, Item | None]) -> None:
        """Apply a record, with the items that `preview_items` returned for it."""
        self.seq = record.seq
        self.settled += record.op == "settle"
        if record.op == "scan" and (library := record.facts.get("library")):
            self.head = msgspec.structs.replace(self.head, library_path=library)
        for key, item in items.items():
            self.put(key, item)

    def put(self, key: str, item: Item | None) -> None:
        """Store an item, or remove it (None), and update the counts."""
        old = self.items.get(key)
        if old:
            self.counts[old.status] -= 1
            if old.status is Status.IN_PROGRESS:
                self._let_go(old.session, key)
        if item:
            self.counts[item.status] += 1
            if item.status is Status.IN_PROGRESS:
                self.held.setdefault(item.session, set()).add(key)
            self.items[key] = item
        else:
            self.items.pop(key, None)
        if self.watch:
            self.watch(key, old, item)

    def _let_go(self, session: str, key: str) -> None:
        keys = self.held[session]
        keys.discard(key)
        if not keys:
            del self.held[session]

    def replay(self, records: list[Record], source: object) -> None:
        """Apply records of a journal; raise StateDamaged if their numbers have a gap."""
        for record in records:
            if record.op == SEAL:
                return
            if record.seq != self.seq + 1:
                raise StateDamaged(
                    f"{source} has a gap: change {self.seq} is followed by {record.seq}."
                    " Nothing was changed."
                    " Run --repair to keep all before it and set the rest aside."
                )
            try:
                items = self.preview(record.items)
            except (BadData, IllegalTransition) as error:
                raise StateDamaged(
                    f"{source} cannot be read: change {record.seq} is invalid: {error}"
                    " Nothing was changed."
                    " If a newer mediakeep wrote it, update this one, else run --repair."
                ) from error
            self.accept(record, items)

    def summary(self) -> dict[str, float]:
        """Return the number of items by status, as stored in the snapshot.

        The percentage is that of the completed items among those not skipped.
        """
        total = len(self.items)
        done = self.counts[Status.COMPLETED]
        return {
            f"total_{self.kind.plural}": total,
            **{status.value: self.counts[status] for status in _SHOWN},
            "completion_percentage": percentage(done, total - self.counts[Status.SKIPPED]),
        }


_SHOWN = (Status.COMPLETED, Status.IN_PROGRESS, Status.PENDING, Status.ERROR, Status.SKIPPED)


def percentage(done: int, total: int) -> float:
    """Return a percentage with one decimal; 100.0 only if all is done."""
    if not total:
        return 0.0
    return min(round(100 * done / total, 1), 100.0 if done == total else 99.9)
