"""Checkpoints: full copies of the queue file, each of which `cp` can put back in its place."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep import atomic_files, command_text, home_folder, path_text
from mediakeep.errors import JournalDamaged, MediakeepError, SnapshotDamaged
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.queue import compaction, journal_lookup, snapshot
from mediakeep.queue.backups import restore_marker
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.state import QueueState
from mediakeep.untrusted_files import open_regular_file

FOLDER = "checkpoints"
LARGE_QUEUE = 5000  # items; above this a checkpoint is due after every 1 % of them
_ID_PATTERN = re.compile(rb'"snapshot_id":\s*"([^"]*)"')
_SEQ_PATTERN = re.compile(rb'"seq":\s*(\d+)')
_SETTLED_PATTERN = re.compile(rb'"settled":\s*(\d+)')
_HEAD_SIZE = 4096  # bytes that contain the id and the numbers of a snapshot


class Checkpoint(msgspec.Struct, frozen=True):
    """Path, size in bytes and date of a checkpoint file."""

    path: Path
    bytes: int
    date: str  # YYYY-MM-DD


def is_checkpoint_due(state: QueueState, every: int) -> bool:
    """Return whether a checkpoint is due, right after an item was settled.

    A checkpoint is due after every `every` settled items; in large queues, after every 1 % of the
    items.
    """
    return every > 0 and state.settled % _get_interval(state, every) == 0


def _get_interval(state: QueueState, every: int) -> int:
    return every if len(state.items) <= LARGE_QUEUE else max(every, len(state.items) // 100)


def is_checkpoint_overdue(folder: Path, state: QueueState, every: int) -> bool:
    """Return whether a checkpoint was due that a killed batch did not write."""
    if every < 1:
        return False
    newest = list_checkpoints(folder)[:1]
    match = _SETTLED_PATTERN.search(_read_head(newest[0].path)) if newest else None
    step = _get_interval(state, every)
    return state.settled // step > (int(match[1]) if match else 0) // step


def write_checkpoint(state: QueueState, location: QueueLocation) -> Path:
    """Write a checkpoint of the queue, sync it to the disk, and return its path.

    The name contains the date and the number of completed items; a name is never reused.
    """
    folder = location.folder / FOLDER
    folder.mkdir(exist_ok=True)
    done = state.counts[Status.COMPLETED]
    stem = f"checkpoint_{location.now():%Y-%m-%d}_{state.kind.noun}_{done:03d}"
    return write_full_copy(state, location, folder, stem)


def write_full_copy(state: QueueState, location: QueueLocation, folder: Path, stem: str) -> Path:
    """Write a full copy of the queue under an unused name and with a new snapshot id.

    Return its path. The caller must hold the lock of the queue.
    """
    folder.mkdir(exist_ok=True)
    for leftover in folder.glob(".*.tmp"):  # left by killed writers: the lock is held
        leftover.unlink()
    head = compaction.build_snapshot_head(state, location, state.head.generation)
    temporary = folder / f".{head.snapshot_id}.tmp"
    try:
        snapshot.write(str(temporary), head, state.items, state.kind.plural)
        path = compaction.find_unused_path(folder, stem, ".json")
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    for parent in (folder, folder.parent):
        atomic_files.sync_folder(parent)
    return path


def list_checkpoints(folder: Path) -> list[Checkpoint]:
    """List the checkpoints of a queue, newest first.

    They are sorted by the number of their last change, because the clock may have been wrong.
    """
    entries = []
    for path in (folder / FOLDER).glob("checkpoint_*.json"):
        with contextlib.suppress(FileNotFoundError):  # just removed
            info, seq = path.stat(), _SEQ_PATTERN.search(_read_head(path))
            entries.append((int(seq[1]) if seq else -1, info.st_mtime_ns, path, info.st_size))
    return [
        Checkpoint(path, size, _date_in_name(path))
        for *_, path, size in sorted(entries, reverse=True)
    ]


def _read_head(path: Path) -> bytes:
    """Return the first 4 KiB of a file, or b"" if it cannot be read."""
    try:
        with open_regular_file(path) as stream:
            return stream.read(_HEAD_SIZE)
    except FileNotFoundError:
        raise
    except OSError:
        return b""


def _date_in_name(path: Path) -> str:
    return path.name.removeprefix("checkpoint_")[:10]


def has_queue_files(folder: Path) -> bool:
    """Return whether a folder contains a queue, what is left of a queue, or checkpoints.

    If so, no new queue may be created there. Raise StateDamaged if the restore of a backup is
    unfinished.
    """
    restore_marker.refuse_unfinished(folder)
    return journal_lookup.queue_exists(folder) or bool(list_checkpoints(folder))


def iter_valid_checkpoints(
    folder: Path, kind: Kind
) -> Iterator[tuple[Path, snapshot.LoadedSnapshot]]:
    """Yield path and content of each checkpoint that can be read, newest first."""
    for checkpoint in list_checkpoints(folder):
        try:
            yield checkpoint.path, snapshot.load(checkpoint.path, kind)
        except MediakeepError:
            continue  # reported by --validate-queue


@contextlib.contextmanager
def explain_damage(folder: Path, kind: Kind) -> Iterator[None]:
    """Add what to do to an error about the files of a queue."""
    try:
        yield
    except SnapshotDamaged as error:
        raise SnapshotDamaged(*error.args[:2], format_restore_hint(folder, kind)) from error
    except JournalDamaged as error:
        command = _format_repair_command(folder, kind)
        cure = f"Run {command} to keep all before it and set the rest aside."
        raise JournalDamaged(*error.args[:2], cure) from error


def _format_repair_command(folder: Path, kind: Kind) -> str:
    home = home_folder.find_queue_home(folder)
    return command_text.format_command(kind.manager_script, home, "--repair")


def format_restore_hint(folder: Path, kind: Kind) -> str:
    """Return the commands that rebuild or restore a queue whose snapshot is unreadable."""
    command = _format_repair_command(folder, kind)
    repair = f"Run {command} to rebuild the queue from the files next to it."
    for path, _ in iter_valid_checkpoints(folder, kind):
        target = path_text.quote_path(folder / snapshot.FILE)
        copy_line = f"cp {path_text.quote_path(path)} {target}"
        return f"{repair} Or restore the newest valid checkpoint:\n  {copy_line}"
    return repair


def find_checkpoint_name(folder: Path, snapshot_id: str) -> str:
    """Return the file name of the checkpoint with a snapshot id, or "" if there is none."""
    for checkpoint in list_checkpoints(folder):
        match = _ID_PATTERN.search(_read_head(checkpoint.path))
        if match and match[1].decode() == snapshot_id:
            return checkpoint.path.name
    return ""


def select_prunable_checkpoints(newest_first: list[Checkpoint], keep: int) -> list[Checkpoint]:
    """Return the checkpoints to remove: all except the newest `keep` and the newest of each day."""
    days: set[str] = set()
    removable = []
    for number, checkpoint in enumerate(newest_first):
        if number >= keep and checkpoint.date in days:
            removable.append(checkpoint)
        days.add(checkpoint.date)
    return removable


def prune_checkpoints(
    folder: Path, keep: int, good: Path | None, *, dry_run: bool = False
) -> list[Checkpoint]:
    """Remove old checkpoints unless this is a dry run, and return those removed.

    The newest `keep` checkpoints, the newest of each day and `good` are kept. With `keep` 0, all
    are kept.
    """
    removed = []
    for checkpoint in select_prunable_checkpoints(list_checkpoints(folder), keep) if keep else ():
        if checkpoint.path != good:
            if not dry_run:
                checkpoint.path.unlink(missing_ok=True)  # another batch may prune, too
            removed.append(checkpoint)
    return removed
