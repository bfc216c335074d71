"""Results that the stages do not allow, the limit of jobs, and dry runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import InvalidOutcome
from mediakeep.item import Item, Status
from mediakeep.queue import readonly
from mediakeep.runner import dry_run
from mediakeep.runner.batch_config import BatchCallbacks, SettledItem
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop
from tests.sampling import each_row

INVALID = {
    "convert=returns:no-time": "a pending outcome without a time. Return retry_after",
    "convert=returns:endless": "a pending outcome without a time. Return retry_after",
    "convert=returns:no-reason": "a pending outcome without a reason. Return a message",
    "convert=returns:unknown": "next_stage 'polish' is not in the stage table. Use one of: prep",
    "convert=returns:unknown-resume": "resume_stage 'polish' is not in the stage table. Use one",
    "convert=returns:failed-next": "next_stage 'convert' with the state error. Return next_stage",
    "convert=returns:same": "the stage follows itself, and nothing of the item changes. Return",
    "convert=returns:weights": "2 parts have 1 weights. Give each part a positive weight",
    "convert=returns:no-next": "a completed stage without the next one. Return next_stage: publ",
    "convert=returns:zero-weight": "the weight of a part is not a positive number. Give each",
}


def stock(folder: Path, **things: str) -> Workshop:
    return workshop.make_workshop(folder, things, toys.JOB)


@each_row("action", INVALID)
def test_an_invalid_result_ends_the_batch_and_loses_nothing(tmp_path: Path, action: str) -> None:
    shop = stock(tmp_path, ant=action, bee="convert=ok")
    result = shop.run()
    assert isinstance(result.abort_error, InvalidOutcome)
    assert result.abort_error.exit_code == 2
    text = f"job ant, stage convert: invalid result of the worker: {INVALID[action]}"
    assert str(result.abort_error).startswith(text)
    ant = shop.item("ant")
    assert (ant.status, ant.processing_stage, ant.attempts) == (Status.PENDING, "convert", 0)
    assert shop.item("bee").status is Status.PENDING


MEANINGLESS = {
    "no-inputs": "'int' object is not iterable",
    "no-weights": "could not convert string to float: 'heavy'",
    "no-function": "the worker returned Parts without a function to run",
    "status": "the worker returned data with 'status', which the queue sets",
    "wait": "the worker returned data with 'parked', which the queue sets",
    "undone": "the worker returned facts with 'undone', which the queue sets",
}


def test_meaningless_results_are_errors_of_their_items(tmp_path: Path) -> None:
    shop = stock(tmp_path, **{name: f"convert=returns:{name}" for name in MEANINGLESS})
    assert shop.run().abort_error is None
    for name, text in MEANINGLESS.items():
        item = shop.item(name)
        assert (item.status, item.attempts) == (Status.ERROR, {"convert": 1})
        assert text in item.error_message
    assert readonly.load_state(shop.status, shop.kind).items.keys() == MEANINGLESS.keys()


@pytest.mark.parametrize("action", ["parts", "unknown"])
def test_a_cleanup_may_neither_split_nor_go_on(tmp_path: Path, action: str) -> None:
    path = f"publish=fail cleanup=returns:{action}"
    shop = workshop.make_workshop(tmp_path, {"ant": path}, toys.TIDY)
    result = shop.run()
    assert isinstance(result.abort_error, InvalidOutcome)
    assert shop.item("ant").cleanup_stage == "publish"


@pytest.mark.usefixtures("pooled")
def test_no_more_items_are_under_way_than_jobs_allow(tmp_path: Path) -> None:
    things = dict.fromkeys(("ant", "bee", "cow"), "convert=parts:one,two")
    shop = stock(tmp_path, **things)
    shop.run(workers=3, jobs=1)
    started = [note[1] for note in shop.notes("start")]
    assert started == sorted(started)
    assert set(shop.statuses().values()) == {Status.COMPLETED}


def test_a_suspect_under_way_comes_before_new_items_if_jobs_are_limited(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="convert=die-first", bee="convert=ok")
    shop.close()
    workshop.report(shop.spawn(workers=2, patience=0, jobs=1))
    assert [note[1] for note in shop.notes("start")] == ["ant"] * 4 + ["bee"] * 3
    assert set(shop.statuses().values()) == {Status.COMPLETED}


def test_a_dry_run_with_plans_calls_no_worker(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="convert=ok", bee="convert=fail")
    seen: list[SettledItem] = []

    def plan(item: Item) -> list[str]:
        return [f"prepare {item.path}", "convert", "publish"]

    result = dry_run.simulate_batch(
        readonly.load_state(shop.status, shop.kind),
        ["ant", "bee"],
        shop.opening(),
        workshop.build_config(),
        BatchCallbacks(on_item=seen.append),
        plan,
    )
    assert (result.done_count, shop.notes()) == (2, [])
    assert [entry.outcome.facts["plan"] for entry in seen] == [
        ["prepare convert=ok", "convert", "publish"],
        ["prepare convert=fail", "convert", "publish"],
    ]


def test_a_dry_run_reports_an_invalid_result(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="prepare=returns:unknown")
    state = readonly.load_state(shop.status, shop.kind)
    config = workshop.build_config()
    result = dry_run.simulate_batch(state, ["ant"], shop.opening(), config, BatchCallbacks())
    assert isinstance(result.abort_error, InvalidOutcome)
    assert result.done_count == 0
