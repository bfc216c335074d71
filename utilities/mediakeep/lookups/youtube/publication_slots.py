"""The times at which videos are published, each taken by one video, for all processes of a home.

Videos that are at work announce themselves, so that those of a later date leave the first free
times to those of an earlier one. An announcement counts for a day: who is not done by then is late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path

from mediakeep.sqlite.durable import DurableFormat, DurableSqlite, create_durable

_LEAST_NOTICE = timedelta(minutes=15)  # YouTube publishes at once what should have been public
_PATIENCE = timedelta(days=1)
_FORMAT = DurableFormat(
    "schedule of videos",
    "CREATE TABLE slots (owner TEXT PRIMARY KEY, time REAL UNIQUE, place TEXT, announced REAL)",
    0x4D4B5053,
    1,
    "Delete it: the next batch recreates it from the queue.",
)


class PublicationSlots:
    """The file of the slots, by names of their owners."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add_known(self, slots: Mapping[str, datetime]) -> None:
        """Add slots that were taken before, as recorded elsewhere."""
        with self._file.transaction() as database:
            rows = [(owner, moment.timestamp()) for owner, moment in slots.items()]
            database.executemany("INSERT OR IGNORE INTO slots VALUES (?, ?, '', 0)", rows)

    def announce(self, owner: str, place: str, now: datetime) -> None:
        """Note that an owner will take a slot; those with a smaller `place` come before it."""
        update = "ON CONFLICT (owner) DO UPDATE SET place = ?2, announced = ?3"
        with self._file.transaction() as database:
            row = (owner, place, now.timestamp())
            database.execute(f"INSERT INTO slots VALUES (?1, NULL, ?2, ?3) {update}", row)

    def withdraw(self, owner: str) -> None:
        """Remove the announcement of an owner that has failed."""
        with self._file.transaction() as database:
            database.execute("DELETE FROM slots WHERE owner = ? AND time IS NULL", (owner,))

    def take(
        self, owner: str, place: str, interval: timedelta, at: time, now: datetime
    ) -> datetime:
        """Return the slot of an owner: its own one if that is not over, else a free one.

        `interval` are whole days after another slot, and `at` the time of the day in its zone. The
        first slot is the first of these times that is far enough away. No two are on one day, also
        if interval or time were changed.
        """
        before = "time IS NULL AND place < ? AND announced > ? AND owner != ?"
        with self._file.transaction() as database:
            rows = database.execute("SELECT owner, time FROM slots WHERE time NOT NULL").fetchall()
            taken = {moment: name for name, moment in rows}
            for moment in (m for m, name in taken.items() if name == owner and m > now.timestamp()):
                return datetime.fromtimestamp(moment, at.tzinfo)
            since = (now - _PATIENCE).timestamp()
            query = f"SELECT count(*) FROM slots WHERE {before}"
            skipped: int = database.execute(query, (place, since, owner)).fetchone()[0]
            days = {datetime.fromtimestamp(moment, at.tzinfo).date() for moment in taken}
            free = (
                slot
                for slot in _iter_times(max(days, default=None), interval, at, now + _LEAST_NOTICE)
                if slot.date() not in days
            )
            slot = next(slot for number, slot in enumerate(free) if number == skipped)
            row = (owner, slot.timestamp(), place)
            database.execute("REPLACE INTO slots VALUES (?, ?, ?, 0)", row)
        return slot

    @cached_property
    def _file(self) -> DurableSqlite:
        return create_durable(self._path, _FORMAT)


def _iter_times(
    last: date | None, interval: timedelta, at: time, first: datetime
) -> Iterator[datetime]:
    """Yield all times that are whole intervals before or after the last slot, from `first` on."""
    day = first.astimezone(at.tzinfo).date()
    if datetime.combine(day, at) < first:
        day += timedelta(days=1)
    if last:
        day = (
            max(last + interval, day) if last < day else last - (last - day) // interval * interval
        )
    while True:
        yield datetime.combine(day, at)
        day += interval
