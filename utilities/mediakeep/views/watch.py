"""Repeated snapshots of a home: changes are read at once, expensive data less often.

The queue is read at every poll. The history, which may hold a million events, is queried again
when it has grown, and so rarely that this takes one percent of the time; likewise the disk.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from mediakeep.errors import MediakeepError, NoQueue
from mediakeep.kinds import Kind
from mediakeep.queue import index, past
from mediakeep.queue.follower import Follower
from mediakeep.queue.past import Event
from mediakeep.queue.rewrite import Place
from mediakeep.queue.state import State
from mediakeep.views import crews, disk, flows, review, summary
from mediakeep.views.crews import Crew
from mediakeep.views.disk import Disk
from mediakeep.views.periods import Zone
from mediakeep.views.report import decisions
from mediakeep.views.summary import Account, View
from mediakeep.views.sums import Sums

SHARE = 100  # an expensive read is repeated after this many times its own cost
HISTORY_REST, DISK_REST = 2.0, 60.0  # minimum seconds between two reads
EVENTS = 60  # recent events shown


class Look(msgspec.Struct, frozen=True):
    """One kind at a moment; without a summary if it cannot be read because of `error`."""

    kind: Kind
    account: Account | None
    crews: list[Crew]
    events: list[Event]  # newest first
    trouble: Exception | None = None


class Glance(msgspec.Struct, frozen=True):
    """All kinds of a home, and its disks, at a moment."""

    home: Path
    now: datetime
    zone: Zone
    looks: list[Look]
    disk: Disk
    accept: str = ""  # command that accepts the most frequent kind of proposal


class Rest:
    """Limits how often something expensive runs: by its CPU cost and a minimum interval."""

    def __init__(self, least: float) -> None:
        self._least, self._due, self._begun = least, 0.0, 0.0
        self.spent = 0.0  # total CPU seconds

    @property
    def over(self) -> bool:
        """Whether it may run now."""
        return time.monotonic() >= self._due

    def __enter__(self) -> None:
        self._begun = time.process_time()

    def __exit__(self, *_: object) -> None:
        cost = time.process_time() - self._begun
        self._due = time.monotonic() + max(self._least, SHARE * cost)
        self.spent += cost


class Watch:
    """Polls the queue of one kind."""

    def __init__(
        self, where: Place, kind: Kind, accepting: Callable[[str], str] = lambda _: ""
    ) -> None:
        self.kind, self._where = kind, where
        self.accepting = accepting  # the command that accepts proposals of an issue kind, or ""
        self._follower = Follower(where.folder, kind)
        self._state: State | None = None
        self._sums: Sums | None = None
        self._rest, self._loads = Rest(HISTORY_REST), Rest(0.0)
        self._read: object = None  # end of the history at the last read
        self._account: Account | None = None
        self._events: list[Event] = []
        self.library = ""

    def look(self, view: View) -> Look:
        """Return the current state; raise NoQueue or StateDamaged if it cannot be read."""
        state, sums = self._followed()
        reached = self._follower.reached, flows.slot(view.now)
        if self._account is None or (reached != self._read and self._rest.over):
            with self._rest:
                self._account = self._told(state, view, sums)
            self._read = reached
        self.library = state.head.library_path
        account = msgspec.structs.replace(
            self._account,
            standing=summary.standing(state, self._account.pace, sums),
            troubles=summary.troubles(sums),
        )
        return Look(self.kind, account, crews.crews(self._where), self._events)

    def _followed(self) -> tuple[State, Sums]:
        if self._sums and self._state and self._follower.follow():
            return self._state, self._sums
        self._sums = None
        with self._loads:
            self._state = self._follower.look()
            self._sums = Sums(self._state)
        self._state.watch = self._sums.change
        return self._state, self._sums

    @property
    def spent(self) -> float:
        """CPU seconds spent on the reads that are not done at every poll."""
        return self._rest.spent + self._loads.spent

    def _told(self, state: State, view: View, sums: Sums) -> Account:
        def ask(base: sqlite3.Connection) -> Account:
            self._events = past.recent(base, EVENTS)
            return summary.account_from(base, state, view, sums)

        return index.ask(self._where.folder, ask, self._follower.tail())

    def trouble(self, error: Exception) -> Look:
        """Return a snapshot of a queue that cannot be read, with its running sessions."""
        return Look(self.kind, None, crews.crews(self._where), self._events, error)


def _changed(path: Path) -> float:
    """Return the modification time of a file, or 0 if it does not exist."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


class Watcher:
    """Polls all queues of a home."""

    def __init__(self, home: Path, watches: Sequence[Watch], folders: Sequence[Path]) -> None:
        self._home, self._watches, self._folders = home, watches, folders
        self._seen: set[str] = set()  # kinds that had a queue in an earlier poll
        self._rest = Rest(DISK_REST)
        self._disk: Disk | None = None
        self._reviews, self._listed = Rest(HISTORY_REST), 0.0
        self._accept = ""

    def look(self, view: View) -> Glance:
        """Return the state of everything; raise NoQueue if no kind ever had a queue."""
        looks, missing = [], None
        for watch in self._watches:
            try:
                looks.append(watch.look(view))
                self._seen.add(watch.kind.name)
            except NoQueue as error:
                missing = missing or error
                if watch.kind.name in self._seen:
                    looks.append(watch.trouble(error))
            except (MediakeepError, OSError) as error:
                looks.append(watch.trouble(error))
        if missing and not looks:
            raise missing
        accept = self._proposals()
        return Glance(self._home, view.now, view.zone, looks, self._measured(), accept)

    @property
    def spent(self) -> float:
        """CPU seconds spent on the reads that are not done at every poll."""
        return self._rest.spent + self._reviews.spent + sum(watch.spent for watch in self._watches)

    def _proposals(self) -> str:
        """Return the command that accepts the most frequent kind of proposal, or ""."""
        seen = _changed(self._home / review.FILE)
        if seen != self._listed and self._reviews.over:
            with self._reviews:
                self._accept = self._accepting()
            self._listed = seen
        return self._accept

    def _accepting(self) -> str:
        proposed = decisions.acceptable(self._home)
        kinds = [
            (watch, kind) for watch in self._watches for kind in proposed.get(watch.kind.name, ())
        ]
        return next(filter(None, (watch.accepting(kind) for watch, kind in kinds)), "")

    def _measured(self) -> Disk:
        if self._disk is None or self._rest.over:
            libraries = {f"{watch.kind.name} library": watch.library for watch in self._watches}
            with self._rest:
                self._disk = disk.measure(self._home, self._folders, libraries)
        return self._disk
