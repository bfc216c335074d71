"""Trying again: how often, after how long, and when to leave it."""

from __future__ import annotations

import pytest

from mediakeep.alerts import delivery
from mediakeep.alerts.delivery import DeliveryAttempt, DeliveryResult
from tests.sampling import each_row

GOOD = DeliveryAttempt(ok=True, reason="answered 200")
BAD = DeliveryAttempt(ok=False, reason="answered 503")
NO = DeliveryAttempt(ok=False, reason="answered 404", final=True)


def deliver(*answers: DeliveryAttempt) -> tuple[DeliveryResult, list[float]]:
    """Deliver to who answers so; return how that went and how long was slept."""
    slept: list[float] = []
    left = list(answers)
    return delivery.deliver_with_retries(lambda: left.pop(0), (0.0, 2.0, 10.0), slept.append), slept


@each_row(
    ("answers", "slept"),
    [
        ([GOOD], []),
        ([BAD, GOOD], [2]),
        ([BAD, BAD, GOOD], [2, 10]),
        ([BAD, BAD, BAD], [2, 10]),
        ([NO], []),
        ([BAD, NO], [2]),
    ],
)
def test_it_is_tried_until_taken_refused_or_out_of_tries(
    answers: list[DeliveryAttempt], slept: list[float]
) -> None:
    assert deliver(*answers) == (DeliveryResult(answers[-1], len(answers)), slept)


@pytest.mark.parametrize(
    ("requested", "waited"), [(1, 2), (30, 30), (1e9, delivery.MAX_RETRY_AFTER)]
)
def test_a_wait_that_is_asked_for_is_kept_within_bounds(requested: float, waited: float) -> None:
    busy = DeliveryAttempt(ok=False, reason="answered 429", retry_after=requested)
    assert deliver(busy, GOOD)[1] == [waited]


def test_all_tries_are_over_within_half_an_hour() -> None:
    longest = sum(max(wait, delivery.MAX_RETRY_AFTER) for wait in delivery.WAITS)
    assert 5 * 60 + longest <= 1800
    assert delivery.WAITS[0] == 0
