"""The archive of retired items, which left the queue for good, one item per line.

    {"seq":1834,"time":"2025-12-17T10:00:05+00:00","key":"U2","item":{"status":"completed",...}}

There is one file for each month. A line is synced before its item leaves the queue, so an item is
retired if the archive has it and the queue does not. If a crash came between the two, the item is
still in the queue, and the line is removed when the next one is appended.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from mediakeep.errors import StateDamaged
from mediakeep.item import Item, ScannedItem
from mediakeep.kinds import Kind
from mediakeep.queue.history import event_log
from mediakeep.untrusted_files import decode_json

FOLDER = "archive"


class ArchiveLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the archive: an item that was retired, and the number of that change."""

    seq: int
    time: str
    key: str
    item: msgspec.Raw


def append_items(folder: Path, seq: int, time: str, items: Mapping[str, Item]) -> None:
    """Append items to the archive of a queue, and sync it; the caller must hold its lock.

    `seq` is the number of the change that will retire them. Lines from this number on, left by a
    crash, are removed first.
    """
    if not items:
        return
    lines = (
        ArchiveLine(seq=seq, time=time, key=key, item=msgspec.Raw(msgspec.json.encode(item)))
        for key, item in items.items()
    )
    path = folder / FOLDER / f"{time[:7]}.jsonl"
    if path.exists():
        os.truncate(path, _find_end(path.read_bytes(), seq))
    event_log.append_synced(path, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


def _find_end(data: bytes, seq: int) -> int:
    """Return the byte offset after the last line of a change before number `seq`."""
    end = offset = 0
    for text in data.splitlines(keepends=True):
        offset += len(text)
        line = _decode_line(text)
        if line and line.seq < seq:
            end = offset
    return end


def list_files(folder: Path) -> list[Path]:
    """List the files of the archive, oldest first."""
    return sorted((folder / FOLDER).glob("[0-9]*-[0-9]*.jsonl"))


def find_damaged_lines(folder: Path, last_seq: int) -> Iterator[tuple[Path, int]]:
    """Yield file and line number of each damaged line that a later line up to `last_seq` follows.

    Other damaged lines were left by a crash before their change.
    """
    for path in list_files(folder):
        damaged: list[int] = []
        for number, text in enumerate(path.read_bytes().splitlines(keepends=True), 1):
            line = _decode_line(text)
            if line is None:
                damaged.append(number)
            elif line.seq <= last_seq:
                yield from ((path, one) for one in damaged)
                damaged.clear()


def _decode_line(text: bytes) -> ArchiveLine | None:
    """Return the content of a line, or None if it is damaged or incomplete."""
    if not text.endswith(b"\n"):
        return None
    try:
        return decode_json(text, ArchiveLine)
    except msgspec.DecodeError:
        return None


def load_retired(
    folder: Path, kind: Kind, present: Iterable[str] = (), since: int = 0
) -> dict[str, Item]:
    """Return the items in the archive, except for those with a key in `present`.

    With `since`, return only those that were retired after this change. Damaged lines are ignored;
    --validate-queue reports them. Raise StateDamaged if an item is not one of this kind.
    """
    newest: dict[str, ArchiveLine] = {}
    for path in list_files(folder):
        for line in map(_decode_line, path.read_bytes().splitlines(keepends=True)):
            if line and (line.key not in newest or line.seq > newest[line.key].seq):
                newest[line.key] = line
    known = set(present)
    return {
        key: _decode_item(folder, kind, line)
        for key, line in newest.items()
        if key not in known and line.seq > since
    }


def _decode_item(folder: Path, kind: Kind, line: ArchiveLine) -> Item:
    try:
        return decode_json(line.item, kind.item_type)
    except msgspec.MsgspecError as error:
        raise StateDamaged(
            f'{folder / FOLDER}: {kind.noun} "{line.key}": {error}. Nothing was changed. Restore'
            " the file from a backup, or update mediakeep."
        ) from error


def is_retired(
    entry: ScannedItem, retired: Mapping[str, Item], paths: set[tuple[str, str]]
) -> bool:
    """Return whether a scan found an item that was retired and has not changed since.

    `paths` are the path and the fingerprint of each retired item.
    """
    item = retired.get(entry.key)
    same_key = item is not None and item.fingerprint == entry.fingerprint
    return same_key or (entry.path, entry.fingerprint) in paths


def exclude_retired(
    scanned: Iterable[ScannedItem], retired: Mapping[str, Item]
) -> list[ScannedItem]:
    """Return the entries of a scan without the retired items that have not changed since."""
    paths = {(item.path, item.fingerprint) for item in retired.values()}
    return [entry for entry in scanned if not is_retired(entry, retired, paths)]
