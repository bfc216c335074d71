"""Import of a queue file from before mediakeep: items by name, with a status, counts and dates.

    {"created": "2025-12-01", "artists": {"U2": {"status": "completed", "path": "/music/U2",
     "track_count": 12, "processed_date": "2025-12-17T10:00:05"}}}

What the library holds now decides which items there are; the file tells what was done with them.
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
    """An item of the file: its name, its path ("" if unknown), and what is taken over of it."""

    name: str
    path: str
    status: Status
    fields: dict[str, Any]


class OldQueue(msgspec.Struct, frozen=True):
    """A queue file from before mediakeep; `ignored` are names of fields that are not taken over."""

    library: str  # "" if neither the file nor its items tell one
    created: str
    items: tuple[OldItem, ...]
    ignored: tuple[str, ...]


class Imported(msgspec.Struct, frozen=True):
    """What the queue is made of: its items, those that the file lacks, and those that are gone."""

    items: dict[str, Item]
    new: tuple[str, ...]
    vanished: tuple[str, ...]


def read(path: Path, kind: Kind) -> OldQueue:
    """Read a queue file from before mediakeep; UsageFailed says what is wrong with it."""
    try:
        told = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise UsageFailed(
            f"{files.display_path(path)} cannot be read: {error.strerror}."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refusal(path, f"it is no JSON: {error}") from error
    if not isinstance(told, dict) or not isinstance(told.get(kind.plural), dict):
        raise _refusal(path, f'it holds no object "{kind.plural}"')
    if "kind" in told or "generation" in told:
        raise _refusal(path, "it was written by mediakeep: use --restore-checkpoint")
    entries = told[kind.plural]
    items = tuple(_item(path, kind, name, entry) for name, entry in entries.items())
    library = told.get("library_path") or _common(items)
    if not isinstance(library, str):
        raise _refusal(path, "library_path is no text")
    known = {"status", "path", *_DATES, *_taken(kind)}
    ignored = sorted({name for entry in entries.values() for name in entry} - known)
    created = _date(path, "created", told["created"]) if told.get("created") else ""
    return OldQueue(library, created, items, tuple(ignored))


def _refusal(path: Path, reason: str) -> UsageFailed:
    return UsageFailed(
        f"{files.display_path(path)} cannot be imported: {reason}. Nothing was changed."
    )


def _taken(kind: Kind) -> list[str]:
    known = kind.item.__struct_fields__
    return [name for name in (*_TEXTS, *_NUMBERS) if name in known]


def _item(path: Path, kind: Kind, name: str, entry: object) -> OldItem:
    where = f'{kind.noun} "{files.printable(name)}"'
    if not isinstance(entry, dict):
        raise _refusal(path, f"{where} is no object")
    status = _STATUSES.get(str(entry.get("status")))
    if status is None:
        known = ", ".join(_STATUSES)
        raise _refusal(path, f"{where}: the status must be one of {known}")
    place = entry.get("path") or ""
    if not isinstance(place, str):
        raise _refusal(path, f"{where}: the path is no text")
    fields = {one: entry[one] for one in _taken(kind) if entry.get(one) is not None}
    for one in _DATES:
        if entry.get(one):
            fields[one] = _date(path, f"{where}: {one}", entry[one])
    status = _UNFINISHED.get(status, status)
    try:
        msgspec.convert({"status": status, **fields}, kind.item)
    except msgspec.ValidationError as error:
        raise _refusal(path, f"{where}: {error}") from error
    return OldItem(name, place, status, fields)


def _date(path: Path, where: str, value: object) -> str:
    """Return a time as the queue writes it; one without a zone is of this machine's zone."""
    try:
        return clock.text(datetime.fromisoformat(value))  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        raise _refusal(path, f"{where} is no date such as 2025-12-17T10:00:05") from None


def _common(items: Iterable[OldItem]) -> str:
    """Return the folder that all items lie right in; "" if there is none."""
    parents = {os.path.dirname(os.path.normpath(item.path)) for item in items if item.path}
    return parents.pop() if len(parents) == 1 else ""


def combine(old: OldQueue, found: Iterable[Found], kind: Kind, library: str) -> Imported:
    """Give what a scan of a library found the status and counts of the file; pure."""
    items = survey.fresh(found, kind.item, set())
    pairs = _matched(items, [files.escape(one.name) for one in old.items])
    new, vanished = set(items), {}
    for one in old.items:
        key = pairs.get(files.escape(one.name))
        if key is None:
            vanished[files.escape(one.name)] = _vanished(one, kind, library)
        else:
            new.discard(key)
            items[key] = _with(items[key], one)
    taken = {files.fold(item.output_name) for item in items.values()}
    for key, item in vanished.items():
        stem = files.safe_name(files.unescape(key), taken)
        taken.add(files.fold(stem))
        items[key] = structs.replace(item, output_name=stem)
    return Imported(items, tuple(sorted(new)), tuple(sorted(vanished)))


def _matched(items: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """Pair names with keys: the same, or the only one left that folds alike."""
    keys = set(items)
    pairs = {name: name for name in names if name in keys}
    loose: dict[str, list[str]] = {}
    for key in keys - pairs.keys():
        loose.setdefault(files.fold(key), []).append(key)
    for name in names:
        found = loose.get(files.fold(name), [])
        if name not in pairs and len(found) == 1:
            pairs[name] = found.pop()
    return pairs


def _with(item: Item, old: OldItem) -> Item:
    """Add what the file knows of an item; what a scan counts is taken from the scan."""
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
    # Where a scan would look for it: no item of a queue lies outside its library.
    path = f"{library}/{files.escape(old.name)}"
    fields = {**old.fields, **changes, "path": path, "returns_to": old.status}
    return msgspec.convert(fields, kind.item)


def create(
    where: Place, kind: Kind, library: str, old: OldQueue, made: Mapping[str, Item], source: Path
) -> str:
    """Make the queue of imported items, and return the name of the copy of its source in aside/.

    UsageFailed where there is a queue already; the source itself may lie in its place.
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
        state = State(kind, head, dict(made))
        state.head = adoption.renumbered(store, state)
        anew = {"anew": True} if state.seq else {}
        store.state = state
        states = [str(item.status) for item in made.values()]
        facts = {"source": aside, "items_back": list(made), "states_back": states}
        record = store.record(Change("import", {}, {**facts, **anew, "known": len(made)}))
        state.accept(record, {})
        history.absorb(where.folder, [record])
        store.install(state, store.identity())
    store.close()
    return aside


def _require_none(store: Store, source: Path) -> None:
    """Refuse to go over a queue, or over what is left of one; the lock is held."""
    folder = store.place.folder
    begun.refuse(folder)
    if store.path.exists():
        if not os.path.samefile(store.path, source):
            raise UsageFailed(
                f"{store.path} exists already. Use another --home, or move that queue away."
            )
    elif binding.present(folder) or any(checkpoints.good(folder, store.kind)):
        cure = checkpoints.cure(folder, store.kind)
        raise SnapshotDamaged(store.path, "it is gone", cure)
