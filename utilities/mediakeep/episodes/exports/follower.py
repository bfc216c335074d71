"""Keep the exports of the queue of episodes up to date: YAML files, index.json and state.db.

state.db comes last, as it says what is exported. Reports are written at the end of a batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from mediakeep import clock, line_file
from mediakeep.episodes.exports import document, reports
from mediakeep.episodes.exports.state_db import StateDatabase
from mediakeep.episodes.item import EpisodeItem, list_episodes
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.queue import export_folder
from mediakeep.queue.follower import Events, QueueFollower, list_keys
from mediakeep.queue.state import QueueState

INDEX_FILE = "index.json"


class ExportFollower(QueueFollower):
    """The exports of one queue of episodes."""

    def __init__(self, queue_folder: Path) -> None:
        settings = export_folder.read_settings(EpisodeSettings, queue_folder)
        super().__init__(queue_folder, locate_exports(queue_folder))
        self._uploads_a_day = settings.episodes.youtube.limits.uploads
        self._settings = settings.state_management
        self._index = self.folder / INDEX_FILE
        self._database: StateDatabase | None = None

    def find_position(self, known: int) -> int:
        if not (self._database and self._database.is_in_place()):
            self.close()
            export_folder.write_place(self.folder, self.queue_folder)
            self._database = StateDatabase(self.folder / self._settings.database_file)
            known = self._database.read_last_change()
        return known if self._index.exists() else 0

    def export(self, state: QueueState, events: Events, time: str) -> None:
        items = (state.items.get(key) for key in list_keys(events))
        changed = [item for item in items if isinstance(item, EpisodeItem)]
        rows = [(item, self._write_document(item, time)) for item in changed]
        line_file.update(
            self._index, build_index(changed), lambda: build_index(list_episodes(state))
        )
        assert self._database
        self._database.write(rows, (), events, state.items)

    def compare(self, state: QueueState, events: Events) -> None:
        items = list_episodes(state)
        rows = [(item, self._write_document(item, "")) for item in items]
        line_file.check(self._index, build_index(items))
        assert self._database
        gone = self._database.read_ids() - {item.output_name for item in items}
        self._database.write(rows, gone, events, state.items)

    def end_batch(self, state: QueueState, time: str) -> None:
        now = datetime.fromisoformat(time)
        reporting = self._settings.reporting
        reports.write_reports(self.folder, reporting, state, now, self._uploads_a_day)

    def close(self) -> None:
        if self._database:
            self._database.close()

    def _write_document(self, item: EpisodeItem, time: str) -> str:
        retention = self._settings.retention
        if not retention.yaml_files:
            return time or document.get_last_change_time(item)
        now = datetime.fromisoformat(time) if time else clock.now()
        is_packed = retention.compress_old and document.may_be_packed(item, now)
        return document.update(self.folder, item, time, packed=is_packed)


def locate_exports(queue_folder: Path) -> Path:
    """Return the folder of the exports of a queue, which is the state directory or below it."""
    settings = export_folder.read_settings(EpisodeSettings, queue_folder)
    folder = settings.below_home(settings.state_management.state_directory)
    return export_folder.locate(queue_folder, folder)


def build_index(items: Iterable[EpisodeItem]) -> dict[str, dict[str, str]]:
    """Return the content of index.json: the entries of episodes by id."""
    return {item.output_name: document.build_index_entry(item) for item in items}
