"""An item that waits is parked: no attempt is counted, and it is not taken before its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.item import Status
from mediakeep.runner.batch_config import BatchCallbacks, ParkedItem
from tests.runner import toys, workshop
from tests.runner.workshop import ROOT, Workshop


def stock(folder: Path, **things: str) -> Workshop:
    return workshop.make_workshop(folder, things, toys.JOB)


def stages(shop: Workshop, key: str) -> list[str]:
    return [note[2] for note in shop.notes("start", key)]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_a_parked_item_waits_in_its_stage_without_an_attempt(tmp_path: Path, workers: int) -> None:
    shop = stock(tmp_path, ant="convert=park:90", bee="convert=ok")
    seen: list[ParkedItem] = []
    result = shop.run(workers=workers, face=BatchCallbacks(on_parked=seen.append))
    ant = shop.item("ant")
    assert (ant.status, ant.processing_stage, ant.attempts) == (Status.PENDING, "convert", 0)
    assert (ant.not_before, ant.parked) == (
        "2025-12-17T10:01:30+00:00",
        "the service opens later",
    )
    assert seen == [ParkedItem("ant", ant.not_before, ant.parked)]
    assert (result.parked, result.done_count, result.expected, shop.item("bee").status) == (
        1,
        1,
        2,
        Status.COMPLETED,
    )
    line = next(line for line in shop.log() if line.get("until"))
    assert (line["item"], line["until"]) == ("ant", ant.not_before)


def test_a_parked_item_continues_at_its_time_and_not_before(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="convert=park:90")
    shop.run()
    shop.clock.go(89)
    assert shop.run().claimed == 0
    shop.clock.go(1)
    shop.run()
    ant = shop.item("ant")
    assert (ant.status, ant.processing_stage, ant.attempts) == (
        Status.COMPLETED,
        "completed",
        {"publish": 1},
    )
    assert stages(shop, "ant") == ["prepare", "convert", "convert", "publish"]


def test_waiting_again_and_again_never_counts_as_an_attempt(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="convert=park-always:60")
    for _ in range(5):
        shop.run(max_attempts=2)
        shop.clock.go(60)
    assert shop.item("ant").attempts == 0
    assert stages(shop, "ant") == ["prepare", *["convert"] * 5]


def other_volume(folder: Path) -> str:
    """Return a path that is not on the volume of a folder."""
    assert ROOT.stat().st_dev != folder.stat().st_dev
    return str(ROOT / "missing" / "file")


@pytest.mark.needs("volumes")
def test_an_item_waits_for_space_on_another_volume(tmp_path: Path) -> None:
    path = other_volume(tmp_path)
    shop = stock(
        tmp_path,
        ant=f"convert=full:{path},3100000000",
        bee=f"convert=full:{path}",
        cow="convert=ok",
    )
    result = shop.run()
    assert (result.parked, result.abort_error) == (2, None)
    assert shop.item("cow").status is Status.COMPLETED
    ant, bee = shop.item("ant"), shop.item("bee")
    assert ant.parked.startswith("Not enough disk space: needs 3.1 GB on /")
    assert bee.parked == f"Not enough disk space: the volume of {path} is full"
    assert (ant.attempts, bee.attempts, ant.not_before) == (0, 0, "2025-12-17T10:01:00+00:00")
    shop.clock.go(60)
    shop.run()
    assert set(shop.statuses().values()) == {Status.COMPLETED}


@pytest.mark.parametrize("needed", ["", ",5000"])
def test_a_full_volume_of_the_queue_ends_the_batch(tmp_path: Path, needed: str) -> None:
    shop = stock(tmp_path, ant=f"convert=full:{tmp_path}/file{needed}", bee="convert=ok")
    result = shop.run()
    assert result.abort_error
    assert result.abort_error.exit_code == 1
    assert str(tmp_path / "file") in str(result.abort_error)
    ant = shop.item("ant")
    assert (ant.status, ant.processing_stage, ant.attempts) == (Status.PENDING, "convert", 0)
    assert shop.item("bee").status is Status.PENDING
    shop.run()
    assert set(shop.statuses().values()) == {Status.COMPLETED}


def test_a_full_volume_without_a_name_parks_if_the_queue_has_space(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="convert=full:")
    assert shop.run().out_of_space == 1
    ant = shop.item("ant")
    assert (ant.parked, ant.out_of_space) == ("Not enough disk space: a volume is full", True)
    shop.clock.go(60)
    shop.run()
    assert not shop.item("ant").out_of_space


@pytest.mark.needs("volumes")
@pytest.mark.usefixtures("pooled")
def test_the_results_of_running_parts_are_recorded_before_an_item_waits(tmp_path: Path) -> None:
    other_volume(tmp_path)
    shop = stock(tmp_path, ant="convert=parts:full,gated,later")
    shop.close()
    process = shop.spawn(workers=2, patience=0)
    workshop.await_(lambda: len(shop.notes("part")) == 2)
    (tmp_path / "gate").touch()
    workshop.report(process)
    ant = shop.item("ant")
    assert ant.parts
    assert (ant.status, list(ant.parts.done.values())) == (Status.PENDING, [["GATED"]])
    assert ant.parked.startswith("Not enough disk space: needs 3.1 GB on /")
    shop._queue = None
    shop.queue.unpark(["ant"])
    shop.run()
    assert [note[2] for note in shop.notes("part")] == ["full", "gated", "full", "later"]
    assert shop.item("ant").status is Status.COMPLETED
