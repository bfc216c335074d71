"""Accept a queue file that the user replaced by a restored checkpoint, or edited by hand.

1. The previous queue is rebuilt from the kept snapshot and journals, and written to aside/.
2. Missing events are appended to the history, then an event with the changes that it undoes.
3. The file becomes the queue; its items in progress are released.

An edit made while a session has claimed items is not used: the file is moved to aside/, and the
session continues. The values of a replaced file are checked first, in addition to its format. A dry
run only checks the file and says that it would become the queue.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import clock, path_text
from mediakeep.errors import InvalidQueueValues, QueueBusy
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue import (
    checkpoints,
    claims,
    compaction,
    journal,
    journal_lookup,
    new_jobs,
    retire,
    sessions,
    stage_checks,
)
from mediakeep.queue.history import event_log
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER, JournalMatch, SnapshotOrigin
from mediakeep.queue.snapshot import LoadedSnapshot, RestoreInfo, SnapshotHead
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange, QueueStore

_MAX_SEQ_AHEAD = 2**32  # changes, more than any queue makes


def check_external_snapshot(
    folder: Path, kind: Kind, path: Path, loaded: LoadedSnapshot, libraries: Iterable[str]
) -> None:
    """Raise InvalidQueueValues if a snapshot file cannot be a state of this queue.

    All items must be in the library named in the file, in one of `libraries`, or in a library that
    the history mentions. An item that was in progress while its library moved still has its former
    path.
    """
    last_seq = max([event_log.last_seq(folder), *map(journal.last_seq, _list_journals(folder))])
    if loaded.head.seq > last_seq + _MAX_SEQ_AHEAD:
        reason = f"its seq is {loaded.head.seq:,}, but the last recorded change is {last_seq:,}"
        raise InvalidQueueValues(path, reason)
    for key, item in loaded.items.items():
        if reason := _find_invalid_value(kind, item, loaded.head.seq):
            raise InvalidQueueValues(path, f'{kind.noun} "{path_text.to_printable(key)}": {reason}')
    if kind.item_examples:  # they are no paths
        return
    places = {loaded.head.library_path, *libraries}
    if any(_find_items_outside(loaded, places)):
        places |= set(_read_former_libraries(folder))
    for key, item in _find_items_outside(loaded, places):
        reason = (
            f'{kind.noun} "{path_text.to_printable(key)}" has the path "'
            f'{path_text.to_printable(item.path)}"'
        )
        library = path_text.to_printable(loaded.head.library_path)
        raise InvalidQueueValues(path, f"{reason}, which is not in the library {library}")


def _find_invalid_value(kind: Kind, item: Item, seq: int) -> str:
    """Return what is wrong with the numbers, dates or output paths of an item, or ""."""
    for name in ("claim", "first_claim", "settled"):
        if getattr(item, name) > seq:
            return f"{name} is {getattr(item, name):,}, above the seq of the queue ({seq:,})"
    for name in ("started_date", "processed_date", "error_date", "not_before"):
        value = getattr(item, name)
        try:
            _ = value and datetime.fromisoformat(value)
        except ValueError:
            return (
                f'{name} is "{path_text.to_printable(value)}", not a date like '
                "2025-12-17T10:00:00+00:00"
            )
    for name in ("output_name", "report"):
        value = path_text.unescape_path(getattr(item, name))
        parts = value.split("/")
        if value and (".." in parts or not parts[0] or (name == "output_name" and parts[1:])):
            return f'{name} is "{path_text.to_printable(value)}", which leaves its folder'
    return stage_checks.find_stage_fault(kind, item)


def _list_journals(folder: Path) -> Iterator[Path]:
    return (folder / JOURNAL_FOLDER).glob("*.jsonl")


def _find_items_outside(
    loaded: LoadedSnapshot, libraries: Container[str]
) -> Iterator[tuple[str, Item]]:
    for key, item in loaded.items.items():
        if item.status is Status.SKIPPED or new_jobs.is_added(key, item):
            continue
        if not _is_in_library(item.path, libraries):
            yield key, item


def _is_in_library(path: str, libraries: Container[str]) -> bool:
    """Return whether a path is inside one of the library folders; all are absolute and escaped."""
    return os.path.normpath(path) == path and any(
        str(parent) in libraries for parent in Path(path).parents
    )


def _read_former_libraries(folder: Path) -> Iterator[str]:
    """Yield the paths of the library in earlier scans, as recorded in the history."""
    for path in event_log.list_files(folder):
        for _, event in event_log.iter_events(path):
            if isinstance(library := event.get("library"), str):
                yield library


def accept_replaced_snapshot(
    store: QueueStore, loaded: LoadedSnapshot, journal_match: JournalMatch
) -> None:
    """Decide whether the file that the user put in place becomes the queue.

    Otherwise the previous queue stays. The other one of the two is kept in aside/.
    """
    before = journal_lookup.rebuild_previous_state(store.place.folder, store.kind)
    libraries = [before.head.library_path] if before else []
    check_external_snapshot(store.place.folder, store.kind, store.path, loaded, libraries)
    if journal_match.origin is SnapshotOrigin.EDITED and before:
        live = sessions.filter_live_sessions(store.place, before.claimed_keys)
        if live and not store.session:
            raise QueueBusy(store.path, live[0])
        if live:
            return _move_edit_to_aside_folder(store, loaded, before)
    if store.place.dry_run:
        return _preview_snapshot(store, loaded, journal_match, before)
    return _install_snapshot(store, loaded, journal_match, before)


def _preview_snapshot(
    store: QueueStore,
    loaded: LoadedSnapshot,
    journal_match: JournalMatch,
    before: QueueState | None,
) -> None:
    """Use the file in memory as the queue that it would become, and warn of that."""
    state = QueueState(store.kind, loaded.head, loaded.items)
    moved = _plan_install(store, state, journal_match, before)
    for key, item in state.build_changed_items(moved.items, moved.op).items():
        state.put_item(key, item)
    store.preview_state(state, loaded.stat)
    source = _describe_source(store, loaded, journal_match)
    store.warnings.append(f"The queue file was replaced: {source} would become the queue.")


def _move_edit_to_aside_folder(
    store: QueueStore, loaded: LoadedSnapshot, before: QueueState
) -> None:
    """Move the user's edit of the queue file to aside/ and continue with the previous queue."""
    aside = compaction.move_to_aside_folder(
        compaction.link_previous_snapshot(store.place.folder), store.place, "edited"
    )
    before.head = head_with_latest_generation(store, before)
    store.install_state(before, loaded.stat)
    store.warnings.append(
        f"The edit of the queue was not used, because this session is working on it. It is kept as"
        f" {aside}. Stop the batch before editing."
    )


def _install_snapshot(
    store: QueueStore,
    loaded: LoadedSnapshot,
    journal_match: JournalMatch,
    before: QueueState | None,
) -> None:
    folder, since = store.place.folder, loaded.head.seq
    journals = sorted(
        journal_lookup.iter_unsealed_journals(folder),
        key=lambda unsealed: unsealed.header.generation,
    )
    damaged = list(journal_lookup.iter_damaged_journals(folder))
    lasts = [*(unsealed.last_seq for unsealed in journals), *map(journal.last_seq, damaged)]
    last = max([since, event_log.last_seq(folder), *lasts])
    for unsealed in journals:
        event_log.append_missing(folder, unsealed.content.records)
    differs = before and (before.seq > since or before.items != loaded.items)
    aside = _save_previous_queue(store, before) if before and differs else ""
    restored = RestoreInfo(
        source=_describe_source(store, loaded, journal_match),
        date=clock.format_iso(store.place.now()),
        undone=(since + 1, last) if last > since else None,
        aside=aside,
    )
    state = QueueState(store.kind, loaded.head, loaded.items)
    state.seq = last
    state.head = msgspec.structs.replace(
        head_with_latest_generation(store, state), restored=restored
    )
    moved = _plan_install(store, state, journal_match, before)
    _record_restore(store, state, moved, restored)
    for path in damaged:
        compaction.move_to_aside_folder(path, store.place, "damaged")
    store.install_state(state, loaded.stat)
    store.warnings.append(format_restore_notice(restored))


def _plan_install(
    store: QueueStore, state: QueueState, journal_match: JournalMatch, before: QueueState | None
) -> QueueChange:
    """Return the change that an edit or a restore of the queue file makes."""
    moved = _build_status_change(journal_match, before, state)
    if journal_match.origin is SnapshotOrigin.EDITED:
        return moved
    retired = retire.find_retired_in_snapshot(store.place.folder, state, before)
    return _remove_retired(moved, retired)


def _build_status_change(
    journal_match: JournalMatch, before: QueueState | None, state: QueueState
) -> QueueChange:
    """Return the status changes of items caused by an edit or a restore of the queue file.

    Items removed by an edit count as skipped; items added by it have the status given there. A
    restore releases the items that were in progress.
    """
    if journal_match.origin is SnapshotOrigin.EDITED:
        old = before.items if before else {}
        edited = {
            key: {"status": item.status}
            for key, item in state.items.items()
            if key in old and old[key].status is not item.status
        }
        states = dict.fromkeys(old.keys() - state.items.keys(), str(Status.SKIPPED))
        states |= {key: str(item.status) for key, item in state.items.items() if key not in old}
        facts = {"items_back": list(states), "states_back": list(states.values())} if states else {}
        return QueueChange("edit", edited, facts)
    interrupted = {
        key: claims.build_release_patch(item, suspect=False)
        for key, item in state.items.items()
        if item.status is Status.IN_PROGRESS
    }
    return QueueChange("restore", interrupted)


def _remove_retired(moved: QueueChange, retired: Mapping[str, Item]) -> QueueChange:
    """Return the change of a restore that also removes the items retired since.

    So they are not processed again. Their last statuses still count in the history.
    """
    if not retired:
        return moved
    states = [str(item.status) for item in retired.values()]
    facts = {**moved.facts, "items_back": list(retired), "states_back": states}
    return structs.replace(moved, items={**moved.items, **dict.fromkeys(retired)}, facts=facts)


def _record_restore(
    store: QueueStore, state: QueueState, moved: QueueChange, restored: RestoreInfo
) -> None:
    """Record the restore in the queue and its history, and release items that were in progress."""
    store.state = state
    facts = {**moved.facts, **msgspec.to_builtins(restored)}
    record = store.build_record(structs.replace(moved, facts=facts))
    state.apply_record(record, state.build_changed_items(record.items, record.op))
    event_log.append_missing(store.place.folder, [record])


def head_with_latest_generation(store: QueueStore, state: QueueState) -> SnapshotHead:
    """Return the head of a queue with the highest generation number that any journal has."""
    names = (store.place.folder / JOURNAL_FOLDER).glob("[0-9]*-*.jsonl")
    used = [int(path.name.partition("-")[0]) for path in names]
    return msgspec.structs.replace(state.head, generation=max([state.head.generation, *used]))


def _save_previous_queue(store: QueueStore, before: QueueState) -> str:
    stem = (
        f"before_{store.place.file_timestamp()}_{before.kind.noun}_"
        f"{before.counts[Status.COMPLETED]:03d}"
    )
    return checkpoints.write_full_copy(
        before, store.place, store.place.folder / compaction.ASIDE_FOLDER, stem
    ).name


def _describe_source(store: QueueStore, loaded: LoadedSnapshot, journal_match: JournalMatch) -> str:
    if journal_match.origin is SnapshotOrigin.EDITED:
        return "an edit by hand"
    name = checkpoints.find_checkpoint_name(store.place.folder, loaded.head.snapshot_id)
    return name or f"a copy of the queue of {loaded.head.last_updated or loaded.head.created}"


def format_change_range(changes: tuple[int, int]) -> str:
    """Return the first and last number of a range of changes as text, such as "Changes 3 to 7"."""
    first, last = changes
    return f"Change {first}" if first == last else f"Changes {first} to {last}"


def format_restore_notice(restored: RestoreInfo) -> str:
    """Return a text about a restore for the user.

    It says what was restored, which changes no longer count, and where the previous queue is kept.
    """
    text = f"On {restored.date} {restored.source} became the queue."
    if restored.undone:
        verb = "no longer counts" if len(set(restored.undone)) == 1 else "no longer count"
        text += f" {format_change_range(restored.undone)} {verb}."
    if restored.aside:
        text += f" The queue as it was before is kept: --replay-aside {restored.aside} shows it."
    return text
