"""Import a queue file from before mediakeep: items by name, with a status, counts and dates.

    {"created": "2025-12-01", "artists": {"U2": {"status": "completed", "path": "/music/U2",
     "track_count": 12, "processed_date": "2025-12-17T10:00:05"}}}

The current content of the library decides which items there are; the file adds their status.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import atomic_files, clock, path_text
from mediakeep.errors import SnapshotDamaged, UsageError
from mediakeep.item import Item, ScannedItem, SkipReason, Status
from mediakeep.kinds import Kind
from mediakeep.queue import checkpoints, compaction, external_change, journal_lookup, scan_diff
from mediakeep.queue.backups import restore_marker
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange, QueueStore
from mediakeep.untrusted_files import decode_json, read_bytes

_DATE_FIELDS = ("started_date", "processed_date", "error_date")
_TEXT_FIELDS = ("error_message", "skip_reason", "title", "imdb_id", "mbid", "edition")
_NUMBER_FIELDS = (
    *("track_count", "album_count", "file_count", "year", "tmdb_id"),
    *("issues_found", "issues_resolved", "auto_fixed", "manual_reviews"),
)
_STATUSES = {**{str(status): status for status in Status}, "failed": Status.ERROR}
_UNFINISHED = {Status.IN_PROGRESS: Status.PENDING}


class LegacyItem(msgspec.Struct, frozen=True):
    """An item of an imported queue file: name, path ("" if unknown), status and other fields."""

    name: str
    path: str
    status: Status
    fields: dict[str, Any]


class LegacyQueue(msgspec.Struct, frozen=True):
    """The content of an imported queue file; `ignored` are names of fields not imported."""

    library: str  # "" if neither the file nor its items contain one
    created: str
    items: tuple[LegacyItem, ...]
    ignored: tuple[str, ...]


class ImportedItems(msgspec.Struct, frozen=True):
    """The items of the new queue after an import.

    `new` are keys of items missing in the imported file. `vanished` are keys of items in the file
    that are no longer in the library.
    """

    items: dict[str, Item]
    new: tuple[str, ...]
    vanished: tuple[str, ...]


def read_legacy_queue(path: Path, kind: Kind) -> LegacyQueue:
    """Read a queue file from before mediakeep; raise UsageError if it is invalid."""
    try:
        content = decode_json(read_bytes(path))
    except OSError as error:
        raise UsageError(
            f"{path_text.display_path(path)} cannot be read: {error.strerror}."
        ) from error
    except msgspec.DecodeError as error:
        raise _build_error(path, f"it is not valid JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get(kind.plural), dict):
        raise _build_error(path, f'it has no object "{kind.plural}"')
    if "kind" in content or "generation" in content:
        raise _build_error(path, "it was written by mediakeep: use --restore-checkpoint")
    entries = content[kind.plural]
    items = tuple(_parse_item(path, kind, name, entry) for name, entry in entries.items())
    library = content.get("library_path") or _find_common_parent(items)
    if not isinstance(library, str):
        raise _build_error(path, "library_path is not a string")
    imported = {"status", "path", *_DATE_FIELDS, *_imported_fields(kind)}
    ignored = sorted({name for entry in entries.values() for name in entry} - imported)
    created = _parse_date(path, "created", content["created"]) if content.get("created") else ""
    return LegacyQueue(library, created, items, tuple(ignored))


def _build_error(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"{path_text.display_path(path)} cannot be imported: {reason}. Nothing was changed."
    )


def _imported_fields(kind: Kind) -> list[str]:
    fields = kind.item_type.__struct_fields__
    return [name for name in (*_TEXT_FIELDS, *_NUMBER_FIELDS) if name in fields]


def _parse_item(path: Path, kind: Kind, name: str, entry: object) -> LegacyItem:
    label = f'{kind.noun} "{path_text.to_printable(name)}"'
    if not isinstance(entry, dict):
        raise _build_error(path, f"{label} is not an object")
    status = _STATUSES.get(str(entry.get("status")))
    if status is None:
        raise _build_error(path, f"{label}: the status must be one of {', '.join(_STATUSES)}")
    place = entry.get("path") or ""
    if not isinstance(place, str):
        raise _build_error(path, f"{label}: the path is not a string")
    fields = {
        field: entry[field] for field in _imported_fields(kind) if entry.get(field) is not None
    }
    for field in _DATE_FIELDS:
        if entry.get(field):
            fields[field] = _parse_date(path, f"{label}: {field}", entry[field])
    status = _UNFINISHED.get(status, status)
    try:
        msgspec.convert({"status": status, **fields}, kind.item_type)
    except msgspec.ValidationError as error:
        raise _build_error(path, f"{label}: {error}") from error
    return LegacyItem(name, place, status, fields)


def _parse_date(path: Path, label: str, value: object) -> str:
    """Return a date of an imported file in the format of the queue.

    A date without a time zone is local time. Raise UsageError, naming `label`, if it is invalid.
    """
    try:
        return clock.format_iso(datetime.fromisoformat(value))  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        raise _build_error(path, f"{label} is not a date such as 2025-12-17T10:00:05") from None


def _find_common_parent(items: Iterable[LegacyItem]) -> str:
    """Return the folder that directly contains the folders of all items, or "" if there is none."""
    parents = {os.path.dirname(os.path.normpath(item.path)) for item in items if item.path}
    return parents.pop() if len(parents) == 1 else ""


def merge_with_scan(
    old: LegacyQueue, scanned: Iterable[ScannedItem], kind: Kind, library: str
) -> ImportedItems:
    """Combine the items found by a scan with the statuses and counts in an imported queue file.

    Nothing is read or written.
    """
    items = scan_diff.build_new_items(scanned, kind, set(), clock.format_iso(clock.now()))
    pairs = _match_names(items, [path_text.escape_path(old_item.name) for old_item in old.items])
    new, vanished = set(items), {}
    for old_item in old.items:
        key = pairs.get(path_text.escape_path(old_item.name))
        if key is None:
            vanished[path_text.escape_path(old_item.name)] = _build_vanished_item(
                old_item, kind, library
            )
        else:
            new.discard(key)
            items[key] = _apply_legacy_fields(items[key], old_item)
    taken = {path_text.normalize_name(item.output_name) for item in items.values()}
    for key, item in vanished.items():
        stem = path_text.safe_name(path_text.unescape_path(key), taken)
        taken.add(path_text.normalize_name(stem))
        items[key] = structs.replace(item, output_name=stem)
    return ImportedItems(items, tuple(sorted(new)), tuple(sorted(vanished)))


def _match_names(items: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """Map the names in an imported file to item keys.

    A name matches the same key, or else the only remaining key with the same normalized form.
    """
    keys = set(items)
    pairs = {name: name for name in names if name in keys}
    loose: dict[str, list[str]] = {}
    for key in keys - pairs.keys():
        loose.setdefault(path_text.normalize_name(key), []).append(key)
    for name in names:
        candidates = loose.get(path_text.normalize_name(name), [])
        if name not in pairs and len(candidates) == 1:
            pairs[name] = candidates.pop()
    return pairs


def _apply_legacy_fields(item: Item, old: LegacyItem) -> Item:
    """Return an item with the fields of the imported file added.

    Fields that the scan filled are not changed.
    """
    if old.status is Status.PENDING:
        return item
    seen = {name for name in item.__struct_fields__ if getattr(item, name)}
    fields = {name: value for name, value in old.fields.items() if name not in seen}
    changes: dict[str, Any] = {**fields, "status": old.status}
    if old.status is Status.ERROR:
        changes.setdefault("error_message", "It failed before this queue was imported.")
    elif old.status is Status.SKIPPED:
        changes.setdefault("skip_reason", "skipped before this queue was imported")
    elif old.status is Status.COMPLETED:
        changes.setdefault("note", "completed before this queue was imported")
    return structs.replace(item, **changes)


def _build_vanished_item(old: LegacyItem, kind: Kind, library: str) -> Item:
    changes = {"status": Status.SKIPPED, "skip_reason": SkipReason.VANISHED.value}
    # The path where a scan would find it: no item of a queue is outside its library.
    path = f"{library}/{path_text.escape_path(old.name)}"
    fields = {**old.fields, **changes, "path": path, "returns_to": old.status}
    return msgspec.convert(fields, kind.item_type)


def create_queue(
    location: QueueLocation,
    kind: Kind,
    library: str,
    old: LegacyQueue,
    items: Mapping[str, Item],
    source: Path,
) -> str:
    """Create the queue from imported items; return the name of the copy of the imported file.

    The copy is in aside/. Raise UsageError if there is a queue already, unless that is the imported
    file itself.
    """
    location.folder.mkdir(parents=True, exist_ok=True)
    for folder in (location.folder.parent, location.folder.parent.parent):
        atomic_files.sync_folder(folder)
    store = QueueStore(location, kind, external_change.accept_replaced_snapshot)
    with store.hold_lock():
        _require_no_queue(store, source)
        aside = compaction.copy_to_aside_folder(source, location, "imported")
        head = SnapshotHead(
            kind=kind.name,
            generation=0,
            snapshot_id="",
            seq=event_log.last_seq(location.folder),
            library_path=library,
            created=old.created or clock.format_iso(location.now()),
        )
        state = QueueState(kind, head, dict(items))
        state.head = external_change.head_with_latest_generation(store, state)
        anew = {"anew": True} if state.seq else {}
        store.state = state
        states = [str(item.status) for item in items.values()]
        facts = {"source": aside, "items_back": list(items), "states_back": states}
        record = store.build_record(
            QueueChange("import", {}, {**facts, **anew, "known": len(items)})
        )
        state.apply_record(record, {})
        event_log.append_missing(location.folder, [record])
        store.install_state(state, store.snapshot_identity())
    store.close()
    return aside


def _require_no_queue(store: QueueStore, source: Path) -> None:
    """Raise an error if the folder contains a queue, or what is left of one.

    The caller must hold the lock of the queue.
    """
    folder = store.place.folder
    restore_marker.refuse_unfinished(folder)
    if store.path.exists():
        if not os.path.samefile(store.path, source):
            raise UsageError(
                f"{store.path} already exists. Use another --home, or move that queue away."
            )
    elif journal_lookup.queue_exists(folder) or any(
        checkpoints.iter_valid_checkpoints(folder, store.kind)
    ):
        cure = checkpoints.format_restore_hint(folder, store.kind)
        raise SnapshotDamaged(store.path, "it is gone", cure)
