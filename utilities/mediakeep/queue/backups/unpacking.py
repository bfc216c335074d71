"""Unpack a backup into a folder, verify it, and check that its queue can be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mediakeep import files
from mediakeep.errors import ItemFailed, StateDamaged
from mediakeep.kinds import Kind
from mediakeep.queue import snapshot
from mediakeep.queue.backups import archive
from mediakeep.queue.backups.archive import Head
from mediakeep.queue.backups.blocks import Entry


def run(path: Path, kind: Kind, folder: Path) -> Head:
    """Unpack a backup; raise ItemFailed if writing fails, StateDamaged if it is damaged."""

    def take(entry: Entry, content: Iterator[bytes]) -> None:
        try:
            _write(folder / entry.name, entry, content)
        except OSError as error:
            raise ItemFailed(
                f"{files.display_path(entry.name)} cannot be unpacked into"
                f" {files.display_path(folder)}:"
                f" {error.strerror}. Nothing was changed."
            ) from error

    head = archive.read(path, kind.name, take)
    _prove(folder / "status" / kind.name / snapshot.FILE, kind, path)
    return head


def _prove(queue: Path, kind: Kind, path: Path) -> None:
    """Check that this version can read the queue; a newer mediakeep may have written it."""
    try:
        snapshot.load(queue, kind)
    except StateDamaged as error:
        shown = f"The {snapshot.FILE} in {files.display_path(path)}"
        raise StateDamaged(str(error).replace(files.display_path(queue), shown)) from error


def _write(path: Path, entry: Entry, content: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:
        for piece in content:
            stream.write(piece)
        stream.flush()
        os.fchmod(stream.fileno(), entry.mode | 0o600)
        if entry.name.startswith("status/"):
            files.sync_data(stream.fileno())
    os.utime(path, (entry.mtime, entry.mtime))
