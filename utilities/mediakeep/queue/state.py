"""The queue in memory: its head, its items, and the functions that change them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import structs

from mediakeep.errors import IllegalTransition, InvalidItemData, JournalDamaged
from mediakeep.item import Item, PartsRecord, Status, can_transition
from mediakeep.kinds import Kind
from mediakeep.queue import part_records
from mediakeep.queue.journal import SEAL, JournalRecord
from mediakeep.queue.snapshot import SnapshotHead, SummaryValue

FieldPatch = Mapping[str, Any]
_ANY_STAGE_OPS = frozenset({"reset", "scan", "restore", "edit"})
ChangeListener = Callable[[str, Item | None, Item | None], None]


def apply_merge_patch(target: dict[str, Any], patch: FieldPatch) -> dict[str, Any]:
    """Apply a JSON merge patch (RFC 7396) to a dict, and return the dict.

    Nested objects are merged, None removes a key, any other value replaces the old one.
    """
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, dict):
            old = target.get(name)
            target[name] = apply_merge_patch(old if isinstance(old, dict) else {}, value)
        else:
            target[name] = value
    return target


class QueueState:
    """The whole queue in memory, read from its snapshot and its journal."""

    def __init__(self, kind: Kind, head: SnapshotHead, items: dict[str, Item]) -> None:
        self.kind = kind
        self.head = head
        self.items = items
        self.seq = head.seq
        self.settled = head.settled
        self.counts = Counter(item.status for item in items.values())
        # Items by the value of `processing_stage`, for kinds with stages.
        self.stage_counts = Counter(item.processing_stage for item in items.values() if kind.stages)
        self.claimed_keys: dict[str, set[str]] = {}  # session -> keys that it has claimed
        for key, item in items.items():
            if item.status is Status.IN_PROGRESS:
                self.claimed_keys.setdefault(item.session, set()).add(key)
        # Called for every changed item with its key, its old and its new value.
        self.listener: ChangeListener | None = None

    def copy(self) -> QueueState:
        """Return a copy that can be changed without this one; nothing is counted again."""
        copied = copy.copy(self)
        copied.items, copied.listener = dict(self.items), None
        copied.counts, copied.stage_counts = Counter(self.counts), Counter(self.stage_counts)
        copied.claimed_keys = {session: set(keys) for session, keys in self.claimed_keys.items()}
        return copied

    def name_item(self, key: str) -> str:
        """Return the name of an item for display; see `Kind.name_item`."""
        return self.kind.name_item(key, self.items.get(key))

    def build_changed_item(self, key: str, changes: FieldPatch, op: str = "stage") -> Item:
        """Return an item with field changes applied, without storing it.

        Raise IllegalTransition or InvalidItemData if the result is invalid for the operation.
        """
        old = self.items.get(key)
        fields = apply_merge_patch(msgspec.to_builtins(old) if old else {}, changes)
        try:
            new = msgspec.convert(fields, self.kind.item_type)
        except msgspec.ValidationError as error:
            raise InvalidItemData(self.kind.name, f"{error} ({key})") from error
        if old:
            self._check_transition(key, old, new, op)
        return new

    def _check_transition(self, key: str, old: Item, new: Item, op: str) -> None:
        name = self.kind.name_item(key, old)
        if not can_transition(old, new.status):
            raise IllegalTransition(name, old.status.value, new.status.value)
        was, now = old.processing_stage, new.processing_stage
        if now != was and not self._may_follow(old, new, op):
            raise IllegalTransition(name, f"stage {was or 'none'}", f"stage {now or 'none'}")

    def _may_follow(self, old: Item, new: Item, op: str) -> bool:
        """Return whether an operation may change `processing_stage` as from an item to another.

        Only the end of a stage leads to a later one. Only a reset or a new attempt goes back.
        """
        table, now = self.kind.stages, new.processing_stage
        if not now or now == table.completed:
            return True
        stage, current = table.find_stage(now, new.failed_stage), self.kind.get_stage(old)
        if stage is None:
            return False
        if stage.name == current or op in _ANY_STAGE_OPS:
            return True
        if op == "claim":
            return table.position(stage.name) < table.position(current)
        return table.can_follow(current, stage.name)

    def build_changed_items(
        self, items: Mapping[str, FieldPatch | None], op: str = "stage"
    ) -> dict[str, Item | None]:
        """Return the items as they would be after the given changes, without storing them.

        `items` maps item keys to field changes. None stands for a removed item.
        """
        if op == part_records.OP:
            return {key: self._build_with_parts(key, changes) for key, changes in items.items()}
        return {
            key: None if changes is None else self.build_changed_item(key, changes, op)
            for key, changes in items.items()
        }

    def _build_with_parts(self, key: str, changes: FieldPatch | None) -> Item | None:
        """Return an item to which `apply_record` can add results of parts.

        The results are not copied, so that a part costs the same in an item with thousands.
        """
        item = self.items.get(key)
        if changes is None or item is None or not part_records.is_part_patch(changes):
            return None if changes is None else self.build_changed_item(key, changes)
        return item if item.parts else structs.replace(item, parts=PartsRecord())

    def apply_record(self, record: JournalRecord, items: Mapping[str, Item | None]) -> None:
        """Apply a change to the queue; `items` is what `build_changed_items` returned for it."""
        self.seq = record.seq
        self.settled += record.op == "settle"
        if record.op == "scan" and (library := record.facts.get("library")):
            self.head = structs.replace(self.head, library_path=library)
        for key, item in items.items():
            self.put_item(key, item)
            changes = record.items.get(key)
            if item and changes and record.op == part_records.OP:
                part_records.apply_patch(item, changes)

    def put_item(self, key: str, item: Item | None) -> None:
        """Store an item, or remove it if `item` is None, and update the counts."""
        old = self.items.get(key)
        if self.kind.stages:
            self._count_stages(old, item)
        if old:
            self.counts[old.status] -= 1
            if old.status is Status.IN_PROGRESS:
                self._remove_claim(old.session, key)
        if item:
            self.counts[item.status] += 1
            if item.status is Status.IN_PROGRESS:
                self.claimed_keys.setdefault(item.session, set()).add(key)
            self.items[key] = item
        else:
            self.items.pop(key, None)
        if self.listener:
            self.listener(key, old, item)

    def _count_stages(self, old: Item | None, item: Item | None) -> None:
        if old:
            self.stage_counts[old.processing_stage] -= 1
        if item:
            self.stage_counts[item.processing_stage] += 1

    def _remove_claim(self, session: str, key: str) -> None:
        keys = self.claimed_keys[session]
        keys.discard(key)
        if not keys:
            del self.claimed_keys[session]

    def replay_records(self, records: list[JournalRecord], source: object) -> None:
        """Apply the records of a journal.

        Raise JournalDamaged if their numbers have a gap. `source` names the journal in messages.
        """
        for record in records:
            if record.op == SEAL:
                return
            if record.seq != self.seq + 1:
                gap = f"change {self.seq}, which is followed by {record.seq}"
                raise JournalDamaged(source, gap, "")
            try:
                items = self.build_changed_items(record.items, record.op)
            except (InvalidItemData, IllegalTransition) as error:
                what = f"change {record.seq}, unless a newer mediakeep wrote it: {error}"
                raise JournalDamaged(source, what.rstrip("."), "") from error
            self.apply_record(record, items)

    def build_summary(self) -> dict[str, SummaryValue]:
        """Return the number of items by status, as stored in the snapshot file.

        The percentage is that of completed items among those not skipped. For kinds with stages,
        `by_stage` has the number of items by stage, failure code, or completed stage.
        """
        total = len(self.items)
        done = self.counts[Status.COMPLETED]
        return {
            f"total_{self.kind.plural}": total,
            **{status.value: self.counts[status] for status in _STATUS_ORDER},
            "completion_percentage": percentage(done, total - self.counts[Status.SKIPPED]),
            **({"by_stage": self.count_by_stage()} if self.kind.stages else {}),
        }

    def count_by_stage(self) -> dict[str, int]:
        """Return the number of items by stage, failure code or completed stage, without zeros.

        Items that have not begun count for the first stage. Return {} for kinds without stages.
        """
        table = self.kind.stages
        new = self.stage_counts[""]
        counts = {
            name: self.stage_counts[name] + (new if name == table.first else 0)
            for name in table.all_names()
        }
        return {name: count for name, count in counts.items() if count}


_STATUS_ORDER = (Status.COMPLETED, Status.IN_PROGRESS, Status.PENDING, Status.ERROR, Status.SKIPPED)


def percentage(done: int, total: int) -> float:
    """Return `done` in percent of `total`, with one decimal; 100.0 only if all is done."""
    if not total:
        return 0.0
    return min(round(100 * done / total, 1), 100.0 if done == total else 99.9)
