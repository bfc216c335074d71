"""Compare the queue with a scan of the library: new, changed, vanished and reappeared items."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.errors import ScanRefused
from mediakeep.item import GONE_REASONS, Item, ScannedItem, SkipReason, Status, is_no_longer_found
from mediakeep.kinds import Kind
from mediakeep.queue import item_archive, named_queues, new_jobs, resets
from mediakeep.queue.state import QueueState, apply_merge_patch

_NO_ITEMS: Mapping[str, Item] = {}
MAX_VANISHED_SHARE = 0.10  # share of the items that may vanish in one scan without confirmation


class ScanDiff(msgspec.Struct):
    """The differences between a queue and its library, as field changes (merge patches) of items.

    The keys are item keys. `total` is the number of items that the scan found.
    """

    total: int = 0
    new: dict[str, dict[str, Any]] = {}
    renamed: dict[str, str] = {}  # old key -> new key
    # the renamed items under their new keys, with all fields
    renamed_items: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    vanished: dict[str, dict[str, Any]] = {}
    ignored: dict[str, dict[str, Any]] = {}  # still on disk, but no longer items
    returned: dict[str, dict[str, Any]] = {}
    moved: dict[str, dict[str, Any]] = {}  # only the path changed

    def build_patches(self) -> dict[str, dict[str, Any] | None]:
        """Return the field changes of all items: item key -> JSON merge patch.

        None removes an item, here the old key of a renamed item.
        """
        patches = {**self.moved, **self.new, **self.changed, **self.vanished, **self.ignored}
        return {**dict.fromkeys(self.renamed), **self.renamed_items, **patches, **self.returned}

    def count_changes(self) -> dict[str, int]:
        """Return the number of items for each kind of difference, such as "new" or "vanished"."""
        names = ("new", "renamed", "changed", "vanished", "ignored", "returned")
        return {"total": self.total, **{name: len(getattr(self, name)) for name in names}}


def build_new_items(
    scanned: Iterable[ScannedItem], kind: Kind, taken: set[str], now: str
) -> dict[str, Item]:
    """Return pending items for the entries of a scan, each with a unique name for its outputs.

    `taken` contains the names in use (in the form of `normalize_name`), and gets the new ones.
    """
    items = {}
    added = {"added_date": now} if kind.stages else {}
    for entry in scanned:
        stem = named_queues.name_output(kind, entry.key, taken)
        taken.add(path_text.normalize_name(stem))
        fields = {"path": entry.path, "fingerprint": entry.fingerprint, "output_name": stem}
        fields |= added
        items[entry.key] = kind.item_type(status=Status.PENDING, **fields, **entry.fields)  # type: ignore[arg-type]
    return items


# Called with the missing items and the unknown entries; returns renames as new key -> old key.
RenameMatcher = Callable[[Mapping[str, Item], Sequence[ScannedItem]], Mapping[str, str]]


def compare_with_scan(
    state: QueueState,
    scanned: list[ScannedItem],
    why: Callable[[str], SkipReason] = lambda _: SkipReason.VANISHED,
    follow: RenameMatcher = lambda *_: {},
    retired: Mapping[str, Item] = _NO_ITEMS,
    now: str = "",
) -> ScanDiff:
    """Compare the queue with the entries of a library scan, and return the differences.

    `why` returns the skip reason, one of GONE_REASONS, for the key of a missing item. `follow`
    finds renamed items. `retired` items are not added again unless they changed. A kind that
    consumes its source moves or deletes it: its completed items are not compared, and an item with
    a working copy has not vanished. `now` is the time of the scan.
    """
    diff = ScanDiff(total=len(scanned))
    if retired:
        scanned = _exclude_retired(state, scanned, retired)
    added = _group_added(state)
    matches = _match_keys(state, scanned, added)
    old_keys = _match_renamed(state, scanned, matches, follow)
    matches = {key: old for key, old in matches.items() if key not in old_keys}
    unknown = []
    for entry in scanned:
        if entry.key in old_keys:
            diff.renamed[old_keys[entry.key]] = entry.key
            diff.renamed_items[entry.key] = _build_renamed_item(state, old_keys[entry.key], entry)
        elif (key := matches.get(entry.key)) is not None:
            for same in {key, *added.get(entry.path, ())}:
                _compare_item(diff, same, state, entry)
        else:
            unknown.append(entry)
    seen = {*matches.values(), *diff.renamed}
    known = [*state.items.values(), *retired.values()]
    taken = {path_text.normalize_name(item.output_name) for item in known}
    for key, item in build_new_items(unknown, state.kind, taken, now).items():
        diff.new[key] = msgspec.to_builtins(item)
    consumed = resets.find_consumed_sources(state.kind, state.items.values())
    for key, item in state.items.items():
        if key not in seen and item.status not in (Status.SKIPPED, Status.IN_PROGRESS):
            if item.path in consumed or _exists_elsewhere(state.kind, key, item):
                continue
            reason = why(key)
            missing = diff.vanished if reason is SkipReason.VANISHED else diff.ignored
            missing[key] = _build_skip_patch(item, reason)
    return diff


def _exclude_retired(
    state: QueueState, scanned: Iterable[ScannedItem], retired: Mapping[str, Item]
) -> list[ScannedItem]:
    """Return the entries of a scan that the queue has, or that are not retired."""
    new = item_archive.exclude_retired(
        (entry for entry in scanned if entry.key not in state.items), retired
    )
    return [*(entry for entry in scanned if entry.key in state.items), *new]


def _exists_elsewhere(kind: Kind, key: str, item: Item) -> bool:
    """Return whether an item that a scan did not find may still be processed, or is done."""
    if new_jobs.is_added(key, item) and (
        not item.path or os.path.lexists(path_text.unescape_path(item.path))
    ):
        return True
    if not kind.consumes_source:
        return False
    return resets.has_working_copy(kind, item) or resets.is_source_consumed(kind, item)


def _match_keys(
    state: QueueState, scanned: list[ScannedItem], added: Mapping[str, list[str]]
) -> dict[str, str]:
    """Map the keys of scanned entries to the keys of queue items.

    A key matches the same key, or the only item key with the same normalized form.
    """
    pairs = {entry.key: added[entry.path][-1] for entry in scanned if entry.path in added}
    # An album may be in the queue twice: found by a scan, and added with other settings.
    pairs |= {entry.key: entry.key for entry in scanned if entry.key in state.items}
    loose = _group_by_normalized_name(key for key in state.items if key not in pairs)
    for fold, keys in _group_by_normalized_name(
        entry.key for entry in scanned if entry.key not in pairs
    ).items():
        if len(keys) == 1 and len(loose.get(fold, ())) == 1:
            pairs[keys[0]] = loose[fold][0]
    return pairs


def _group_added(state: QueueState) -> dict[str, list[str]]:
    """Return the keys of the items that a command added, by path."""
    added: dict[str, list[str]] = {}
    for key, item in state.items.items():
        if new_jobs.is_added(key, item):
            added.setdefault(item.path, []).append(key)
    return added


def _group_by_normalized_name(keys: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key in keys:
        groups.setdefault(path_text.normalize_name(key), []).append(key)
    return groups


def _compare_item(diff: ScanDiff, key: str, state: QueueState, entry: ScannedItem) -> None:
    """Add the differences between a queue item and its scanned entry to `diff`.

    Items in progress are skipped.
    """
    item = state.items[key]
    if item.status is Status.IN_PROGRESS:
        return
    if resets.is_source_consumed(state.kind, item):
        return
    added = new_jobs.is_added(key, item)
    same = item.fingerprint in (
        (entry.fingerprint, entry.relocatable_fingerprint, "") if added else (entry.fingerprint,)
    )
    path = {"path": entry.path} if entry.path != item.path else {}
    if same and item.skip_reason in GONE_REASONS:
        diff.returned[key] = {**resets.build_return_patch(item, state.seq + 1), **path}
    elif same:
        if path:
            diff.moved[key] = path
    else:
        fingerprint = (added and entry.relocatable_fingerprint) or entry.fingerprint
        diff.changed[key] = {
            **resets.build_changed_patch(state.kind, item, fingerprint, entry.fields),
            **path,
        }


def _match_renamed(
    state: QueueState,
    scanned: Sequence[ScannedItem],
    matches: Mapping[str, str],
    follow: RenameMatcher,
) -> Mapping[str, str]:
    """Return the renamed items: new key -> old key.

    Items whose keys match only in their normalized form count as renamed if their content changed.
    """
    doubtful = {
        entry.key
        for entry in scanned
        if (old := matches.get(entry.key, entry.key)) != entry.key
        and state.items[old].fingerprint != entry.fingerprint
    }
    seen = {old for key, old in matches.items() if key not in doubtful}
    missing = {
        key: item
        for key, item in state.items.items()
        if _may_be_renamed(item)
        and key not in seen
        and not _exists_elsewhere(state.kind, key, item)
    }
    unknown = [entry for entry in scanned if entry.key in doubtful or entry.key not in matches]
    return follow(missing, unknown) if missing and unknown else {}


def _may_be_renamed(item: Item) -> bool:
    return item.status not in (Status.SKIPPED, Status.IN_PROGRESS) or is_no_longer_found(item)


def _build_renamed_item(state: QueueState, old: str, entry: ScannedItem) -> dict[str, Any]:
    """Return all fields of an item under its new name.

    The item gets a new settle number, so that the views update it.
    """
    item = state.items[old]
    changes: dict[str, Any] = {"path": entry.path, "note": f'its name was "{old}" before'}
    if item.settled:
        changes["settled"] = state.seq + 1
    if item.fingerprint != entry.fingerprint:
        changes = (
            resets.build_changed_patch(state.kind, item, entry.fingerprint, entry.fields) | changes
        )
    elif is_no_longer_found(item):
        status = item.returns_to or Status.PENDING
        changes |= {"status": status, "returns_to": None, "skip_reason": None}
    return apply_merge_patch(msgspec.to_builtins(item), changes)


def _build_skip_patch(item: Item, reason: SkipReason) -> dict[str, Any]:
    return {
        "status": Status.SKIPPED,
        "skip_reason": reason.value,
        "returns_to": item.status.value,
    }


def refuse_mass_removal(diff: ScanDiff, state: QueueState, path: str) -> None:
    """Raise ScanRefused if a scan found nothing, or more than 10 % of the items would be skipped.

    This protects the queue if the library is not mounted. The source of a kind that consumes it may
    be empty.
    """
    if not diff.total and not state.kind.consumes_source:
        raise ScanRefused(f"{path} holds no {state.kind.library_noun}.")
    vanished, total = len(diff.vanished), len(state.items)
    if vanished + len(diff.ignored) > MAX_VANISHED_SHARE * total:
        ignored = f", and {len(diff.ignored)} would be ignored" if diff.ignored else ""
        raise ScanRefused(
            f"{vanished} of {total} {state.kind.plural} would vanish{ignored}. Check that the"
            " library is mounted. If that is right, add --yes."
        )
