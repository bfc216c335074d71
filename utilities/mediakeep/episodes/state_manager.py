"""The states of episodes for Python programs: a thin layer over the queue.

All times are ISO 8601 in UTC. Each call reads the queue, so it sees what batches have done.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from mediakeep import clock
from mediakeep.episodes.exports import reports
from mediakeep.episodes.exports.document import EpisodeState
from mediakeep.episodes.item import EPISODES, EpisodeItem, get_state, list_episodes
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.episodes.states import ProcessingStage, can_transition
from mediakeep.errors import UsageError
from mediakeep.item import Item, Status
from mediakeep.outcome import Outcome
from mediakeep.pages import table_report
from mediakeep.queue import actions, export_folder, incremental_reader, stage_edits
from mediakeep.queue.claims import PendingQueue
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.state import QueueState
from mediakeep.sqlite import export_file


class StateManager:
    """The episodes of a state directory, in the queue that it belongs to.

    The folder of the queue is in a file of the directory, unless it is given. Raise UsageError if
    that is missing, NoQueue if the queue is gone, and StateDamaged if the queue cannot be read.
    """

    def __init__(self, state_dir: str | Path, queue_folder: Path | None = None) -> None:
        self.folder = Path(state_dir)
        place = queue_folder or export_folder.find_queue_folder(self.folder)
        self.location = locate_queue(place)
        self.settings = export_folder.read_settings(EpisodeSettings, place)
        self._reader = incremental_reader.IncrementalReader(self.location.folder, EPISODES)

    @property
    def state(self) -> QueueState:
        """The queue as of its last change."""
        return self._reader.read()

    def find_key(self, episode_id: str) -> str:
        """Return the key of an episode in the queue; raise NoSuchItem if there is none."""
        matches = (key for key, item in self.state.items.items() if item.output_name == episode_id)
        return next(matches, "") or actions.find_item_key(self.state, episode_id)

    def get_episode_state(self, episode_id: str) -> EpisodeState:
        """Return the state of an episode; raise NoSuchItem if there is none."""
        (state,) = self.build_states([self.state.items[self.find_key(episode_id)]])
        return state

    def build_states(self, items: Iterable[Item | None]) -> list[EpisodeState]:
        """Return the states of queue items, with the times that their exports have."""
        times = dict(self.read_table("SELECT episode_id, last_updated FROM episode_states")[0])
        return [
            EpisodeState.from_item(item, times.get(item.output_name, ""))
            for item in items
            if isinstance(item, EpisodeItem)
        ]

    def read_table(self, query: str, *, checked: bool = False) -> tuple[list[tuple[Any, ...]], str]:
        """Return rows of state.db, or why it cannot be read; see `export_file.read_rows`."""
        path = self.folder / self.settings.state_management.database_file
        try:
            return export_file.read_rows(path, query, checked=checked), ""
        except sqlite3.Error as error:
            return [], f"{path.name} is damaged or missing: {error}. The next batch recreates it"

    def get_episodes_by_stage(self, stage: str) -> list[EpisodeState]:
        """Return the episodes in a state."""
        wanted, items = ProcessingStage(stage), list_episodes(self.state)
        return self.build_states(item for item in items if get_state(item) is wanted)

    def get_latest(self, limit: int = 10) -> list[EpisodeState]:
        """Return the episodes that changed last, the latest first."""
        states = self.build_states(self.state.items.values())
        return sorted(states, key=lambda state: state.last_updated, reverse=True)[:limit]

    def get_next_for_processing(self, stage: str, limit: int = 10) -> list[EpisodeState]:
        """Return the episodes in a state that batches take next, at most `limit`."""
        state, wanted = self.state, ProcessingStage(stage)
        now = clock.format_iso(self.location.now())
        keys = PendingQueue(state).peek_keys(len(state.items), now)
        items = [item for key in keys if (item := state.items[key]).not_before <= now]
        return self.build_states([item for item in items if get_state(item) is wanted][:limit])

    def count_all_episodes(self) -> int:
        """Return the number of all episodes."""
        return len(self.state.items)

    def count_by_stage(self) -> dict[ProcessingStage, int]:
        """Return the number of episodes in each state."""
        counts = Counter(map(get_state, list_episodes(self.state)))
        return {stage: counts[stage] for stage in ProcessingStage}

    def update_state(
        self,
        episode_id: str,
        new: str,
        message: str = "",
        *,
        timeout: float = stage_edits.LOCK_TIMEOUT,
    ) -> EpisodeState:
        """Change the state of an episode, and return it.

        Raise UsageError if the transition is not legal, and LockNotAcquired if another session
        processes the episode for longer than `timeout` seconds.
        """
        key, stage = self.find_key(episode_id), ProcessingStage(new)
        change = partial(_change_state, key=key, stage=stage, message=message)
        self.change_queue([key], change, timeout)
        return self.get_episode_state(episode_id)

    def change_queue(
        self,
        keys: Sequence[str],
        change: Callable[[Queue], object],
        timeout: float = stage_edits.LOCK_TIMEOUT,
    ) -> None:
        """Call a function with the open queue, as `stage_edits.change_queue` does."""
        with Queue.open(self.location, EPISODES) as queue:
            stage_edits.change_queue(queue, keys, change, timeout)


def _change_state(queue: Queue, key: str, stage: ProcessingStage, message: str) -> None:
    """Record a transition; raise UsageError if it is not legal, ItemInUse if it is claimed."""

    def check(item: Item) -> None:
        if not can_transition(old := get_state(item), stage):
            raise UsageError(
                f"{item.output_name} cannot change from {old} to {stage}. Nothing was changed."
            )

    check(queue.state.items[key])
    if stage is ProcessingStage.SKIPPED:
        stage_edits.skip_item(queue, key, message or "skipped by hand", check)
    elif get_state(queue.state.items[key]) is ProcessingStage.FAILED:
        stage_edits.reset_to_stage(queue, key, stage, check)
    else:
        ends = {
            ProcessingStage.PUBLISHED: Outcome(message=message),
            ProcessingStage.FAILED: Outcome(Status.ERROR, message or "set by hand"),
        }
        outcome = ends.get(stage) or Outcome(message=message, next_stage=stage)
        stage_edits.end_stage(queue, key, outcome, check)


def identify_incomplete(manager: StateManager) -> list[EpisodeState]:
    """Return the episodes that have begun and are neither published nor skipped."""
    ended = {ProcessingStage.DISCOVERED, ProcessingStage.PUBLISHED, ProcessingStage.SKIPPED}
    items = list_episodes(manager.state)
    return manager.build_states(item for item in items if get_state(item) not in ended)


def resume_processing(manager: StateManager) -> list[str]:
    """Let the next batch take all incomplete episodes that wait or failed; return their ids.

    Episodes of a batch that was killed are released as well.
    """
    names = {state.episode_id for state in identify_incomplete(manager)}

    def resume(queue: Queue) -> None:
        items = queue.state.items
        keys = [key for key, item in items.items() if item.output_name in names]
        queue.unpark(keys)
        for key in keys:
            if items[key].status is Status.ERROR:
                stage_edits.reset_to_stage(queue, key, EPISODES.get_stage(items[key]))

    manager.change_queue((), resume)
    return sorted(names)


def generate_summary(manager: StateManager) -> reports.EpisodeSummary:
    """Return the summary of all episodes, as in summary.json."""
    a_day = manager.settings.episodes.youtube.limits.uploads
    return reports.generate_summary(manager.state, clock.now(), a_day)


def generate_html_report(manager: StateManager, days: int = 1) -> str:
    """Return the report on the last days as an HTML page."""
    begin = clock.now() - timedelta(days=days)
    period = f"{begin.date()} to {clock.now().date()}"
    summary = generate_summary(manager)
    report = reports.build_report(manager.state, summary, begin, period)
    return table_report.render_html(report)
