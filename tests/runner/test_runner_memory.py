"""The memory limit of worker processes: what exceeds it fails, and everything else goes on."""

from __future__ import annotations

import errno
import functools
import re
import resource
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mediakeep.errors import UsageError
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Stamp, Work
from mediakeep.runner import memory_limit, worker_process
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.pool import WorkerPool
from mediakeep.runner.tasks import Task
from mediakeep.runner.worker_process import WorkerProcess
from tests.runner import toys, workshop

# A worker that is forked from the process with all modules has 100 MB of them.
LIMIT = 250_000_000
HINT = "The memory limit of 250 MB is reached. Raise --memory-limit, then run again."

pytestmark = pytest.mark.linux  # no other system enforces RLIMIT_DATA


@pytest.mark.parametrize("workers", [1, 2])
def test_an_item_that_needs_more_memory_fails_and_the_others_go_on(
    tmp_path: Path, workers: int
) -> None:
    things = {
        "ant": "allocate 500",
        "bee": "allocate 50",
        "cow": "allocate 500 translate",
        "dog": "good",
    }
    shop = workshop.make_workshop(tmp_path, things, toys.PLAIN)
    shop.run(workers=workers, memory=LIMIT, max_attempts=1)
    assert shop.statuses() == {
        "ant": Status.ERROR,
        "bee": Status.COMPLETED,
        "cow": Status.ERROR,
        "dog": Status.COMPLETED,
    }
    assert shop.item("ant").error_message == HINT
    assert shop.item("cow").error_message.endswith(f"it cannot be decoded. Look there. {HINT}")
    assert len(shop.notes("open")) <= workers  # no worker died
    soft = resource.getrlimit(resource.RLIMIT_DATA)[0]
    assert soft == resource.RLIM_INFINITY  # the limit is that of the workers


def test_a_lack_of_memory_in_ffmpeg_is_one(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "filter"}, toys.PLAIN)
    shop.run(memory=LIMIT, max_attempts=1)
    assert shop.item("ant").error_message == HINT
    (line,) = (line for line in shop.log() if "traceback" in line)
    assert "av.error.MemoryError" in line["traceback"]


def test_without_a_limit_the_same_item_is_completed(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "allocate 500"}, toys.PLAIN)
    shop.run()
    assert shop.statuses() == {"ant": Status.COMPLETED}


def test_a_worker_that_dies_at_the_limit_runs_its_item_again_alone(tmp_path: Path) -> None:
    things = {"ant": "allocate 500 abort", "bee": "good", "cow": "good"}
    shop = workshop.make_workshop(tmp_path, things, toys.PLAIN)
    shop.run(workers=2, memory=LIMIT)
    ant = shop.item("ant")
    assert (ant.status, ant.suspect) == (Status.ERROR, True)
    assert ant.error_message == "its worker process died (SIGABRT), also when run alone."
    assert [shop.statuses()[key] for key in ("bee", "cow")] == [Status.COMPLETED] * 2


def test_a_worker_that_is_forked_early_has_the_limit(tmp_path: Path) -> None:
    opening = functools.partial(toys.open_worker, tmp_path)
    statuses = []
    # A copy of this process has its data, which are more the more tests have run here.
    data = int(re.search(r"VmData:\s*(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024  # type: ignore[index]
    for limit in (data + LIMIT, 0):
        early = [worker_process.fork_worker(opening, [], limit)]
        with closing(WorkerPool(opening, ExecutionLimits(), lambda *_: None, early)) as pool:
            thing = toys.Thing(status=Status.IN_PROGRESS, path="allocate 500")
            pool.submit(Task("ant", Work(thing, Stamp("session", "ant", 1, 1))))
            ((_, result),) = workshop.await_(pool.wait)
            assert isinstance(result, Outcome)
            statuses.append(result.state)
    assert statuses == [Status.ERROR, Status.COMPLETED]


@pytest.mark.parametrize("start", [worker_process.fork_worker, worker_process.spawn_worker])
def test_a_limit_that_the_modules_exceed_is_an_error_at_once(
    start: Callable[..., WorkerProcess], tmp_path: Path
) -> None:
    opening = functools.partial(toys.open_worker, tmp_path)
    before = ([],) if start is worker_process.fork_worker else ()
    limits = ExecutionLimits(stall=3600.0, memory=1_000_000)
    early = [start(opening, *before, limits.memory)]
    with closing(WorkerPool(opening, limits, lambda *_: None, early)) as pool:
        thing = toys.Thing(status=Status.IN_PROGRESS, path="good")
        pool.submit(Task("ant", Work(thing, Stamp("session", "ant", 1, 1))))
        with pytest.raises(UsageError, match=r"limit of 1.0 MB is too low: .* begins with .* MB"):
            workshop.await_(pool.wait)


def test_an_error_without_a_limit_names_the_workers() -> None:
    assert memory_limit.format_hint().startswith("There is not enough memory. Use fewer --workers")


def test_causes_of_an_error_are_found_even_in_a_cycle() -> None:
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert not memory_limit.is_out_of_memory(first)
    second.__cause__ = OSError(errno.ENOMEM, "Cannot allocate memory")
    assert memory_limit.is_out_of_memory(first)
    assert not memory_limit.is_out_of_memory(OSError(errno.EIO, "Input/output error"))
