"""The time of the next attempt of a failed item: a fact in the queue, never a sleeping loop."""

from __future__ import annotations

from datetime import datetime, timedelta

from mediakeep import clock
from mediakeep.runner.plan import Retry

_LONGEST = 86400.0  # seconds between two attempts
_LONGEST_ASKED = 366 * 86400.0  # the same, if a worker states the time


def not_before(retry: Retry, attempts: int, requested: float | None, now: datetime) -> str:
    """Return the time of the next attempt, or "" if there are no attempts left."""
    if attempts >= retry.max_attempts:
        return ""
    wait = min(retry.delay * 2 ** (attempts - 1), _LONGEST)
    if requested is not None:
        wait = min(max(requested, 0.0), _LONGEST_ASKED)
    return clock.text(now + timedelta(seconds=wait))
