"""The changes of a queue since a certain one, as history events, for exports that follow it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from mediakeep.queue import journal
from mediakeep.queue.history import event_log
from mediakeep.queue.journal import SEAL, JournalRecord
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER

# Fields of an event that only journals have: the field changes of its items, by key.
PATCHES = "patches"


def build_event(record: JournalRecord) -> dict[str, Any]:
    """Return the event of a journal record, together with the field changes of its items."""
    return {**event_log.build_event(record), PATCHES: record.items}


def read_events(folder: Path, since: int) -> list[dict[str, Any]]:
    """Return the changes after number `since`, oldest first.

    The latest ones are read from the journals, and those before, without claims and the like, from
    the history. The caller must hold the lock of the queue, or allow for changes that are missing.
    """
    records: list[JournalRecord] = []
    for path in sorted((folder / JOURNAL_FOLDER).glob("*.jsonl"), reverse=True):
        records[:0] = [record for record in journal.read(path).records if record.op != SEAL]
        header = journal.read_header(path)
        if header is None or header.seq <= since:
            break
    first = records[0].seq if records else float("inf")
    older: list[dict[str, Any]] = []
    if first > since + 1:
        files = map(event_log.iter_events, event_log.list_files(folder))
        events = (event for _, event in itertools.chain.from_iterable(files))
        older = [event for event in events if since < event["seq"] < first]
    return [*older, *(build_event(record) for record in records if record.seq > since)]
