"""What the tests of the runner share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from mediakeep.runner import executors
from mediakeep.runner.worker_process import WorkerProcess
from tests.runner import workshop


@pytest.fixture
def pooled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches with more than one worker begin with the pool."""
    monkeypatch.setattr(executors, "INLINE_SECONDS", 0.0)


@pytest.fixture
def patient_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time limit of a task not hold for the start of its worker."""
    monkeypatch.setattr(WorkerProcess, "assign", WorkerProcess.assign)  # put back at the end
    workshop.let_workers_start()


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
