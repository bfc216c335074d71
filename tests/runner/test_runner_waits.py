"""Waiting for a service is no time of an item's, and never in the way of a stop."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from mediakeep.item import Status
from mediakeep.queue import sessions
from mediakeep.runner import tasks
from mediakeep.runner.batch_config import BatchCallbacks
from tests import sampling
from tests.patience import until_asleep
from tests.runner import looking, workshop
from tests.sampling import each_row

LIMIT = (
    60.0  # seconds that a task may take; "wait-long", "waits" and "extend" let them pass at once
)
WORKERS = pytest.mark.parametrize("workers", sampling.some([2, 1], 2))


@WORKERS
@pytest.mark.usefixtures("pooled")
def test_an_announced_wait_does_not_count_towards_the_timeout(tmp_path: Path, workers: int) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": f"wait-long 600 {LIMIT + 1}", "bee": "good"})
    shop.run(workers=workers, item_timeout=LIMIT)
    assert shop.statuses() == {"ant": Status.COMPLETED, "bee": Status.COMPLETED}
    assert len(shop.notes("start", "ant")) == 1


@WORKERS
@pytest.mark.usefixtures("pooled")
def test_who_watches_hears_of_a_wait_before_it_unless_it_is_short(
    tmp_path: Path, workers: int
) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "wait 1 0.3", "bee": "wait 0.9 0"})
    shown: list[tuple[str, int, int, str]] = []
    noted = []

    def look(*report: Any) -> None:
        shown.append(report)
        (live,) = sessions.list_live_files(shop.status)
        status = sessions.read_live_status(shop.status, live.stem)
        assert status
        noted.append(status.waiting)

    shop.run(face=BatchCallbacks(on_progress=look), workers=workers)
    assert shown == [("ant", 0, 0, looking.SERVICE)]
    assert noted == [{"ant": looking.SERVICE}]


@WORKERS
@pytest.mark.usefixtures("pooled")
def test_an_unannounced_wait_counts_towards_the_timeout(tmp_path: Path, workers: int) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": f"wait-long 0 {LIMIT + 1} 600"})
    shop.run(workers=workers, item_timeout=LIMIT)
    assert shop.item("ant").error_message.startswith(f"it took longer than {LIMIT:g} seconds")


@WORKERS
@pytest.mark.usefixtures("pooled")
def test_what_hangs_after_its_wait_is_ended_all_the_same(tmp_path: Path, workers: int) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": f"wait-long 1 {LIMIT + 1} 600"})
    shop.run(workers=workers, item_timeout=LIMIT)
    assert shop.item("ant").status is Status.ERROR
    assert shop.notes("waits", "ant")


@WORKERS
@pytest.mark.usefixtures("pooled")
def test_the_wait_for_an_answer_does_not_count_towards_the_timeout(
    tmp_path: Path, workers: int
) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": f"extend 600 {LIMIT + 1}"})
    shop.run(workers=workers, item_timeout=LIMIT)
    assert shop.statuses() == {"ant": Status.COMPLETED}
    assert len(shop.notes("start", "ant")) == 1


@WORKERS
@pytest.mark.usefixtures("pooled")
def test_what_is_left_of_the_wait_for_an_answer_is_given_back(tmp_path: Path, workers: int) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "extend-then-hang 600 0.1"})
    shop.run(workers=workers, item_timeout=LIMIT)
    assert shop.item("ant").status is Status.ERROR
    assert shop.notes("answered", "ant")


@WORKERS
@pytest.mark.usefixtures("pooled")
def test_without_a_timeout_a_wait_starts_none(tmp_path: Path, workers: int) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "wait 0.1 0.5"})
    shop.run(workers=workers)
    assert shop.item("ant").status is Status.COMPLETED
    assert len(shop.notes("start", "ant")) == 1


@WORKERS
def test_a_second_signal_breaks_a_wait_off(tmp_path: Path, workers: int) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "wait 600 600", "bee": "wait 600 600"})
    shop.close()
    process = shop.spawn(workers=workers, patience=0, item_timeout=LIMIT)
    workshop.await_(lambda: len(shop.notes("waits")) == workers)
    until_asleep(process.pid)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert workshop.report(process)["stopped"] is True
    assert set(shop.statuses().values()) == {Status.PENDING}
    assert {shop.item(key).attempts for key in ("ant", "bee")} == {0}


def test_many_waits_one_after_the_other_are_all_heard_in_a_pool(tmp_path: Path) -> None:
    """None of them is dropped, as progress is that comes too often."""
    shop = workshop.make_workshop(tmp_path, {"ant": f"waits 20 {LIMIT / 10}"})
    shop.close()
    shop.finish(workers=2, patience=0, early=2, item_timeout=LIMIT)
    assert shop.item("ant").status is Status.COMPLETED
    assert len(shop.notes("start", "ant")) == 1


def test_the_time_of_the_next_item_is_not_longer_for_a_wait_before(tmp_path: Path) -> None:
    shop = workshop.make_workshop(
        tmp_path, {"ant": "wait 600 0", "bee": f"wait-long 1 {LIMIT + 1} 600"}
    )
    shop.run(item_timeout=LIMIT)
    assert shop.statuses()["ant"] is Status.COMPLETED
    assert f"longer than {LIMIT:g} seconds" in shop.item("bee").error_message


@each_row(
    ("seconds", "span"),
    [(2.5, 2.5), (0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (float("inf"), 86400.0)],
)
def test_a_wait_of_no_sensible_length_does_no_harm(seconds: float, span: float) -> None:
    assert tasks.clamp_wait(seconds) == span
