"""The history: every settle, stage, reset, restore and session, kept permanently.

It has one event per line:

    {"seq":1834,"time":"2025-12-17T10:00:05+00:00","op":"settle","session":"20251217_session_001",
     "item":"U2","state":"completed","seconds":1.2,"issues":{"missing-cover":2},"open_ids":[...]}

There is one file for each month. Events come from journals, each once and in order, and are synced
before their journal may be removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files
from mediakeep.item import MAX_NUMBER
from mediakeep.queue.journal import SEAL, JournalRecord
from mediakeep.untrusted_files import JsonDecoder

FOLDER = "history"
TRANSIENT_OPS = frozenset({SEAL, "claim", "release", "part", "retry"})  # not kept
SETTLE_OP = "settle"
_TAIL_SIZE = 1 << 16
_decoder: JsonDecoder[Any] = JsonDecoder(object)


def format_line(record: JournalRecord) -> bytes:
    """Return the history line of a journal record."""
    return msgspec.json.encode(build_event(record)) + b"\n"


def build_event(record: JournalRecord) -> dict[str, Any]:
    """Return the history event of a journal record: the part of it that is kept permanently."""
    fields: dict[str, Any] = {"seq": record.seq, "time": record.time, "op": record.op}
    if record.session:
        fields["session"] = record.session
    if len(record.items) == 1:
        fields["item"] = next(iter(record.items))
    elif record.items:
        fields["items"] = list(record.items)
    fields |= _build_states(record)
    return {**fields, **record.facts, **fields}  # facts of a worker never replace these


def _build_states(record: JournalRecord) -> dict[str, Any]:
    """Return the statuses that a change gave its items, as fields of its history event.

    The field is `state` if all are the same, else `states` in the order of the items. A settle has
    a field of its own for it.
    """
    states = [str((changes or {}).get("status") or "") for changes in record.items.values()]
    if record.op == SETTLE_OP or not any(states):
        return {}
    return {"states": states} if len(set(states)) > 1 else {"state": states[0]}


def append_missing(folder: Path, records: Sequence[JournalRecord]) -> None:
    """Append the journal records that are not in the history yet, and sync the files."""
    if not records:
        return
    last = max((_cut_torn_lines(path, records[0].seq) for path in list_files(folder)), default=0)
    months: dict[str, list[bytes]] = {}
    for record in records:
        if record.seq > last and record.op not in TRANSIENT_OPS:
            months.setdefault(record.time[:7], []).append(format_line(record))
    for month, lines in months.items():
        append_synced(folder / FOLDER / f"{month}.jsonl", b"".join(lines))


def _cut_torn_lines(path: Path, first: int) -> int:
    """Truncate a history file at the first damaged event from number `first` on.

    Return the number of the last event left. Everything after the damage is removed, because a
    power loss may lose a line and keep the next one. The journal records still contain all of it.
    """
    last, (offset, lines) = 0, _read_lines_since(path, first)
    for text in lines:
        event = parse_event(text) if text.endswith(b"\n") else None
        if event is None:
            with atomic_files.open_handle(path, os.O_RDWR) as handle:
                os.ftruncate(handle, offset)
            break
        last, offset = event["seq"], offset + len(text)
    return last


def _read_lines_since(path: Path, first: int) -> tuple[int, list[bytes]]:
    """Return the lines after the last event before number `first`, and their byte offset."""
    span = _TAIL_SIZE
    while True:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            start = stream.seek(max(0, size - span))
            lines = stream.readlines()
        for number in reversed(range(len(lines))):
            event = parse_event(lines[number]) if lines[number].endswith(b"\n") else None
            if event and event["seq"] < first:
                after = lines[number + 1 :]
                return size - sum(map(len, after)), after
        if not start:
            return 0, lines
        span *= 8


def append_synced(path: Path, data: bytes) -> None:
    """Append complete lines to a file, and sync it to the disk."""
    new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_files.open_handle(path, os.O_RDWR | os.O_CREAT | os.O_APPEND) as handle:
        end = os.fstat(handle).st_size
        try:
            atomic_files.write_all(handle, data)
            atomic_files.sync_data(handle)
        except OSError:
            os.ftruncate(handle, end)
            raise
    if new:
        for parent in (path.parent, path.parent.parent):  # the folder itself may be new
            atomic_files.sync_folder(parent)


def list_files(folder: Path) -> list[Path]:
    """List the files of the history, oldest first."""
    return sorted((folder / FOLDER).glob("[0-9]*-[0-9]*.jsonl"))


def last_seq(folder: Path) -> int:
    """Return the change number of the last event in the history, or 0 if there is none.

    All files are searched, because a wrong clock may have dated newer events before older ones.
    """
    return max((_last_seq_in(path) for path in list_files(folder)), default=0)


def _last_seq_in(path: Path) -> int:
    with path.open("rb") as stream:
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL_SIZE))
        for text in reversed(stream.read().split(b"\n")[:-1]):
            if event := parse_event(text):
                return int(event["seq"])
    return max((int(event["seq"]) for _, event in iter_events(path)), default=0)


def iter_events(path: Path, offset: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the complete events of a history file from a byte offset on.

    Each event comes after the byte offset where its line ends.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        for text in stream:
            offset += len(text)
            if text.endswith(b"\n") and (event := parse_event(text)):
                yield offset, event


def parse_event(text: bytes) -> dict[str, Any] | None:
    """Return the event in a line of the history, or None if the line is damaged.

    Damaged lines are reported by --validate-queue.
    """
    try:
        event = _decoder.decode(text)
    except msgspec.DecodeError:
        return None
    return event if isinstance(event, dict) and _has_valid_fields(event) else None


def _has_valid_fields(event: dict[str, Any]) -> bool:
    """Return whether the fields of an event that are counted have the right types."""
    try:
        datetime.fromisoformat(event["time"]).astimezone()
    except (KeyError, TypeError, ValueError, OverflowError):
        return False
    alone = isinstance(event.get("item"), str) or isinstance(event.get("items", []), list)
    ids = isinstance(event.get("open_ids", []), list)
    seq = event.get("seq")
    number = isinstance(seq, int) and abs(seq) <= MAX_NUMBER
    return alone and ids and number and isinstance(event.get("op"), str)
