"""The index after a batch: the stages that its workers ran, and how long they took."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec
import pytest

from mediakeep.item import Status
from mediakeep.kinds import HistoryView
from mediakeep.outcome import Outcome, Parts, Progress, Work
from mediakeep.queue import readonly
from mediakeep.queue.history import index, stage_queries
from mediakeep.queue.history.stage_queries import StageRun
from mediakeep.runner import executors
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop

RUNS = HistoryView("runs", "stages", {"thing": "item", "stage": "stage", "noted": "noted"})
KIND = msgspec.structs.replace(toys.TOY, history_views=(RUNS,))


def work(work: Work, _: Progress) -> Outcome | Parts:
    """Run a stage that notes its own seconds; a thing that waits does so until its second claim."""
    began = time.monotonic()
    if work.item.path == "waits" and work.stamp.claim == work.stamp.first_claim:
        return Outcome(Status.PENDING, "the service is closed", retry_after=60.0)
    if work.item.path == "fails" and work.stage == "convert":
        return Outcome(Status.ERROR, "The disc is damaged.", facts={"noted": 0.0})
    after = {"split": "convert", "convert": "join"}.get(work.stage, "")
    while time.monotonic() == began:
        pass
    return Outcome(next_stage=after, facts={"noted": time.monotonic() - began})


def run(folder: Path, **things: str) -> Workshop:
    """Run a batch over such things."""
    shop = workshop.make_workshop(folder, things, KIND)
    shop.run(workshop.opening(work))
    return shop


def read_runs(shop: Workshop, item: str) -> list[StageRun]:
    """Read the runs of an item's stages, with those in the journal."""
    records = readonly.load_state_and_position(shop.status, shop.kind).records
    return index.query_history_index(
        shop.status, lambda base: stage_queries.read_stage_runs(base, item), records, shop.kind
    )


def test_the_index_has_each_stage_with_at_least_the_seconds_that_its_worker_noted(
    tmp_path: Path,
) -> None:
    shop = run(tmp_path, ant="works", bee="fails")
    ant = read_runs(shop, "ant")
    assert [(run.stage, run.outcome) for run in ant] == [
        ("split", "done"),
        ("convert", "done"),
        ("join", "completed"),
    ]
    for stage in ant:
        assert stage.seconds is not None
        assert stage.seconds >= round(stage.facts["noted"], 3) > -1
    logged = [line["seconds"] for line in shop.log() if line.get("next") and "ant" in str(line)]
    assert [stage.seconds for stage in ant[:-1]] == logged
    bee = read_runs(shop, "bee")
    assert [(run.stage, run.outcome, run.attempts) for run in bee] == [
        ("split", "done", 1),
        ("convert", "failed", 1),
    ]
    shop.close()
    with index.open_for_query(shop.status, kind=KIND) as base:
        rows = base.execute("SELECT stage, noted FROM runs WHERE thing = 'ant'").fetchall()
    assert rows == [(stage.stage, stage.facts["noted"]) for stage in ant]


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
def test_the_index_has_the_cpu_time_and_peak_memory_of_all_tasks_of_a_stage(
    tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "INLINE_SECONDS", 0.0)
    shop = workshop.make_workshop(tmp_path, {"ant": "convert=parts:burn1,burn2,one"}, toys.JOB)
    shop.run(workers=workers)
    prepare, convert, publish = read_runs(shop, "ant")
    assert convert.cpu_seconds is not None
    assert convert.peak_memory is not None
    assert convert.cpu_seconds >= 0.2
    assert 100_000_000 < convert.peak_memory < 1_000_000_000
    for other in (prepare, publish):
        assert other.cpu_seconds is not None
        assert other.peak_memory is not None
        assert other.peak_memory > 5_000_000
        if sys.platform == "linux" and workers == 2:  # else a peak of this process may be kept
            assert other.peak_memory < convert.peak_memory - 50_000_000
    assert prepare.facts == {"from": "prepare", "next": "convert"}


def test_a_failed_or_parked_stage_has_its_usage_too(tmp_path: Path) -> None:
    shop = workshop.make_workshop(
        tmp_path, {"ant": "prepare=park", "bee": "prepare=fail cleanup=ok"}, toys.TIDY
    )
    shop.run(max_attempts=1)
    for item in ("ant", "bee"):
        (only,) = read_runs(shop, item)
        assert only.peak_memory
        assert only.cpu_seconds is not None


def test_a_wait_is_a_run_of_its_stage_that_counts_no_attempt(tmp_path: Path) -> None:
    shop = run(tmp_path, ant="waits")
    (wait,) = read_runs(shop, "ant")
    assert (wait.stage, wait.outcome, wait.attempts) == ("split", "parked", 0)
    assert wait.facts == {"why": "the service is closed", "until": shop.item("ant").not_before}
    shop.clock.go(61)
    shop.run(workshop.opening(work))
    assert [run.outcome for run in read_runs(shop, "ant")] == [
        *("parked", "done", "done", "completed")
    ]
