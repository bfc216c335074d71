"""Batches with time windows: when one ends, items wait for the next, and lose nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mediakeep import clock
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Parts, Progress, Work
from mediakeep.runner.batch_config import BatchCallbacks
from mediakeep.time_windows import TimeWindows, parse_windows
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop


def next_hour(shop: Workshop, hours: int = 0) -> TimeWindows:
    """Return a window of an hour that begins so many hours from now."""
    begin = (shop.clock.moment + timedelta(hours=hours)).astimezone()
    return parse_windows(f"{begin:%H:%M}-{begin + timedelta(hours=1):%H:%M}")


def end_window(shop: Workshop, *, at: int) -> BatchCallbacks:
    """Return callbacks that let two hours pass once so many steps of an item are done."""
    until = shop.clock.moment + timedelta(hours=2)

    def progress(_key: str, done: int, _of: int, _service: str) -> None:
        if done >= at:
            shop.clock.moment = until

    return BatchCallbacks(on_progress=progress)


def test_outside_of_the_windows_nothing_is_claimed(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "one two"}, toys.TOY)
    assert shop.run(between=next_hour(shop, 1)).claimed == 0
    assert shop.run(between=next_hour(shop)).claimed == 1


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_an_item_is_parked_at_its_next_part_and_goes_on_in_the_next_window(
    tmp_path: Path, workers: int
) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "a b c d e f", "bee": "g"}, toys.TOY)
    windows = next_hour(shop)
    opening = clock.format_iso(shop.clock.moment + timedelta(days=1))
    result = shop.run(workers=workers, jobs=1, between=windows, face=end_window(shop, at=1), size=2)
    ant = shop.item("ant")
    assert (ant.status, ant.processing_stage, ant.attempts) == (Status.PENDING, "convert", 0)
    assert (ant.not_before, ant.parked) == (opening, f"outside of --between {windows.text}")
    assert ant.parts
    assert 1 <= len(ant.parts.done) <= 3
    assert (shop.item("bee").status, shop.item("bee").not_before) == (Status.PENDING, "")
    assert (result.parked, result.done_count) == (1, 0)
    assert shop.run(between=windows).claimed == 0
    shop.clock.go(22 * 3600)
    assert shop.run(between=windows).settled[Status.COMPLETED] == 2
    assert len(shop.notes("part")) == 7  # none ran twice


def test_a_stage_that_ends_after_its_window_is_recorded(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "a b"}, toys.TOY)
    windows = next_hour(shop)
    opening = shop.opening()

    def work(one: Work, progress: Progress) -> Outcome | Parts:
        with opening() as worker:
            if one.stage == "split":
                shop.clock.go(7200)
            return worker(one, progress)

    shop.run(workshop.opening(work), between=windows)
    ant = shop.item("ant")
    assert (ant.processing_stage, ant.not_before[11:13]) == ("convert", "10")
