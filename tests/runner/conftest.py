"""What the tests of the runner share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from mediakeep.runner import executors
from tests.runner import workshop


@pytest.fixture
def pooled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches with more than one worker begin with the pool."""
    monkeypatch.setattr(executors, "INLINE_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    """Leave no queue open."""
    yield
    workshop.close_all()


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Check that no batch leaves a signal handled otherwise than before it."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    assert {number: signal.getsignal(number) for number in numbers} == before
