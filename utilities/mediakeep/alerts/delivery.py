"""Deliver an alert: retry until it is accepted, permanently rejected, or out of attempts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

WAITS = (0.0, 2.0, 10.0, 60.0, 300.0)  # seconds before each attempt
LONGEST = 300.0  # seconds; longer Retry-After times of a service are reduced to this


class Answer(msgspec.Struct, frozen=True):
    """The result of one attempt; `final` if a retry would not help."""

    ok: bool
    why: str
    final: bool = False
    retry_after: float = 0.0  # seconds


class Delivered(msgspec.Struct, frozen=True):
    """The result of the last attempt, and the number of attempts."""

    answer: Answer
    tries: int


def deliver(
    attempt: Callable[[], Answer], waits: Sequence[float], sleep: Callable[[float], None]
) -> Delivered:
    """Make one attempt per wait; a Retry-After time in the last response may extend a wait."""
    answer, tries = Answer(ok=False, why="not attempted"), 0
    for wait in waits:
        if pause := max(wait, min(answer.retry_after, LONGEST)):
            sleep(pause)
        answer, tries = attempt(), tries + 1
        if answer.ok or answer.final:
            break
    return Delivered(answer, tries)
