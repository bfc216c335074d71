"""The benchmark of a scheduler runs, as no other test calls executors the way it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import cluster
from tests import quick_start


@pytest.mark.needs("distributed")
def test_the_benchmark_of_empty_tasks_runs(
    memory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with quick_start.suspend():
        cluster.run_tasks(memory, full=False, tasks=3)
    title, head, pool, local = capsys.readouterr().out.split("\n")[1:5]
    assert title.startswith("3 empty tasks")
    assert head.split()[:3] == ["ms", "a", "task"]
    assert (pool.split()[0], local.split()[0]) == ("pool", "local:2")
