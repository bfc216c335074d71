"""Work runs inline, then in a pool, with tools that each process opens and closes for itself."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mediakeep.errors import BadSetting, ItemFailed, QueueHostLost
from mediakeep.item import Status
from mediakeep.outcome import Worker
from mediakeep.runner import executors
from tests.descriptors import list_children, list_descriptors
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop
from tests.sampling import some

STUCK = "it took longer than 0.5 seconds"
Opener = Callable[[Path], AbstractContextManager[Worker]]


def test_small_batches_run_in_the_process_of_the_batch(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, workshop.GOOD)
    shop.run(workers=4)
    assert {note[-1] for note in shop.notes()} == {str(os.getpid())}
    assert [note[0] for note in shop.notes()][:: len(shop.notes()) - 1] == ["open", "close"]


def test_the_pool_takes_over_when_inline_work_has_lasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "INLINE_SECONDS", 0.1)
    shop = workshop.make_workshop(tmp_path, dict.fromkeys("abcdef", "good 0.15"))
    shop.run(workers=2)
    where = [shop.processes(key)[0] for key in "abcdef"]
    assert where[0] == os.getpid()
    assert os.getpid() not in where[1:]
    assert len(set(where[1:])) == 2


@pytest.mark.usefixtures("pooled")
def test_one_worker_stays_inline_however_long_it_takes(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, workshop.GOOD)
    shop.run(workers=1)
    assert {note[-1] for note in shop.notes()} == {str(os.getpid())}


@pytest.mark.usefixtures("pooled")
def test_each_process_opens_its_tools_once_and_closes_them(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, workshop.GOOD)
    shop.run(workers=3)
    opened = [note[-1] for note in shop.notes("open")]
    assert len(opened) == len(set(opened)) == 3
    assert sorted(opened) == sorted(note[-1] for note in shop.notes("close"))


@pytest.mark.parametrize("workers", some([2, 1], 2))
@pytest.mark.usefixtures("pooled")
def test_no_process_and_no_file_stays_open_after_a_batch(tmp_path: Path, workers: int) -> None:
    things = {**workshop.GOOD, "bad": "die-first exit" if workers > 1 else "good"}
    shop = workshop.make_workshop(tmp_path, things)
    shop.run(workers=workers, size=1)
    before, children = list_descriptors(), list_children()
    shop.run(workers=workers)
    assert list_children() <= children
    assert list_descriptors() <= before


@pytest.mark.parametrize(
    ("opening", "error", "message"),
    [
        (toys.refuse, ItemFailed, "A worker could not start: /usr/bin/decoder: No such file"),
        (toys.set_wrongly, BadSetting, "rate: no number"),
        (toys.lose_host, QueueHostLost, "cannot be reached from worker shed: Connection refused"),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_tools_that_cannot_be_opened_stop_the_batch_and_cost_no_attempt(
    tmp_path: Path, opening: Opener, error: type[Exception], message: str, workers: int
) -> None:
    shop, children = workshop.make_workshop(tmp_path, workshop.GOOD), list_children()
    with pytest.raises(error, match=message):
        shop.run(functools.partial(opening, tmp_path), workers=workers)
    assert_given_back(shop, children)


@pytest.mark.parametrize(
    ("opening", "workers", "timeout", "why"),
    [
        (toys.die, 2, 30.0, r"its worker process died \(exit code 4\)"),
        pytest.param(toys.stuck, 2, 0.5, STUCK, marks=pytest.mark.slow),
        (toys.stuck, 1, 0.5, STUCK),
    ],
)
@pytest.mark.usefixtures("pooled")
def test_tools_that_kill_or_never_get_ready_stop_the_batch_and_cost_no_attempt(
    tmp_path: Path, opening: Opener, workers: int, timeout: float, why: str
) -> None:
    shop, children = workshop.make_workshop(tmp_path, workshop.GOOD), list_children()
    with pytest.raises(ItemFailed, match=f"A worker could not start: {why}"):
        shop.run(functools.partial(opening, tmp_path), workers=workers, item_timeout=timeout)
    assert_given_back(shop, children)


def assert_given_back(shop: Workshop, children: set[int]) -> None:
    """Check that all items are pending as if never tried, and that no other process is left."""
    assert set(shop.statuses().values()) == {Status.PENDING}
    assert {shop.item(key).attempts for key in shop.statuses()} == {0}
    assert list_children() <= children
