"""Workers, schedulers and networks that fail at random moments, and a network that stalls."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from mediakeep.cluster import scheduler
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.errors import ClusterFailed
from mediakeep.item import Status
from mediakeep.runner import batch
from mediakeep.runner.batch_config import BatchCallbacks, SettledItem
from tests import quick_start
from tests.cluster.machines import Machines, choose_faults, open_machines
from tests.runner import workshop
from tests.runner.workshop import Workshop
from tests.sampling import some

pytestmark = pytest.mark.needs("distributed")

KILLS = 5  # in each of ten loops
STALL = 30.0  # seconds


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with quick_start.suspend(), open_machines(tmp_path) as found:
        yield found


def run(shop: Workshop, machines: Machines, recorded: Counter[tuple[str, str]]) -> None:
    """Run a batch, and count what was recorded by item and status."""

    def settled(item: SettledItem) -> None:
        recorded[item.key, item.outcome.state] += 1

    with (
        scheduler.open_scheduler(SchedulerConfig(machines.address, 15.0)) as used,
        used.open_executors([shop.folder]) as open_executor,
    ):
        batch.run_batch(
            shop.queue, shop.opening(), workshop.build_config(workers=2, delay=0.0),
            BatchCallbacks(on_item=settled), (), open_executor,
        )  # fmt: skip


def find_overlaps(shop: Workshop) -> list[str]:
    """Return the items whose work ended in a process after another one had begun it."""
    latest: dict[str, str] = {}
    found = []
    for word, key, *_, pid in filter(lambda note: note[0] in ("start", "end"), shop.notes()):
        if word == "start":
            latest[key] = pid
        elif latest[key] != pid:
            found.append(key)
    return found


def run_to_the_end(
    shop: Workshop, machines: Machines, random: Random, names: list[str]
) -> Counter[tuple[str, str]]:
    """Run batches with failures until all is done; return what was recorded."""
    recorded: Counter[tuple[str, str]] = Counter()
    codes: list[int] = []
    while set(shop.statuses().values()) != {Status.COMPLETED}:
        assert len(codes) <= 2 * KILLS, "no run continues"
        machines.start()
        with machines.disturb(random, names):
            try:
                run(shop, machines, recorded)
                codes.append(0)
            except ClusterFailed as error:
                codes.append(error.exit_code)
    assert set(codes) <= {0, ClusterFailed.exit_code}
    assert ClusterFailed.exit_code == 4
    return recorded


@pytest.mark.loop
@pytest.mark.parametrize("seed", some(range(10), 10))
def test_whatever_fails_each_item_is_recorded_once_and_no_neighbour_pays(
    tmp_path: Path, machines: Machines, seed: int
) -> None:
    random = Random(seed)
    names = choose_faults(random, KILLS)
    while names:
        things = {f"thing{n:02}": "good 0.2" for n in range(30)}
        shop = workshop.make_workshop(tmp_path / f"queue{len(names)}", things)
        recorded = run_to_the_end(shop, machines, random, names)
        suspects = Counter(
            line["item"] for line in shop.log() if "it will run again, alone" in line["message"]
        )
        assert not find_overlaps(shop), "two processes worked on one item at a time"
        for key in things:
            failed = recorded[key, Status.ERROR]
            assert recorded[key, Status.COMPLETED] == 1, key
            assert shop.item(key).attempts == 1 + failed, key
            assert failed <= suspects[key], f"{key} failed without having died before"
        shop.close()


@pytest.mark.slow
def test_a_network_that_drops_packets_for_30_seconds_delays_a_batch_and_ends_nothing(
    tmp_path: Path, machines: Machines
) -> None:
    things = {f"thing{n}": "good 0.2" for n in range(8)}
    shop = workshop.make_workshop(tmp_path / "queue", things)
    recorded: Counter[tuple[str, str]] = Counter()

    def drop() -> None:
        workshop.await_(lambda: len(recorded) >= 2)
        machines.network.stall()
        stalled.append(len(recorded))
        threading.Event().wait(STALL)
        stalled.append(len(recorded))
        machines.network.resume()

    stalled: list[int] = []
    thread = threading.Thread(target=drop)
    thread.start()
    with (
        scheduler.open_scheduler(SchedulerConfig(machines.address, 60.0)) as used,
        used.open_executors([shop.folder]) as open_executor,
    ):
        batch.run_batch(
            shop.queue, shop.opening(), workshop.build_config(workers=2),
            BatchCallbacks(on_item=lambda item: recorded.update([(item.key, "")])), (),
            open_executor,
        )  # fmt: skip
    thread.join()
    assert set(recorded.values()) == {1}
    assert len(recorded) == 8
    assert stalled[1] < 8, "what ran then was reported later"
    assert {shop.item(key).attempts for key in things} == {1}
    assert not [line for line in shop.log() if "alone" in line["message"]]
