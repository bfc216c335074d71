"""Deliver an alert: retry until the target accepts or rejects it, or no attempts are left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

WAITS = (0.0, 2.0, 10.0, 60.0, 300.0)  # seconds before each attempt
MAX_RETRY_AFTER = 300.0  # seconds; longer Retry-After times of a service are reduced to this


class DeliveryAttempt(msgspec.Struct, frozen=True):
    """The result of one attempt to deliver an alert; `final` is True if a retry would not help."""

    ok: bool
    reason: str
    final: bool = False
    retry_after: float = 0.0  # seconds


class DeliveryResult(msgspec.Struct, frozen=True):
    """The result of delivering an alert: that of the last attempt, and the number of attempts."""

    last_attempt: DeliveryAttempt
    tries: int


def deliver_with_retries(
    attempt: Callable[[], DeliveryAttempt], delays: Sequence[float], sleep: Callable[[float], None]
) -> DeliveryResult:
    """Try to deliver an alert, at most once for each of `delays` (seconds before each attempt).

    If the target sends a Retry-After time, the next delay is at least that long.
    """
    answer, tries = DeliveryAttempt(ok=False, reason="not attempted"), 0
    for wait in delays:
        if pause := max(wait, min(answer.retry_after, MAX_RETRY_AFTER)):
            sleep(pause)
        answer, tries = attempt(), tries + 1
        if answer.ok or answer.final:
            break
    return DeliveryResult(answer, tries)
