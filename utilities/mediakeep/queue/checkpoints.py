"""Checkpoints: full copies of the queue, each usable with a plain `cp`."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.queue import binding, rewrite, snapshot
from mediakeep.queue.backups import begun
from mediakeep.queue.rewrite import Place
from mediakeep.queue.state import State

FOLDER = "checkpoints"
MANY = 5000  # items; above it a checkpoint is due every 1 % of them
_ID = re.compile(rb'"snapshot_id":\s*"([^"]*)"')
_SEQ = re.compile(rb'"seq":\s*(\d+)')
_SETTLED = re.compile(rb'"settled":\s*(\d+)')
_HEAD = 4096  # bytes in which a snapshot's id and numbers stand


class Checkpoint(msgspec.Struct, frozen=True):
    """A checkpoint file and what can be said of it without reading all of it."""

    path: Path
    bytes: int
    date: str  # its day, YYYY-MM-DD


def due(state: State, every: int) -> bool:
    """Tell, right after a settle, whether it completes another `every` (or 1 % of many items)."""
    return every > 0 and state.settled % _step(state, every) == 0


def _step(state: State, every: int) -> int:
    return every if len(state.items) <= MANY else max(every, len(state.items) // 100)


def overdue(folder: Path, state: State, every: int) -> bool:
    """Tell whether a batch was killed between a settle that made one due and its writing."""
    if every < 1:
        return False
    newest = listing(folder)[:1]
    found = _SETTLED.search(_head(newest[0].path)) if newest else None
    step = _step(state, every)
    return state.settled // step > (int(found[1]) if found else 0) // step


def write(state: State, place: Place) -> Path:
    """Write a checkpoint of a state and bring it to the disk; its name is never used again."""
    folder = place.folder / FOLDER
    folder.mkdir(exist_ok=True)
    done = state.counts[Status.COMPLETED]
    stem = f"checkpoint_{place.now():%Y-%m-%d}_{state.kind.noun}_{done:03d}"
    return copy(state, place, folder, stem)


def copy(state: State, place: Place, folder: Path, stem: str) -> Path:
    """Write a full copy of a state under a free name, with an id of its own; the lock is held."""
    folder.mkdir(exist_ok=True)
    for leftover in folder.glob(".*.tmp"):  # of killed writers: the lock is held
        leftover.unlink()
    head = rewrite.head(state, place, state.head.generation)
    beside = folder / f".{head.snapshot_id}.tmp"
    try:
        snapshot.write(str(beside), head, state.items, state.kind.plural)
        path = rewrite.free(folder, stem, ".json")
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    for parent in (folder, folder.parent):
        files.sync_folder(parent)
    return path


def listing(folder: Path) -> list[Checkpoint]:
    """List the checkpoints, newest first: by their last change, for a clock may have been wrong."""
    found = []
    for path in (folder / FOLDER).glob("checkpoint_*.json"):
        with contextlib.suppress(FileNotFoundError):  # removed just now
            info, seq = path.stat(), _SEQ.search(_head(path))
            found.append((int(seq[1]) if seq else -1, info.st_mtime_ns, path, info.st_size))
    return [Checkpoint(path, size, _day(path)) for *_, path, size in sorted(found, reverse=True)]


def _head(path: Path) -> bytes:
    """Read the beginning of a file; nothing where it refuses to be read, of which `good` tells."""
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except FileNotFoundError:
        raise
    except OSError:
        return b""


def _day(path: Path) -> str:
    return path.name.removeprefix("checkpoint_")[:10]


def remains(folder: Path) -> bool:
    """Tell whether there is a queue, or anything left of one: then none may be made anew.

    StateDamaged while a restore of a backup is begun and not ended: then it is neither.
    """
    begun.refuse(folder)
    return binding.present(folder) or bool(listing(folder))


def good(folder: Path, kind: Kind) -> Iterator[tuple[Path, snapshot.Loaded]]:
    """Give the checkpoints that can be read whole, newest first."""
    for checkpoint in listing(folder):
        try:
            yield checkpoint.path, snapshot.load(checkpoint.path, kind)
        except MediakeepError:
            continue  # --validate-queue names it


def cure(folder: Path, kind: Kind) -> str:
    """Say how to get a queue back whose snapshot cannot be read."""
    again = "Run --repair: it rebuilds the queue from what is kept beside it."
    for path, _ in good(folder, kind):
        target = files.quote_path(folder / snapshot.FILE)
        copy_line = f"cp {files.quote_path(path)} {target}"
        return f"{again} Or restore the newest good checkpoint:\n  {copy_line}"
    return again


def named(folder: Path, snapshot_id: str) -> str:
    """Return the name of the checkpoint with that id, "" where there is none."""
    for checkpoint in listing(folder):
        found = _ID.search(_head(checkpoint.path))
        if found and found[1].decode() == snapshot_id:
            return checkpoint.path.name
    return ""


def surplus(found: list[Checkpoint], keep: int) -> list[Checkpoint]:
    """Choose what may go: all but the newest `keep` and the newest of each day."""
    days: set[str] = set()
    gone = []
    for number, checkpoint in enumerate(found):
        if number >= keep and checkpoint.date in days:
            gone.append(checkpoint)
        days.add(checkpoint.date)
    return gone


def prune(folder: Path, keep: int, good: Path | None) -> list[Checkpoint]:
    """Remove surplus checkpoints, never `good`, the newest that is known to be whole.

    `keep` 0 keeps all. Returns those that went.
    """
    gone = []
    for checkpoint in surplus(listing(folder), keep) if keep else ():
        if checkpoint.path != good:
            checkpoint.path.unlink(missing_ok=True)  # another batch prunes too
            gone.append(checkpoint)
    return gone
