"""Ledger of the calls of YouTube's API, which ends requests before YouTube refuses them.

A day ends at midnight in California (developers.google.com/youtube/v3/determine_quota_cost). Each
call is recorded before it is sent, in one file for all processes, with the time until which it
counts. A limit that YouTube reports is recorded likewise: it fills its bucket until it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from mediakeep.errors import LimitReached
from mediakeep.sqlite.durable import DurableFormat, DurableSqlite, create_durable

_OWN_LIMIT = "a limit of the service ({})"
SERVICE_NAME = "YouTube"
INSERT_VIDEO = "videos.insert"
UPLOADS, UNITS = "uploads", "quota units"  # the buckets, each with a limit
_UNITS_OF_CALLS = {  # all others cost 1
    "captions.insert": 400,
    "playlistItems.insert": 50,
    "thumbnails.set": 50,
    "videos.update": 50,
}
_MAX_SPAN = 2 * 86_400  # seconds that an entry can count; if the clock was wrong, it says more
_KEPT = 30 * 86_400  # seconds after its end for which an entry is kept, as the clock may be wrong
_FORMAT = DurableFormat(
    "YouTube quota ledger",
    "CREATE TABLE entries (bucket TEXT, until REAL, amount INTEGER, call TEXT, at REAL);"
    "CREATE INDEX entries_of_bucket ON entries (bucket, until, amount)",
    0x4D4B5951,
    1,
    "Delete it, and upload nothing until midnight in California.",
)


class QuotaLimits(msgspec.Struct, frozen=True):
    """The limits of a day; an upload counts for both with `insert_units` above 0."""

    uploads: int = 100
    units: int = 10_000
    insert_units: int = 0

    @property
    def by_bucket(self) -> dict[str, int]:
        """The limit of each bucket."""
        return {UPLOADS: self.uploads, UNITS: self.units}

    def get_costs(self, call: str) -> dict[str, int]:
        """Return what a call costs, by bucket; the first is the one that its limit is about."""
        if call == INSERT_VIDEO:
            return {UPLOADS: 1, UNITS: self.insert_units}
        return {UNITS: _UNITS_OF_CALLS.get(call, 1)}


PRESETS = {"2026": QuotaLimits(), "legacy": QuotaLimits(insert_units=1600)}


def count_calls(
    *, playlists: int, has_thumbnail: bool, has_captions: bool, has_schedule: bool
) -> dict[str, int]:
    """Return how often each call is made for a video and what belongs to it."""
    calls = {
        "channels.list": 1,
        INSERT_VIDEO: 1,
        "playlistItems.list": playlists,
        "playlistItems.insert": playlists,
        "thumbnails.set": int(has_thumbnail),
        "captions.insert": int(has_captions),
        "videos.update": int(has_schedule),
        "videos.list": 2 + has_schedule,
    }
    return {name: count for name, count in calls.items() if count}


class QuotaLedger:
    """The calls for one project of Google's console; `clock` returns seconds since 1970."""

    def __init__(
        self, path: Path, limits: QuotaLimits, clock: Callable[[], float] = time.time
    ) -> None:
        self._path, self._limits, self._clock = path, limits, clock

    def record(self, call: str) -> None:
        """Record a call that is about to be sent; raise LimitReached if it must not be."""
        now, midnight = self._clock(), _find_midnight(self._clock())
        with self._file.transaction() as database:
            for bucket, amount in self._limits.get_costs(call).items():
                limit, entries = self._limits.by_bucket[bucket], self._read(bucket, now)
                excess = sum(entry[1] for entry in entries) + amount - limit
                for until, used, reason in [*entries, (midnight, excess, "")]:
                    if 0 < excess <= used:
                        own = f"limit of {limit:,} {bucket} a day"
                        text = _OWN_LIMIT.format(reason) if reason else own
                        raise LimitReached(SERVICE_NAME, text, datetime.fromtimestamp(until, UTC))
                    excess -= used
                old = "DELETE FROM entries WHERE bucket = ? AND until < ?"
                database.execute(old, (bucket, now - _KEPT))
                row = (bucket, midnight, amount, call, now)
                database.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", row)

    def block(self, call: str, reason: str, seconds: float | None = None) -> LimitReached:
        """Record that YouTube refused a call because of a limit; return the error to raise.

        Without `seconds`, the limit ends at midnight in California.
        """
        now, bucket = self._clock(), next(iter(self._limits.get_costs(call)))
        until = _find_midnight(now) if seconds is None else now + seconds
        with self._file.transaction() as database:
            row = (bucket, until, self._limits.by_bucket[bucket], f"!{reason}", now)
            database.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", row)
        text = _OWN_LIMIT.format(reason)
        return LimitReached(SERVICE_NAME, text, datetime.fromtimestamp(until, UTC))

    def get_usage(self) -> dict[str, tuple[int, int]]:
        """Return what counts now, and the limit, by bucket."""
        return {
            bucket: (sum(entry[1] for entry in self._read(bucket, self._clock())), limit)
            for bucket, limit in self._limits.by_bucket.items()
        }

    def compute_rates(self, calls: Mapping[str, int]) -> dict[str, float]:
        """Return how many episodes a day each limit allows, if each takes these calls."""
        rates = {}
        for bucket, limit in self._limits.by_bucket.items():
            costs = (n * self._limits.get_costs(call).get(bucket, 0) for call, n in calls.items())
            if need := sum(costs):
                rates[f"{limit:,} {bucket} a day"] = limit / need
        return rates

    @cached_property
    def _file(self) -> DurableSqlite:
        return create_durable(self._path, _FORMAT)

    def _read(self, bucket: str, now: float) -> list[tuple[float, int, str]]:
        """Return what counts in a bucket: until when, how much, and why if YouTube said so."""
        query = (
            "SELECT until, sum(amount), max(iif(call LIKE '!%', substr(call, 2), ''))"
            " FROM entries WHERE bucket = ? AND until > ? AND until < ? GROUP BY until"
        )
        with self._file.reading() as database:
            return database.execute(query, (bucket, now, now + _MAX_SPAN)).fetchall()


def estimate_end(
    remaining: int, rates: Mapping[str, float], now: datetime
) -> tuple[datetime | None, str]:
    """Return when `remaining` episodes are done, and the limit that decides it.

    `rates` are the episodes a day that each limit allows. The time is None if there is no end.
    """
    limit = min(rates, key=lambda name: rates[name])
    try:
        return now + timedelta(days=remaining / rates[limit]), limit
    except (ZeroDivisionError, OverflowError):
        return None, limit


def _find_midnight(now: float) -> float:
    """Return the end of the day; days have 23 or 25 hours when clocks change."""
    zone = ZoneInfo("America/Los_Angeles")
    tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, datetime.min.time(), zone).timestamp()
