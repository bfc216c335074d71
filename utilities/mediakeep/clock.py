"""The current time, and the text format of times in the state files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def format_iso(moment: datetime) -> str:
    """Format a time as ISO 8601 in UTC with whole seconds; such texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
