"""Keep the exports of the queue of episodes up to date.

1. After each commit, the changes since the last one are read: from the commit, or from the journal
   and the history if other processes have changed the queue, or if this one was killed before.
2. YAML files and index.json are written for the episodes of these changes.
3. Their rows in state.db, and the log of the changes, are committed.

A kill before the last step repeats the others. At the begin of a batch, and if a file is missing,
all exports are compared with the queue; what is missing, truncated or foreign is made new. At the
end of a batch, the reports are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mediakeep import atomic_files, config, line_file
from mediakeep.episodes.exports import document, reports, state_folder
from mediakeep.episodes.exports.state_db import StateDatabase
from mediakeep.episodes.item import EPISODES, EpisodeItem, list_episodes
from mediakeep.kinds import Kind
from mediakeep.queue import change_events
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.state import QueueState

INDEX_FILE = "index.json"
_LOCK = ".exports.lock"
# Changes of single items. After any other one, such as a restore, all exports are compared.
_SMALL = frozenset(
    {"add", "claim", "release", "retry", "stage", "settle", "park", "unpark", "reset"}
)
_WITHOUT_ITEMS = frozenset({"end", "part"})


class ExportFollower:
    """The exports of one queue, as one process writes them."""

    def __init__(self, queue_folder: Path, _: Kind = EPISODES) -> None:
        self._queue_folder = queue_folder
        settings = state_folder.read_settings(config.find_queue_home(queue_folder))
        self.folder = state_folder.locate(queue_folder, settings)
        self._uploads_a_day = settings.episodes.youtube.limits.uploads
        self.settings = settings.state_management
        self._index = self.folder / INDEX_FILE
        self._database: StateDatabase | None = None
        self._position = 0  # number of the last change that was exported

    def follow(self, state: QueueState, record: JournalRecord) -> None:
        """Export a change of the queue; raise OSError or sqlite3.Error."""
        atomic_files.make_folder(self.folder)
        with atomic_files.exclusive_lock(self.folder / _LOCK):
            database = self._open_database()
            if self._position == record.seq - 1:
                events = [change_events.build_event(record)]
            else:
                events = change_events.read_events(self._queue_folder, self._position)
            is_small = {event["op"] for event in events} <= _SMALL
            if self._position and is_small and self._index.exists():
                self._export(database, state, events, record.time)
            else:
                self._check(database, state, events)
            if record.op == "end":
                now = datetime.fromisoformat(record.time)
                reports.write_reports(
                    self.folder, self.settings.reporting, state, now, self._uploads_a_day
                )
            self._position = record.seq

    def check(self, state: QueueState) -> None:
        """Compare all exports with the queue, and make new what differs."""
        atomic_files.make_folder(self.folder)
        with atomic_files.exclusive_lock(self.folder / _LOCK):
            database = self._open_database()
            events = change_events.read_events(self._queue_folder, self._position)
            self._check(database, state, events)
            self._position = state.seq

    def close(self) -> None:
        """Close the database."""
        if self._database:
            self._database.close()

    def _open_database(self) -> StateDatabase:
        """Return the database, and find out what was exported if it was not open."""
        if self._database and self._database.is_in_place():
            return self._database
        self.close()
        state_folder.write_home_file(self.folder, self._queue_folder)
        self._database = StateDatabase(self.folder / self.settings.database_file)
        self._position = self._database.read_last_change()
        return self._database

    def _export(
        self,
        database: StateDatabase,
        state: QueueState,
        events: Iterable[Mapping[str, Any]],
        time: str,
    ) -> None:
        keys = {key for event in events for key in event.get("items") or [event.get("item")]}
        changed = [item for key in keys if isinstance(item := state.items.get(key), EpisodeItem)]
        rows = [(item, self._write_document(item, time)) for item in changed]
        line_file.update(
            self._index, build_index(changed), lambda: build_index(list_episodes(state))
        )
        database.write(rows, (), events, state.items)

    def _check(
        self, database: StateDatabase, state: QueueState, events: Iterable[Mapping[str, Any]]
    ) -> None:
        items = list_episodes(state)
        rows = [(item, self._write_document(item, "")) for item in items]
        names = {item.output_name for item in items}
        line_file.check(self._index, build_index(items))
        database.write(rows, database.read_ids() - names, events, state.items)

    def _write_document(self, item: EpisodeItem, time: str) -> str:
        retention = self.settings.retention
        if not retention.yaml_files:
            return time or document.find_last_time(item)
        now = datetime.fromisoformat(time) if time else datetime.now().astimezone()
        is_packed = retention.compress_old and document.is_old(item, now)
        return document.update(self.folder, item, time, packed=is_packed)


def build_index(items: Iterable[EpisodeItem]) -> dict[str, dict[str, str]]:
    """Return the content of index.json: the entries of episodes by id."""
    return {item.output_name: document.build_index_entry(item) for item in items}
