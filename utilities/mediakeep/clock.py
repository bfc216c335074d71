"""The current time, and the text format of times in the state files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

_LOCAL_FORMAT = "%Y-%m-%d %H:%M"


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def format_iso(moment: datetime) -> str:
    """Format a time as ISO 8601 in UTC with whole seconds.

    Sorting such texts as strings sorts them by time.
    """
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def format_end(begin: datetime, seconds: float) -> str:
    """Format the end of a wait as `format_iso` does, rounded up: none ends before its time."""
    end = begin + timedelta(seconds=seconds)
    return format_iso(end + timedelta(microseconds=-end.microsecond % 1_000_000))


def format_local(text: str) -> str:
    """Return a recorded time as local date and time, such as "2026-11-20 14:30"."""
    return datetime.fromisoformat(text).astimezone().strftime(_LOCAL_FORMAT)
