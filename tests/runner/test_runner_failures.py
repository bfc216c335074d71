"""Whatever a worker raises or returns is recorded as its item's own, and tried again in time."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.item import Status
from mediakeep.queue.history import event_log
from tests.runner import workshop

FAILURES = {
    "raises value": "ValueError: a bad \\udcff value",
    "raises os": "/music/\\xFF/a: Permission denied. Give this user the right",
    "raises ours": "Cannot read /music/a: it is no directory. Look there.",
    "raises unfinished": "Unreadable",
    "raises speechless": "UnprintableError",
    "raises exit": "SystemExit: 3",
    "raises generator": "GeneratorExit: ",
    "returns nothing": "TypeError: the worker returned NoneType, not an Outcome",
    "returns pending": "ValueError: the worker returned <Status.PENDING: 'pending'>, which is no",
    "returns running": "ValueError: the worker returned <Status.IN_PROGRESS: 'in_progress'>, which",
    "returns unknown-field": "The plain worker returned invalid item data: Object"
    " contains unknown field `colour`",
    "returns mistyped": "The plain worker returned invalid item data: Expected `int`,"
    " got `str` - at `$.size`",
    "returns a-path": "TypeError: the result of the worker cannot be recorded: ",
    "returns bad-fact": "TypeError: the result of the worker cannot be recorded: ",
    "returns bad-text": "TypeError: the result of the worker cannot be recorded: ",
    "returns no-data": "TypeError: 'NoneType' object is not iterable",
    "returns bad-wait": "ValueError: could not convert string to float: 'soon'",
    "returns long-wait": "later",
    "returns stage": "The plain worker returned invalid item data: thing returns stage: stage none"
    " cannot be followed by 'convert'.",
    "returns failed-stage": "no good",
}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_any_worker_error_ends_only_its_item(tmp_path: Path, workers: int) -> None:
    shop = workshop.make_workshop(
        tmp_path, {**{failure: failure for failure in FAILURES}, "bee": "good"}
    )
    report = shop.run(workers=workers)
    assert shop.statuses() == {**dict.fromkeys(FAILURES, Status.ERROR), "bee": Status.COMPLETED}
    failures = {failure: shop.item(failure).error_message for failure in FAILURES}
    assert {action: text[: len(FAILURES[action])] for action, text in failures.items()} == FAILURES
    assert {shop.item(failure).attempts for failure in FAILURES} == {1}
    assert len(shop.notes("start")) == report.done_count == len(FAILURES) + 1


def test_no_fact_of_a_worker_takes_the_place_of_what_the_record_says(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "tell", "bee": "good"})
    report = shop.run()
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    line = next(line for line in shop.log() if line["message"] == "ant: told")
    assert list(line)[:3] == ["time", "level", "message"]
    assert (line["level"], line["item"], line["state"]) == ("info", "ant", "completed")
    shop.close()
    assert str(shop.queue.state.head.library_path) == str(tmp_path)
    events = [
        event
        for path in event_log.list_files(shop.status)
        for _, event in event_log.iter_events(path)
    ]
    ops = [event["op"] for event in events]
    assert ops == ["start", "settle", "settle", "end"]
    assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})
    assert {event["session"] for event in events} == {report.session}
    assert (events[1]["item"], events[1]["state"], events[1]["library"]) == (
        "ant",
        "completed",
        "mine",
    )


def test_a_failed_item_waits_longer_each_time_and_then_for_ever(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"bee": "fail"})
    waits = []
    for _ in range(4):
        shop.run(delay=60.0, max_attempts=3)
        waits.append(shop.item("bee").not_before)
        shop.clock.go(3600)
    assert waits == ["2025-12-17T10:01:00+00:00", "2025-12-17T11:02:00+00:00", "", ""]
    bee = shop.item("bee")
    assert (bee.status, bee.attempts, bee.error_message) == (Status.ERROR, 3, "it is broken")
    assert len(shop.notes("start")) == 3


def test_a_worker_may_say_when_to_try_again(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"bee": "fail 5"})
    shop.run(delay=60.0)
    assert shop.item("bee").not_before == "2025-12-17T10:00:05+00:00"


def test_no_item_is_tried_before_its_time(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"bee": "fail-first 1"})
    shop.run(delay=60.0)
    shop.clock.go(59)
    assert shop.run().claimed == 0
    shop.clock.go(1)
    assert shop.run().done_count == 1
    bee = shop.item("bee")
    assert (bee.status, bee.attempts) == (Status.COMPLETED, 2)
    assert (bee.error_message, bee.error_date, bee.not_before) == ("", "", "")


def test_due_retries_come_after_new_items(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "fail-first 1", "bee": "good", "cow": "good"})
    shop.run(size=1, delay=60.0)
    shop.clock.go(60)
    shop.run()
    assert [note[1] for note in shop.notes("start")] == ["ant", "bee", "cow", "ant"]


def test_a_batch_of_all_takes_what_falls_due_while_it_runs(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "fail", "bee": "good"})
    report = shop.run(delay=0.0, max_attempts=3)
    assert (report.claimed, shop.item("ant").attempts) == (4, 3)
