"""Delivering: one try after the other until it is taken, refused for good, or time to give up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

WAITS = (0.0, 2.0, 10.0, 60.0, 300.0)  # seconds before each try
LONGEST = 300.0  # seconds that a service may ask us to wait


class Answer(msgspec.Struct, frozen=True):
    """What one try came to; `final` where another would come to the same."""

    ok: bool
    why: str
    final: bool = False
    retry_after: float = 0.0  # seconds


class Delivered(msgspec.Struct, frozen=True):
    """The last answer, and how many tries that took."""

    answer: Answer
    tries: int


def deliver(
    attempt: Callable[[], Answer], waits: Sequence[float], sleep: Callable[[float], None]
) -> Delivered:
    """Try as often as there are waits; each is at least as long as the answer before asks for."""
    answer, tries = Answer(ok=False, why="it was not tried"), 0
    for wait in waits:
        if pause := max(wait, min(answer.retry_after, LONGEST)):
            sleep(pause)
        answer, tries = attempt(), tries + 1
        if answer.ok or answer.final:
            break
    return Delivered(answer, tries)
