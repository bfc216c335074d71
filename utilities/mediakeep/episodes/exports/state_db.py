"""state.db: the states of all episodes and the log of what became of them, for SQL.

The id of a log row is the number of the queue's change that it is from, and a number within it. So
each change is logged once, whoever does that, and the last id says what is logged already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mediakeep.episodes.exports import document
from mediakeep.episodes.item import EpisodeItem, get_state
from mediakeep.episodes.states import (
    TRIED,
    ProcessingStage,
    can_transition,
    find_transitions,
)
from mediakeep.item import Item
from mediakeep.queue.change_events import PATCHES
from mediakeep.sqlite import database_files, export_file

FILE = "state.db"
_NAMES = ", ".join(f"'{stage}'" for stage in ProcessingStage)
# The constraints are for checks of a damaged file.
_SCHEMA = f"""
CREATE TABLE episode_states(
  episode_id TEXT PRIMARY KEY, archive_identifier TEXT NOT NULL UNIQUE, date TEXT, title TEXT,
  stage TEXT NOT NULL, status_message TEXT, last_updated TEXT, youtube_video_id TEXT,
  scheduled_date TEXT, published_date TEXT, error_count INTEGER NOT NULL);
CREATE INDEX episode_stage ON episode_states(stage, date);
CREATE TABLE processing_log(
  id INTEGER PRIMARY KEY, episode_id TEXT NOT NULL REFERENCES episode_states ON DELETE CASCADE,
  timestamp TEXT NOT NULL CHECK(
    strftime('%Y-%m-%dT%H:%M:%S+00:00', timestamp) IS timestamp),
  stage TEXT NOT NULL CHECK(stage IN ({_NAMES})),
  event TEXT NOT NULL CHECK(
    event IN ('discovered', 'transition', 'waiting', 'error', 'reset', 'changed')),
  details TEXT NOT NULL);
CREATE INDEX log_episode ON processing_log(episode_id, id)
"""
_APPLICATION_ID = 0x6D6B6571  # "mkeq": "mkep" had no constraints
_SHIFT = 24  # bits of the number within a change
_SETTLED = {"completed": ProcessingStage.PUBLISHED, "skipped": ProcessingStage.SKIPPED}
_OPS = frozenset({"add", "claim", "stage", "settle", "reset", "park", "mark"})


class StateDatabase:
    """The database in a state directory, open for changes; raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = export_file.open_export(path, _SCHEMA, _APPLICATION_ID)
        self._identity = database_files.file_identity(path)

    def is_in_place(self) -> bool:
        """Return whether the open file is still the one at its path."""
        return database_files.file_identity(self._path) == self._identity

    def read_last_change(self) -> int:
        """Return the number of the last change that was logged, or 0."""
        query = "SELECT coalesce(max(id), 0) FROM processing_log"
        return int(self._connection.execute(query).fetchone()[0]) >> _SHIFT

    def write(
        self,
        rows: Iterable[tuple[EpisodeItem, str]],
        gone: Iterable[str],
        events: Iterable[Mapping[str, Any]],
        items: Mapping[str, Item],
    ) -> None:
        """Store the items with their times, remove those that are gone, and log events.

        `gone` are ids of episodes. `items` are all items by key, as events name them.
        """
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "DELETE FROM episode_states WHERE episode_id = ?", ((name,) for name in gone)
            )
            connection.executemany(_UPSERT, (build_row(item, time) for item, time in rows))
            for event in events:
                if event["op"] in _OPS:
                    self._log(event, items)

    def read_ids(self) -> set[str]:
        """Return the ids of all episodes."""
        return {
            name for (name,) in self._connection.execute("SELECT episode_id FROM episode_states")
        }

    def close(self) -> None:
        self._connection.close()

    def _log(self, event: Mapping[str, Any], items: Mapping[str, Item]) -> None:
        number = event["seq"] << _SHIFT
        for key in event.get("items") or [event.get("item")]:
            if key in items:
                name = items[key].output_name
                patch = event.get(PATCHES, {}).get(key) or {}
                for row in self._build_log_rows(event, name, patch):
                    number += 1
                    self._connection.execute(_INSERT_LOG, (number, name, event["time"], *row))

    def _build_log_rows(
        self, event: Mapping[str, Any], name: str, patch: Mapping[str, Any]
    ) -> Iterator[tuple[str, str, str]]:
        """Yield stage, event and details of each row on a change of an episode.

        A change that leads over several states, such as one that skips a failed episode, has a row
        for each transition.
        """
        query = "SELECT stage FROM processing_log WHERE episode_id = ? AND id < ? ORDER BY id DESC"
        found = self._connection.execute(query, (name, event["seq"] << _SHIFT)).fetchone()
        last = found[0] if found else ProcessingStage.DISCOVERED
        stage = patch.get("processing_stage") or ""
        details = str(event.get("error") or patch.get("skip_reason") or event.get("why") or "")
        match event["op"]:
            case "park":
                yield last, "waiting", details
            case "reset":
                new = stage or event.get("to") or ProcessingStage.DISCOVERED
                yield new, "transition" if can_transition(last, new) else "reset", details
            case "add" if not found:
                yield stage or ProcessingStage.DISCOVERED, "discovered", details
            case _:
                new = _find_new_stage(event, stage)
                path = find_transitions(last, new) if new else ()
                for state in path or ():
                    yield state, "transition", details
                if path is None or (not path and event.get("state") == "error"):
                    yield new, "changed" if path is None else "error", details


def _find_new_stage(event: Mapping[str, Any], claimed: str) -> str:
    """Return the state to which a change led an episode, or "" if it did not."""
    if event["op"] == "stage":
        return str(event.get("next", ""))
    if event["op"] == "settle" and event.get("state") == "error":
        stage = str(event.get("stage", ""))
        return ProcessingStage.FAILED if stage in TRIED.values() else stage
    return _SETTLED.get(str(event.get("state")), claimed)


def build_row(item: EpisodeItem, time: str) -> tuple[Any, ...]:
    return (
        *(item.output_name, item.path, item.date, item.title, get_state(item)),
        *(document.get_status_message(item), time, item.video_id or None),
        *(item.scheduled_date or None, item.published_date or None, len(item.errors)),
    )


_COLUMNS = (
    *("episode_id", "archive_identifier", "date", "title", "stage", "status_message"),
    *("last_updated", "youtube_video_id", "scheduled_date", "published_date", "error_count"),
)
TIME_COLUMN = _COLUMNS.index("last_updated")
_UPSERT = (
    f"INSERT INTO episode_states VALUES({', '.join('?' * len(_COLUMNS))})"
    " ON CONFLICT(episode_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
)
_INSERT_LOG = "INSERT OR IGNORE INTO processing_log VALUES(?, ?, ?, ?, ?, ?)"
