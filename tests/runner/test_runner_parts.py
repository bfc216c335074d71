"""Parts of a stage: their order, their weighted progress, and failures that end no stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mediakeep.item import PartsRecord, Status
from mediakeep.outcome import Outcome, PartFailed, Parts
from mediakeep.queue import sessions
from mediakeep.queue.sessions import StageProgress
from mediakeep.runner import stage_meter
from mediakeep.runner.batch_config import BatchCallbacks
from mediakeep.runner.stage_meter import StageMeter
from mediakeep.runner.stage_parts import PartTracker
from tests.runner import jobs, toys, workshop
from tests.runner.workshop import Workshop


def stock(folder: Path, action: str) -> Workshop:
    return workshop.make_workshop(folder, {"ant": f"convert={action}"}, toys.JOB)


def parts(shop: Workshop) -> list[str]:
    return [note[2] for note in shop.notes("part")]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_a_stage_may_keep_going_without_its_failed_parts(tmp_path: Path, workers: int) -> None:
    shop = stock(tmp_path, "keep-going:one,broken,two")
    shop.run(workers=workers)
    assert shop.item("ant").status is Status.COMPLETED
    assert sorted(parts(shop)) == ["broken", "broken", "one", "two"]
    assert shop.notes("results")[0][:4] == ["results", "ant", "2", "1"]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_a_part_that_fails_for_good_runs_once(tmp_path: Path, workers: int) -> None:
    shop = stock(tmp_path, "parts:one,lost,broken")
    shop.run(workers=workers)
    assert sorted(parts(shop)) == ["broken", "broken", "lost", "one"]
    ant = shop.item("ant")
    assert (ant.status, ant.not_before, ant.attempts) == (Status.ERROR, "", {"convert": 1})
    assert "2 of 3 parts failed." in ant.error_message


def test_a_stage_that_keeps_going_learns_which_parts_failed_for_good(tmp_path: Path) -> None:
    shop = stock(tmp_path, "keep-going:one,lost,broken")
    shop.run()
    assert shop.item("ant").status is Status.COMPLETED
    assert shop.notes("results")[0][:5] == ["results", "ant", "1", "2", "1"]


def test_a_part_that_kills_its_worker_alone_fails_without_another_run(tmp_path: Path) -> None:
    shop = stock(tmp_path, "keep-going:one,deadly")
    shop.close()
    workshop.report(shop.spawn(workers=2, patience=0))
    assert shop.item("ant").status is Status.COMPLETED
    assert parts(shop).count("deadly") == 2
    assert shop.notes("results")[0][:4] == ["results", "ant", "1", "1"]


def test_the_heaviest_parts_run_first_and_results_keep_the_order(tmp_path: Path) -> None:
    shop = stock(tmp_path, "parts:small/1,huge/9,middle/5,small2/1")
    shop.run()
    assert parts(shop) == ["huge", "middle", "small", "small2"]
    assert shop.item("ant").status is Status.COMPLETED


def test_progress_is_weighted_and_counts_that_of_running_parts(tmp_path: Path) -> None:
    shop = stock(tmp_path, "parts:light/1,half-heavy/3")
    seen: list[tuple[int, int]] = []
    live: list[StageProgress] = []

    def look(_key: str, done: int, of: int, _service: str) -> None:
        seen.append((done, of))
        (path,) = sessions.list_live_files(shop.status)
        status = sessions.read_live_status(shop.status, path.stem)
        assert status
        live.append(status.stages["ant"])

    shop.run(face=BatchCallbacks(on_progress=look))
    assert seen == [(375, 1000), (750, 1000), (1000, 1000)]
    assert {progress.stage for progress in live} == {"convert"}


def test_the_live_file_has_the_stage_of_each_item_at_its_start(tmp_path: Path) -> None:
    shop = stock(tmp_path, "may-stop")
    shop.close()
    process = shop.spawn()

    def read_stage() -> str:
        statuses = (
            sessions.read_live_status(shop.status, path.stem)
            for path in sessions.list_live_files(shop.status)
        )
        return next((s.stages["ant"].stage for s in statuses if s and "ant" in s.stages), "")

    workshop.await_(lambda: read_stage() == "convert")
    (tmp_path / "gate").touch()
    workshop.report(process)
    assert sessions.list_live_files(shop.status) == []


def build_tracker(weights: tuple[float, ...] = (), **more: Any) -> PartTracker:
    return PartTracker(Parts(("a", "b", "c"), jobs.echo, weights), None, **more)


def test_a_tracker_counts_parts_until_they_have_weights_or_progress() -> None:
    tracker = build_tracker()
    assert tracker.measure_progress() == (0, 3)
    tracker.add_result(0, "A")
    assert tracker.measure_progress() == (1, 3)
    tracker.report_progress(1, 1, 2)
    assert tracker.measure_progress() == (500, 1000)
    tracker.report_progress(1, 7, 0)  # says nothing
    tracker.add_failure(1, PartFailed("no"))
    tracker.report_progress(1, 1, 2)  # of a part that has ended
    assert tracker.measure_progress() == (666, 1000)
    tracker.add_result(2, "C")
    assert tracker.measure_progress() == (1000, 1000)
    assert tracker.ordered_results() == ("A", PartFailed("no"), "C")
    assert tracker.build_failure() == Outcome(Status.ERROR, "1 of 3 parts failed. The first: no")


def test_progress_is_not_complete_before_the_last_part_is() -> None:
    tracker = build_tracker((1e9, 1e9, 1.0))
    tracker.add_result(0, "A")
    tracker.add_result(1, "B")
    assert tracker.measure_progress() == (999, 1000)


def test_a_tracker_goes_on_with_the_recorded_parts_of_the_same_inputs() -> None:
    names = build_tracker().names
    record = PartsRecord(done={names[1]: ["B"], "1:of another input": ["X"]})
    tracker = PartTracker(Parts(("a", "b", "c"), jobs.echo), record)
    assert tracker.missing_parts() == [0, 2]
    assert tracker.counts == (1, 3)


def test_a_meter_estimates_the_time_left_from_this_run_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(stage_meter.time, "monotonic", lambda: now[0])
    meter = StageMeter("convert")
    meter.set_base(400, 1000)  # finished before a restart
    now[0] += 50.0
    progress = meter.measure(500, 1000, (5, 10))
    assert (progress.rate, progress.seconds_left, progress.parts) == (2.0, 250.0, (5, 10))
    assert meter.measure(400, 1000).seconds_left is None  # nothing gained yet


def test_a_meter_keeps_its_pace_when_the_steps_become_finer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(stage_meter.time, "monotonic", lambda: now[0])
    meter = StageMeter("convert")
    meter.set_base(1, 4)
    now[0] += 10.0
    progress = meter.measure(500, 1000)
    assert (progress.rate, progress.seconds_left) == (25.0, 20.0)
