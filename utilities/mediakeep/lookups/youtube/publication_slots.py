"""The times at which videos are published, each taken by one video, for all processes of a home."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path

from mediakeep.sqlite.durable import DurableFormat, DurableSqlite, open_durable

_LEAST_NOTICE = timedelta(minutes=15)  # YouTube publishes at once what should have been public
_FORMAT = DurableFormat(
    "schedule of videos",
    "CREATE TABLE slots (owner TEXT PRIMARY KEY, time REAL UNIQUE)",
    0x4D4B5053,
    1,
    "Delete it: the next batch makes it new from the queue.",
)


class PublicationSlots:
    """The file of the slots that were taken, by names of their owners."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add_known(self, slots: Mapping[str, datetime]) -> None:
        """Add slots that were taken before, as recorded elsewhere."""
        with self._file.transaction() as database:
            rows = [(owner, moment.timestamp()) for owner, moment in slots.items()]
            database.executemany("INSERT OR IGNORE INTO slots VALUES (?, ?)", rows)

    def take(self, owner: str, interval: timedelta, at: time, now: datetime) -> datetime:
        """Return the slot of an owner: its own one if that is not over, else the next free one.

        `interval` are whole days after the last slot, and `at` the time of the day in its zone. The
        first slot is the first of these times that is far enough away.
        """
        query = "SELECT max(iif(owner = ?, time, NULL)), max(time) FROM slots"
        with self._file.transaction() as database:
            own, last = database.execute(query, (owner,)).fetchone()
            if own and own > now.timestamp():
                return datetime.fromtimestamp(own, at.tzinfo)
            day = (now + _LEAST_NOTICE).astimezone(at.tzinfo).date()
            if datetime.combine(day, at) < now + _LEAST_NOTICE:
                day += timedelta(days=1)
            if last:
                day = max(day, datetime.fromtimestamp(last, at.tzinfo).date() + interval)
            slot = datetime.combine(day, at)
            database.execute("REPLACE INTO slots VALUES (?, ?)", (owner, slot.timestamp()))
        return slot

    @cached_property
    def _file(self) -> DurableSqlite:
        file = open_durable(self._path, _FORMAT, write=True)
        assert file
        return file
