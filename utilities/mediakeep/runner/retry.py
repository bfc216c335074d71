"""When a failed item is tried again: a fact in the queue, never a sleeping loop."""

from __future__ import annotations

from datetime import datetime, timedelta

from mediakeep import clock
from mediakeep.runner.plan import Retry

_LONGEST = 86400.0  # seconds between two tries


def not_before(retry: Retry, attempts: int, asked: float | None, now: datetime) -> str:
    """Return when the next try is due after so many attempts, "" if there shall be none."""
    if attempts >= retry.max_attempts:
        return ""
    wait = min(retry.delay * 2 ** (attempts - 1), _LONGEST)
    return clock.text(now + timedelta(seconds=wait if asked is None else asked))
