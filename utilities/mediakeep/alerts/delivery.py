"""Deliver an alert: retry until it is accepted, permanently rejected, or out of attempts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

WAITS = (0.0, 2.0, 10.0, 60.0, 300.0)  # seconds before each attempt
MAX_RETRY_AFTER = 300.0  # seconds; longer Retry-After times of a service are reduced to this


class DeliveryAttempt(msgspec.Struct, frozen=True):
    """The result of one attempt; `final` if a retry would not help."""

    ok: bool
    reason: str
    final: bool = False
    retry_after: float = 0.0  # seconds


class DeliveryResult(msgspec.Struct, frozen=True):
    """The result of the last attempt, and the number of attempts."""

    last_attempt: DeliveryAttempt
    tries: int


def deliver_with_retries(
    attempt: Callable[[], DeliveryAttempt], waits: Sequence[float], sleep: Callable[[float], None]
) -> DeliveryResult:
    """Make one attempt per wait; a Retry-After time in the last response may extend a wait."""
    answer, tries = DeliveryAttempt(ok=False, reason="not attempted"), 0
    for wait in waits:
        if pause := max(wait, min(answer.retry_after, MAX_RETRY_AFTER)):
            sleep(pause)
        answer, tries = attempt(), tries + 1
        if answer.ok or answer.final:
            break
    return DeliveryResult(answer, tries)
