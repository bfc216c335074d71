"""Rebuild a damaged queue from its undamaged files.

The damaged files are moved to aside/; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files
from mediakeep.errors import InvalidQueueValues, MediakeepError, QueueNeedsImport, StateDamaged
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.queue import (
    checkpoints,
    compaction,
    external_change,
    journal,
    resets,
    session_log_archive,
    snapshot,
    validate,
)
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log, index
from mediakeep.queue.journal import SEAL, JournalRecord
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER
from mediakeep.queue.snapshot import LoadedSnapshot
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange, QueueStore
from mediakeep.queue.validate import OutputLister


@dataclass(frozen=True)
class RecoveredQueue:
    """A rebuilt queue, the file it is based on, and the numbers of the changes that are lost.

    `lost` is the first and the last lost number, or None if nothing is lost.
    """

    state: QueueState
    base: Path
    records: list[JournalRecord]  # of all journals, in order
    lost: tuple[int, int] | None


def recover_queue(folder: Path, kind: Kind, excluded: Path | None = None) -> RecoveredQueue:
    """Rebuild a queue from its readable snapshots, checkpoints and journals.

    The file `excluded` is not used as a base. Raise StateDamaged if neither a snapshot nor a
    checkpoint is readable.
    """
    records = _read_journal_records(folder)
    candidates = [
        (_replay_records(kind, loaded, records), path)
        for path, loaded in _iter_bases(folder, kind)
        if path != excluded
    ]
    if not candidates:
        raise StateDamaged(
            f"Neither a snapshot nor a checkpoint in {folder} can be read. Nothing was changed. "
            "Move the folder away and create a new queue with --scan."
        )
    state, base = max(candidates, key=lambda pair: pair[0].seq)
    journals = [journal.last_seq(path) for path in (folder / JOURNAL_FOLDER).glob("*.jsonl")]
    last = max([state.seq, event_log.last_seq(folder), *journals])
    return RecoveredQueue(state, base, records, (state.seq + 1, last) if last > state.seq else None)


def _iter_bases(folder: Path, kind: Kind) -> Iterator[tuple[Path, LoadedSnapshot]]:
    """Yield path and content of the snapshots that can be read, then of the newest checkpoint."""
    for path in (folder / snapshot.FILE, *sorted((folder / JOURNAL_FOLDER).glob("*.json"))):
        try:
            yield path, snapshot.load(path, kind)
        except MediakeepError:
            continue
    yield from list(checkpoints.iter_valid_checkpoints(folder, kind))[:1]


def _read_journal_records(folder: Path) -> list[JournalRecord]:
    """Read the records of all journals, each journal up to its first damage.

    They are sorted by number, and each number occurs once.
    """
    records = {}
    for path in sorted((folder / JOURNAL_FOLDER).glob("*.jsonl")):
        for record in journal.read_records_before_damage(path):
            if record.op != SEAL:
                records[record.seq] = record
    return [records[seq] for seq in sorted(records)]


def _replay_records(kind: Kind, loaded: LoadedSnapshot, records: list[JournalRecord]) -> QueueState:
    """Apply journal records to a full copy of the queue, up to the first gap or error."""
    state = QueueState(kind, loaded.head, loaded.items)
    for record in records:
        if record.seq <= state.seq:
            continue
        try:
            state.replay_records([record], loaded.head.snapshot_id)
        except MediakeepError:
            break
    return state


# Fields of an item that its last settle event contains, too.
_EVENT_FIELDS = (
    "issues_found",
    "issues_resolved",
    "auto_fixed",
    "manual_reviews",
    "issues",
    "notes",
)


def repair_queue(location: QueueLocation, kind: Kind, outputs: OutputLister) -> list[str]:
    """Repair a damaged queue; return sentences on what was done, [] if nothing was wrong.

    `outputs` lists the files that a completed item should have on disk.
    """
    store = QueueStore(location, kind, external_change.accept_replaced_snapshot)
    with store.hold_lock():
        try:
            store.read_new_changes()
            done = []
        except QueueNeedsImport:
            raise  # it is not damaged, but has to be imported
        except StateDamaged as damage:
            # A file with values that are invalid for this queue is not used as a base.
            excluded = store.path if isinstance(damage, InvalidQueueValues) else None
            done = [validate.fault_from_error(damage).what, *_rebuild_queue(store, excluded)]
        done += store.warnings
        done += _move_damaged_checkpoints(location, kind)
        done += _move_changed_logs(location)
        done += _remove_damaged_events(location)
        done += _add_missing_events(location, store.state)
        faults = list(validate.check_queue_files(location.folder, store.state))
        if faults:
            done += [fault.what for fault in faults]
            done += _rewrite_valid_state(store)
    done += _reset_broken_items(store, outputs)
    store.close()
    return done


def _rewrite_valid_state(store: QueueStore) -> list[str]:
    """Write snapshot and journal of a valid queue again, without using any older file.

    Return a sentence that says so.
    """
    folder = store.place.folder
    copies = [
        compaction.copy_to_aside_folder(path, store.place) for path in _list_queue_files(folder)
    ]
    store.try_rewrite_snapshot()
    store.state.seq = max(store.state.seq, event_log.last_seq(folder))
    store.install_state(store.state, store.snapshot_identity())
    return [
        f"The queue was rewritten. The old files are kept in {compaction.ASIDE_FOLDER}/: "
        f"{', '.join(copies)}."
    ]


def _rebuild_queue(store: QueueStore, excluded: Path | None) -> list[str]:
    saved = recover_queue(store.place.folder, store.kind, excluded)
    copies = [
        compaction.copy_to_aside_folder(path, store.place)
        for path in _list_queue_files(store.place.folder)
    ]
    event_log.append_missing(store.place.folder, saved.records)
    state = saved.state
    state.head = external_change.head_with_latest_generation(store, state)
    state.seq = saved.lost[1] if saved.lost else state.seq
    _record_repair(store, state, saved)
    store.install_state(state, store.snapshot_identity())
    lines = [f"The queue was rebuilt from {saved.base.name} and its journals."]
    if saved.lost:
        lines.append(f"{external_change.format_change_range(saved.lost)} could not be recovered.")
    return [*lines, f"The old files are kept in {compaction.ASIDE_FOLDER}/: {', '.join(copies)}."]


def _list_queue_files(folder: Path) -> list[Path]:
    paths = [folder / snapshot.FILE, *sorted((folder / JOURNAL_FOLDER).glob("*.jsonl"))]
    return [path for path in paths if path.exists()]


def _record_repair(store: QueueStore, state: QueueState, saved: RecoveredQueue) -> None:
    store.state = state
    facts = {"base": saved.base.name, "lost": saved.lost}
    facts |= {"undone": saved.lost} if saved.lost else {}
    record = store.build_record(QueueChange("repair", {}, msgspec.to_builtins(facts)))
    state.apply_record(record, {})
    event_log.append_missing(store.place.folder, [record])


def _move_damaged_checkpoints(location: QueueLocation, kind: Kind) -> Iterator[str]:
    """Move checkpoints that cannot be read to aside/; yield a sentence on each."""
    for checkpoint in checkpoints.list_checkpoints(location.folder):
        try:
            snapshot.load(checkpoint.path, kind)
        except MediakeepError:
            aside = compaction.move_to_aside_folder(checkpoint.path, location, "damaged")
            yield f"{checkpoint.path.name} cannot be read. It was moved to {aside}."


def _move_changed_logs(location: QueueLocation) -> Iterator[str]:
    """Move session logs that were changed after their session ended to aside/.

    Yield a sentence on each.
    """
    for path in session_log_archive.find_changed_logs(location.folder):
        aside = compaction.move_to_aside_folder(path, location, "changed")
        yield f"{path.name} was changed after its session ended. It was moved to {aside}."


def _remove_damaged_events(location: QueueLocation) -> Iterator[str]:
    """Remove damaged lines from the history; yield a sentence on each changed file.

    A copy of the file is kept in aside/.
    """
    for path in event_log.list_files(location.folder):
        last, good = 0, []
        lines = path.read_bytes().splitlines(keepends=True)
        for text in lines:
            event = event_log.parse_event(text) if text.endswith(b"\n") else None
            if event and event["seq"] > last:
                last = event["seq"]
                good.append(text)
        if len(good) < len(lines):
            copy = compaction.copy_to_aside_folder(path, location)
            atomic_files.write_atomic(path, b"".join(good))
            yield f"{len(lines) - len(good)} damaged lines of {path.name} removed. Copy: {copy}."


def _add_missing_events(location: QueueLocation, state: QueueState) -> Iterator[str]:
    """Add the last settle of each item to the history if it is missing there.

    Yield a sentence on each.
    """
    folder = location.folder
    months: dict[Path, list[bytes]] = {}
    for key, seq in validate.find_unrecorded_settles(folder, state).items():
        event = _rebuild_event(state, key)
        path = folder / event_log.FOLDER / f"{event['time'][:7]}.jsonl"
        months.setdefault(path, []).append(msgspec.json.encode(event) + b"\n")
        yield f"Change {seq}, which last settled {state.name_item(key)}, was added to the history."
    for path, added in months.items():
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        lines = sorted([*lines, *added], key=_line_seq)
        path.parent.mkdir(exist_ok=True)
        atomic_files.write_atomic(path, b"".join(lines))
    if months:
        (folder / index.FILE).unlink(missing_ok=True)  # it stores offsets in these files


def _rebuild_event(state: QueueState, key: str) -> dict[str, Any]:
    """Rebuild the history event of an item's last settle from the fields of the item."""
    item = state.items[key]
    fields = msgspec.to_builtins(item)
    done = item.status in (Status.COMPLETED, Status.ERROR)
    facts = {name: fields[name] for name in _EVENT_FIELDS if done and name in fields}
    if item.error_date and item.status is Status.ERROR:
        status, time = Status.ERROR, item.error_date
    else:
        status, time = Status.COMPLETED, item.processed_date
    event = {
        "seq": item.settled,
        "time": time or state.head.last_updated,
        "op": event_log.SETTLE_OP,
    }
    event |= {"session": item.session} if item.session else {}
    return {**event, "item": key, "state": str(status), **facts, "recovered": True}


def _line_seq(line: bytes) -> int:
    event = event_log.parse_event(line)
    return event["seq"] if event else 0


def _reset_broken_items(store: QueueStore, outputs: OutputLister) -> Iterator[str]:
    """Reset items whose output files are missing, or that are in progress without a claim.

    Yield a sentence on each.
    """
    home = store.place.home

    def decide(state: QueueState) -> QueueChange | None:
        chosen = [
            *validate.find_unclaimed_items(state),
            *validate.find_missing_outputs(home, state, outputs),
        ]
        items = {key: resets.build_reset_patch(state.kind, state.items[key]) for key in chosen}
        return QueueChange("reset", items, {"why": "repair"}) if items else None

    record = store.commit(decide)
    for key in record.items if record else ():
        name = store.state.name_item(key)
        yield f"{name} is pending again: its outputs or its session are missing."
