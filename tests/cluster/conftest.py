"""A scheduler with two workers for all tests, and batches that run on it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.runner import batch
from mediakeep.runner.executor import ExecutorFactory
from tests import quick_start
from tests.runner import workshop

if TYPE_CHECKING:
    from distributed import Client


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """A client of a scheduler with two workers on this machine."""
    from mediakeep.cluster import connection

    with quick_start.suspend(), connection.open_cluster(SchedulerConfig("local:2")) as client:
        yield client


@pytest.fixture
def open_executor(client: Client, tmp_path: Path) -> Iterator[ExecutorFactory]:
    """The factory of executors on that scheduler, for a batch over a folder."""
    from mediakeep.cluster import connection, dask_executor, host_checks

    with quick_start.suspend(), host_checks.write_probes([tmp_path]) as requirements:
        yield functools.partial(
            dask_executor.DaskExecutor, connection.ClusterAccess(client, requirements)
        )


@pytest.fixture
def on_dask(open_executor: ExecutorFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let all batches run on the scheduler, and check that at least one did."""
    opened, run = [], batch.run_batch

    def open_counted(*values: object, **options: object) -> object:
        opened.append(values)
        return open_executor(*values, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "run_batch", functools.partial(run, open_executor=open_counted))
    yield
    workshop.close_all()
    assert opened, "no batch ran on the scheduler"
