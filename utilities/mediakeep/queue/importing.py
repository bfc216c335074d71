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

from mediakeep import clock, files
from mediakeep.errors import SnapshotDamaged, UsageFailed
from mediakeep.item import Found, Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue import adoption, binding, checkpoints, history, rewrite, survey
from mediakeep.queue.backups import begun
from mediakeep.queue.rewrite import Place
from mediakeep.queue.snapshot import Head
from mediakeep.queue.state import State
from mediakeep.queue.store import Change, Store

_DATES = ("started_date", "processed_date", "error_date")
_TEXTS = ("error_message", "skip_reason", "title", "imdb_id", "mbid", "edition")
_NUMBERS = (
    *("track_count", "album_count", "file_count", "year", "tmdb_id"),
    *("issues_found", "issues_resolved", "auto_fixed", "manual_reviews"),
)
_STATUSES = {**{str(status): status for status in Status}, "failed": Status.ERROR}
_UNFINISHED = {Status.IN_PROGRESS: Status.PENDING}


class OldItem(msgspec.Struct, frozen=True):
    """An item of the file: its name, its path ("" if unknown), and the fields to import."""

    name: str
    path: str
    status: Status
    fields: dict[str, Any]


class OldQueue(msgspec.Struct, frozen=True):
    """A queue file from before mediakeep; `ignored` are the names of fields not imported."""

    library: str  # "" if neither the file nor its items contain one
    created: str
    items: tuple[OldItem, ...]
    ignored: tuple[str, ...]


class Imported(msgspec.Struct, frozen=True):
    """The items of the new queue, the keys that the file lacks, and those that vanished."""

    items: dict[str, Item]
    new: tuple[str, ...]
    vanished: tuple[str, ...]


def read(path: Path, kind: Kind) -> OldQueue:
    """Read a queue file from before mediakeep; raise UsageFailed if it is invalid."""
    try:
        content = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise UsageFailed(
            f"{files.display_path(path)} cannot be read: {error.strerror}."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refusal(path, f"it is not valid JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get(kind.plural), dict):
        raise _refusal(path, f'it has no object "{kind.plural}"')
    if "kind" in content or "generation" in content:
        raise _refusal(path, "it was written by mediakeep: use --restore-checkpoint")
    entries = content[kind.plural]
    items = tuple(_item(path, kind, name, entry) for name, entry in entries.items())
    library = content.get("library_path") or _common(items)
    if not isinstance(library, str):
        raise _refusal(path, "library_path is not a string")
    imported = {"status", "path", *_DATES, *_taken(kind)}
    ignored = sorted({name for entry in entries.values() for name in entry} - imported)
    created = _date(path, "created", content["created"]) if content.get("created") else ""
    return OldQueue(library, created, items, tuple(ignored))


def _refusal(path: Path, reason: str) -> UsageFailed:
    return UsageFailed(
        f"{files.display_path(path)} cannot be imported: {reason}. Nothing was changed."
    )


def _taken(kind: Kind) -> list[str]:
    fields = kind.item.__struct_fields__
    return [name for name in (*_TEXTS, *_NUMBERS) if name in fields]


def _item(path: Path, kind: Kind, name: str, entry: object) -> OldItem:
    where = f'{kind.noun} "{files.printable(name)}"'
    if not isinstance(entry, dict):
        raise _refusal(path, f"{where} is not an object")
    status = _STATUSES.get(str(entry.get("status")))
    if status is None:
        raise _refusal(path, f"{where}: the status must be one of {', '.join(_STATUSES)}")
    place = entry.get("path") or ""
    if not isinstance(place, str):
        raise _refusal(path, f"{where}: the path is not a string")
    fields = {field: entry[field] for field in _taken(kind) if entry.get(field) is not None}
    for field in _DATES:
        if entry.get(field):
            fields[field] = _date(path, f"{where}: {field}", entry[field])
    status = _UNFINISHED.get(status, status)
    try:
        msgspec.convert({"status": status, **fields}, kind.item)
    except msgspec.ValidationError as error:
        raise _refusal(path, f"{where}: {error}") from error
    return OldItem(name, place, status, fields)


def _date(path: Path, where: str, value: object) -> str:
    """Return a time as the queue writes it; without a time zone it is local time."""
    try:
        return clock.text(datetime.fromisoformat(value))  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        raise _refusal(path, f"{where} is not a date such as 2025-12-17T10:00:05") from None


def _common(items: Iterable[OldItem]) -> str:
    """Return the folder that directly contains all items, or "" if there is none."""
    parents = {os.path.dirname(os.path.normpath(item.path)) for item in items if item.path}
    return parents.pop() if len(parents) == 1 else ""


def combine(old: OldQueue, scanned: Iterable[Found], kind: Kind, library: str) -> Imported:
    """Add the status and counts in the file to the items found by a scan; a pure function."""
    items = survey.fresh(scanned, kind.item, set())
    pairs = _matched(items, [files.escape(old_item.name) for old_item in old.items])
    new, vanished = set(items), {}
    for old_item in old.items:
        key = pairs.get(files.escape(old_item.name))
        if key is None:
            vanished[files.escape(old_item.name)] = _vanished(old_item, kind, library)
        else:
            new.discard(key)
            items[key] = _with(items[key], old_item)
    taken = {files.fold(item.output_name) for item in items.values()}
    for key, item in vanished.items():
        stem = files.safe_name(files.unescape(key), taken)
        taken.add(files.fold(stem))
        items[key] = structs.replace(item, output_name=stem)
    return Imported(items, tuple(sorted(new)), tuple(sorted(vanished)))


def _matched(items: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """Map names to keys: the same, or the only remaining one with the same normalized name."""
    keys = set(items)
    pairs = {name: name for name in names if name in keys}
    loose: dict[str, list[str]] = {}
    for key in keys - pairs.keys():
        loose.setdefault(files.fold(key), []).append(key)
    for name in names:
        candidates = loose.get(files.fold(name), [])
        if name not in pairs and len(candidates) == 1:
            pairs[name] = candidates.pop()
    return pairs


def _with(item: Item, old: OldItem) -> Item:
    """Add the fields of the file to an item; those that the scan filled are not changed."""
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


def _vanished(old: OldItem, kind: Kind, library: str) -> Item:
    changes = {"status": Status.SKIPPED, "skip_reason": survey.VANISHED}
    # The path where a scan would find it: no item of a queue is outside its library.
    path = f"{library}/{files.escape(old.name)}"
    fields = {**old.fields, **changes, "path": path, "returns_to": old.status}
    return msgspec.convert(fields, kind.item)


def create(
    where: Place, kind: Kind, library: str, old: OldQueue, items: Mapping[str, Item], source: Path
) -> str:
    """Create the queue from imported items; return the name of the copy of its source in aside/.

    Raise UsageFailed if there is a queue already; the source itself may be in its place.
    """
    where.folder.mkdir(parents=True, exist_ok=True)
    for folder in (where.folder.parent, where.folder.parent.parent):
        files.sync_folder(folder)
    store = Store(where, kind, adoption.adopt)
    with store.locked():
        _require_none(store, source)
        aside = rewrite.keep_copy(source, where, "imported")
        head = Head(
            kind=kind.name,
            generation=0,
            snapshot_id="",
            seq=history.last_seq(where.folder),
            library_path=library,
            created=old.created or clock.text(where.now()),
        )
        state = State(kind, head, dict(items))
        state.head = adoption.renumbered(store, state)
        anew = {"anew": True} if state.seq else {}
        store.state = state
        states = [str(item.status) for item in items.values()]
        facts = {"source": aside, "items_back": list(items), "states_back": states}
        record = store.record(Change("import", {}, {**facts, **anew, "known": len(items)}))
        state.accept(record, {})
        history.absorb(where.folder, [record])
        store.install(state, store.identity())
    store.close()
    return aside


def _require_none(store: Store, source: Path) -> None:
    """Raise an error if there is a queue, or the remains of one; the lock is held."""
    folder = store.place.folder
    begun.refuse(folder)
    if store.path.exists():
        if not os.path.samefile(store.path, source):
            raise UsageFailed(
                f"{store.path} already exists. Use another --home, or move that queue away."
            )
    elif binding.present(folder) or any(checkpoints.good(folder, store.kind)):
        cure = checkpoints.cure(folder, store.kind)
        raise SnapshotDamaged(store.path, "it is gone", cure)
