"""Take repeated snapshots of all queues for the live dashboard.

The queue is read at every poll. The history may hold a million events; it is read again only when
it has grown, and at most one percent of the time. Disks are measured as rarely.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path

import msgspec

from mediakeep.errors import MediakeepError, NoQueue
from mediakeep.kinds import Kind
from mediakeep.queue.backups import restore_marker
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import index, queries
from mediakeep.queue.history.queries import HistoryEvent
from mediakeep.queue.incremental_reader import IncrementalReader
from mediakeep.queue.state import QueueState
from mediakeep.views import disk_usage, period_stats, review, running_sessions, summary
from mediakeep.views.disk_usage import DiskUsage
from mediakeep.views.periods import TimeZone
from mediakeep.views.report import decisions
from mediakeep.views.running_sessions import RunningSession
from mediakeep.views.running_totals import RunningTotals
from mediakeep.views.summary import KindSummary, SummaryContext

COST_FACTOR = 100  # an expensive read is repeated after this many times its own cost
HISTORY_INTERVAL, DISK_INTERVAL = 2.0, 60.0  # minimum seconds between two reads
MAX_EVENTS = 60  # recent events shown


class QueueSnapshot(msgspec.Struct, frozen=True):
    """The state of one queue at a moment; if it cannot be read, `error` says why."""

    kind: Kind
    summary: KindSummary | None
    running_sessions: list[RunningSession]
    events: list[HistoryEvent]  # newest first
    error: Exception | None = None


class HomeSnapshot(msgspec.Struct, frozen=True):
    """The state of all queues and disks of mediakeep's home folder at a moment."""

    home: Path
    now: datetime
    zone: TimeZone
    queues: list[QueueSnapshot]
    disk: DiskUsage
    accept_command: str = ""  # command that accepts the most frequent kind of proposal


class Throttle:
    """Limits how often an expensive read runs, by its CPU time and a minimum interval.

    The read runs in a `with` block, which measures its CPU time.
    """

    def __init__(self, min_seconds: float) -> None:
        self._min_interval, self._next_time, self._cpu_start = min_seconds, 0.0, 0.0
        self.cpu_seconds = 0.0  # total CPU seconds

    @property
    def is_ready(self) -> bool:
        """Return whether the read may run again now."""
        return time.monotonic() >= self._next_time

    def __enter__(self) -> None:
        self._cpu_start = time.process_time()

    def __exit__(self, *_: object) -> None:
        cost = time.process_time() - self._cpu_start
        self._next_time = time.monotonic() + max(self._min_interval, COST_FACTOR * cost)
        self.cpu_seconds += cost


class QueuePoller:
    """Takes snapshots of the queue of one kind.

    `open_reader` is called for each snapshot, if its reader is shared, and locks it.
    """

    def __init__(
        self,
        location: QueueLocation,
        kind: Kind,
        accepting: Callable[[str], str] = lambda _: "",
        open_reader: Callable[[], AbstractContextManager[IncrementalReader]] | None = None,
    ) -> None:
        self.kind, self._location = kind, location
        self.accept_command = (
            accepting  # the command that accepts proposals of an issue kind, or ""
        )
        reader = IncrementalReader(location.folder, kind)
        self._open_reader = open_reader or (lambda: nullcontext(reader))
        self._state: QueueState | None = None
        self._totals: RunningTotals | None = None
        self._history_throttle, self._reload_throttle = Throttle(HISTORY_INTERVAL), Throttle(0.0)
        self._history_position: object = None  # end of the history at the last read
        self._summary: KindSummary | None = None
        self._events: list[HistoryEvent] = []
        self.library = ""

    @property
    def has_folder(self) -> bool:
        """Whether there is a folder of the queue, or of an unfinished restore."""
        folder = self._location.folder
        return folder.exists() or restore_marker.marker_folder(folder).exists()

    def poll(self, context: SummaryContext) -> QueueSnapshot:
        """Return a snapshot of the queue; raise NoQueue or StateDamaged if it cannot be read."""
        with self._open_reader() as reader:
            return self._poll(reader, context)

    def _poll(self, reader: IncrementalReader, context: SummaryContext) -> QueueSnapshot:
        state, totals = self._read_queue(reader)
        reached = reader.position, period_stats.history_slot_at(context.now)
        if self._summary is None or (
            reached != self._history_position and self._history_throttle.is_ready
        ):
            with self._history_throttle:
                self._summary = self._read_summary(reader, state, context, totals)
            self._history_position = reached
        self.library = state.head.library_path
        account = msgspec.structs.replace(
            self._summary,
            status=summary.build_queue_status(state, self._summary.pace, totals),
            failed_items=summary.list_failed_items(self.kind, totals),
        )
        return QueueSnapshot(
            self.kind,
            account,
            running_sessions.list_running_sessions(self._location, state.items),
            self._events,
        )

    def _read_queue(self, reader: IncrementalReader) -> tuple[QueueState, RunningTotals]:
        if self._totals and self._state and reader.update() and reader.state is self._state:
            return self._state, self._totals
        self._totals = None
        with self._reload_throttle:
            self._state = reader.read()
            self._totals = RunningTotals(self._state)
        self._state.listener = self._totals.update
        return self._state, self._totals

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds spent so far on reads that are not made at every poll."""
        return self._history_throttle.cpu_seconds + self._reload_throttle.cpu_seconds

    def _read_summary(
        self,
        reader: IncrementalReader,
        state: QueueState,
        context: SummaryContext,
        totals: RunningTotals,
    ) -> KindSummary:
        def ask(connection: sqlite3.Connection) -> KindSummary:
            events = queries.read_recent_events(connection, MAX_EVENTS)
            self._events = [_add_name(event, state) for event in events]
            return summary.summarize_with_index(connection, state, context, totals)

        tail = reader.read_journal()
        return index.query_history_index(self._location.folder, ask, tail, self.kind)

    def unreadable_snapshot(self, error: Exception) -> QueueSnapshot:
        """Return a snapshot for a queue that cannot be read: the error, and running sessions."""
        return QueueSnapshot(
            self.kind,
            None,
            running_sessions.list_running_sessions(self._location),
            self._events,
            error,
        )


def _add_name(event: HistoryEvent, state: QueueState) -> HistoryEvent:
    """Return an event with the name of its item, if the queue has one for it."""
    item = state.items.get(event.item)
    return msgspec.structs.replace(event, name=item.name) if item and item.name else event


def _modification_time(path: Path) -> float:
    """Return the modification time of a file in seconds, or 0 if it does not exist."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


class HomePoller:
    """Takes snapshots of all queues and disks of mediakeep's home folder."""

    def __init__(self, home: Path, pollers: Sequence[QueuePoller], folders: Sequence[Path]) -> None:
        self._home, self._pollers, self._folders = home, pollers, folders
        self._seen: set[str] = set()  # kinds that had a queue in an earlier poll
        self._disk_throttle = Throttle(DISK_INTERVAL)
        self._disk: DiskUsage | None = None
        self._review_throttle, self._review_time = Throttle(HISTORY_INTERVAL), 0.0
        self._accept_command = ""

    def poll(self, context: SummaryContext) -> HomeSnapshot:
        """Return a snapshot of all queues and disks; raise NoQueue if there never was a queue."""
        snapshots, missing = [], None
        present = [it for it in self._pollers if it.kind.name in self._seen or it.has_folder]
        for watch in present or self._pollers:
            try:
                snapshots.append(watch.poll(context))
                self._seen.add(watch.kind.name)
            except NoQueue as error:
                missing = missing or error
                if watch.kind.name in self._seen:
                    snapshots.append(watch.unreadable_snapshot(error))
            except (MediakeepError, OSError) as error:
                snapshots.append(watch.unreadable_snapshot(error))
        if missing and not snapshots:
            raise missing
        accept = self._refresh_accept_command()
        return HomeSnapshot(
            self._home, context.now, context.zone, snapshots, self._measure_disk(), accept
        )

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds spent so far on reads that are not made at every poll."""
        return (
            self._disk_throttle.cpu_seconds
            + self._review_throttle.cpu_seconds
            + sum(watch.cpu_seconds for watch in self._pollers)
        )

    def _refresh_accept_command(self) -> str:
        """Return the command that accepts the most frequent kind of proposal, or "".

        It is only searched for again if the review list has changed and the throttle allows it.
        """
        seen = _modification_time(self._home / review.FILE)
        if seen != self._review_time and self._review_throttle.is_ready:
            with self._review_throttle:
                self._accept_command = self._find_accept_command()
            self._review_time = seen
        return self._accept_command

    def _find_accept_command(self) -> str:
        proposed = decisions.kinds_with_proposals(self._home)
        kinds = [
            (watch, kind) for watch in self._pollers for kind in proposed.get(watch.kind.name, ())
        ]
        return next(filter(None, (watch.accept_command(kind) for watch, kind in kinds)), "")

    def _measure_disk(self) -> DiskUsage:
        if self._disk is None or self._disk_throttle.is_ready:
            libraries = {f"{watch.kind.name} library": watch.library for watch in self._pollers}
            with self._disk_throttle:
                self._disk = disk_usage.measure_disk(self._home, self._folders, libraries)
        return self._disk
