"""Each stage has its retries; after the last one the worker cleans up, which survives kills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome, Stamp
from mediakeep.runner.batch_config import BatchResult, RetryPolicy
from mediakeep.runner.item_flow import ItemFlow, SettleItem
from mediakeep.stages import Retry
from tests.runner import jobs, toys, workshop
from tests.runner.workshop import Workshop
from tests.sampling import some


def stock(folder: Path, path: str, kind: Kind = toys.JOB) -> Workshop:
    return workshop.make_workshop(folder, {"ant": path}, kind)


def run_often(shop: Workshop, times: int, **plan: Any) -> list[BatchResult]:
    """Run batches, each after the longest delay between two attempts."""
    results = []
    for _ in range(times):
        results.append(shop.run(**plan))
        shop.clock.go(86400)
    return results


def stages(shop: Workshop) -> list[str]:
    return [note[2] for note in shop.notes("start", "ant")]


def test_a_stage_is_tried_as_often_as_its_own_retries_allow(tmp_path: Path) -> None:
    shop = stock(tmp_path, "convert=fail")
    shop.run(max_attempts=5, delay=7.0)
    ant = shop.item("ant")
    assert (ant.processing_stage, ant.not_before) == (
        "failed_convert",
        "2025-12-17T10:01:00+00:00",
    )
    shop.clock.go(60)
    run_often(shop, 2, max_attempts=5)
    ant = shop.item("ant")
    assert (ant.status, ant.not_before, ant.attempts) == (Status.ERROR, "", {"convert": 2})
    assert stages(shop) == ["prepare", "convert", "convert"]


@pytest.mark.parametrize("how", ["fail-finally", "fail-finally:raise"])
def test_a_final_failure_is_the_last_attempt_of_its_stage(tmp_path: Path, how: str) -> None:
    shop = stock(tmp_path, f"convert={how}", toys.TIDY)
    run_often(shop, 3, max_attempts=5)
    assert stages(shop) == ["prepare", "convert", "convert"]  # the last one is the cleanup
    assert [note[:3] for note in shop.notes("cleanup")] == [["cleanup", "convert", "it_is_lost."]]
    ant = shop.item("ant")
    assert (ant.status, ant.not_before, ant.attempts) == (Status.ERROR, "", {"convert": 1})
    assert (ant.error_message, ant.processing_stage) == ("it is lost.", "failed_convert")


def test_an_item_is_skipped_after_a_final_failure_if_its_stage_says_so(tmp_path: Path) -> None:
    shop = stock(tmp_path, "publish=fail-finally")
    shop.run(stage_retries={"publish": Retry(5, 60.0, "skipped")})
    ant = shop.item("ant")
    assert (ant.status, ant.skip_reason) == (Status.SKIPPED, "it is lost.")


def test_a_final_failure_is_the_only_attempt_without_stages(tmp_path: Path) -> None:
    shop = stock(tmp_path, "fail-finally", toys.PLAIN)
    run_often(shop, 3, max_attempts=5)
    ant = shop.item("ant")
    assert (ant.status, ant.not_before, ant.attempts) == (Status.ERROR, "", 1)


def test_a_stage_without_retries_of_its_own_has_those_of_the_batch(tmp_path: Path) -> None:
    shop = stock(tmp_path, "prepare=fail")
    run_often(shop, 5, max_attempts=4)
    assert shop.item("ant").attempts == {"prepare": 4}
    assert shop.item("ant").processing_stage == "failed_prepare"


def test_the_settings_of_a_batch_override_the_retries_of_a_stage(tmp_path: Path) -> None:
    shop = stock(tmp_path, "convert=fail")
    shop.run(stage_retries={"convert": Retry(3, 5.0)})
    assert shop.item("ant").not_before == "2025-12-17T10:00:05+00:00"
    shop.clock.go(5)
    run_often(shop, 4, stage_retries={"convert": Retry(3, 5.0)})
    assert shop.item("ant").attempts == {"convert": 3}


def test_a_stage_may_be_skipped_after_its_last_attempt(tmp_path: Path) -> None:
    shop = stock(tmp_path, "publish=fail")
    shop.run()
    ant = shop.item("ant")
    assert (ant.status, ant.skip_reason, ant.attempts) == (
        Status.SKIPPED,
        "it broke.",
        {"publish": 1},
    )


def test_attempts_of_one_stage_do_not_count_for_another(tmp_path: Path) -> None:
    shop = stock(tmp_path, "prepare=fail-first convert=fail-first publish=ok")
    run_often(shop, 4, max_attempts=2)
    ant = shop.item("ant")
    assert ant.status is Status.COMPLETED
    assert ant.attempts == {"prepare": 1, "convert": 1, "publish": 1}
    assert stages(shop) == ["prepare", "prepare", "convert", "convert", "publish"]


def test_a_failure_may_send_the_item_back_to_an_earlier_stage(tmp_path: Path) -> None:
    shop = stock(tmp_path, "convert=resume:prepare")
    shop.run()
    assert shop.item("ant").processing_stage == "failed_convert"
    run_often(shop, 2)
    assert shop.item("ant").status is Status.COMPLETED
    assert stages(shop) == ["prepare", "convert", "prepare", "convert", "publish"]


def test_the_worker_cleans_up_after_the_last_attempt_only(tmp_path: Path) -> None:
    shop = stock(tmp_path, "convert=fail", toys.TIDY)
    shop.run()
    assert shop.notes("cleanup") == []
    run_often(shop, 3)
    assert [note[:3] for note in shop.notes("cleanup")] == [["cleanup", "convert", "it_broke."]]
    ant = shop.item("ant")
    assert (ant.status, ant.not_before, ant.attempts) == (Status.ERROR, "", {"convert": 2})
    assert (ant.error_message, ant.size, ant.cleanup_stage) == ("it broke.", 1, "")
    assert ant.processing_stage == "failed_convert"


def test_a_cleaned_item_may_be_skipped(tmp_path: Path) -> None:
    shop = stock(tmp_path, "publish=fail", toys.TIDY)
    shop.run()
    ant = shop.item("ant")
    assert (ant.status, ant.skip_reason, ant.size) == (Status.SKIPPED, "it broke.", 1)


def test_a_cleanup_that_fails_is_reported_with_the_failure(tmp_path: Path) -> None:
    shop = stock(tmp_path, "convert=fail cleanup=fail", toys.TIDY)
    run_often(shop, 3, stage_retries={"convert": Retry(1)})
    ant = shop.item("ant")
    assert ant.error_message == "it broke. The cleanup failed, too: it broke."
    assert (ant.status, ant.cleanup_stage, ant.attempts) == (Status.ERROR, "", {"convert": 1})
    assert len(shop.notes("cleanup")) == 1


def test_a_cleanup_that_returns_an_error_without_a_message_has_not_failed(tmp_path: Path) -> None:
    flow = ItemFlow(toys.TIDY, RetryPolicy(max_attempts=1))
    item = stock(tmp_path, "convert=fail", toys.TIDY).item("ant")
    failed = structs.replace(item, cleanup_stage="convert", error_message="bad file")
    stamp = Stamp("s", "ant", 1, 1)
    work = flow.build_work(failed, stamp)
    for message, expected in [
        ("", "bad file"),
        ("disk gone.", "bad file. The cleanup failed, too: disk gone."),
    ]:
        step = flow.decide_step(failed, work, Outcome(Status.ERROR, message))
        assert isinstance(step, SettleItem)
        assert (step.outcome.message, step.is_last) == (expected, True)


@pytest.mark.usefixtures("pooled")
def test_a_cleanup_that_kills_its_worker_runs_again_alone(tmp_path: Path) -> None:
    shop = stock(tmp_path, "convert=fail cleanup=die-first", toys.TIDY)
    shop.run(workers=2, stage_retries={"convert": Retry(1)})
    assert shop.item("ant").error_message == "it broke."
    assert len(shop.notes("cleanup")) == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_batch_goes_on_with_the_cleanup(tmp_path: Path, when: str) -> None:
    """The last record of the batch is the settle after the cleanup."""
    shop = stock(tmp_path, "prepare=fail cleanup=ok", toys.TIDY)
    shop.close()
    # start, claim, cleanup, settle
    process = shop.spawn(max_attempts=1, die_at=3 if when == "after" else 4, die=when)
    process.communicate(timeout=workshop.PATIENCE)
    assert process.returncode == -9
    cleaned = len(shop.notes("cleanup"))
    assert cleaned == (when == "before")
    assert shop.item("ant").cleanup_stage == "prepare"
    shop.run(max_attempts=1)
    ant = shop.item("ant")
    assert (ant.status, ant.attempts, ant.cleanup_stage) == (Status.ERROR, {"prepare": 1}, "")
    assert ant.size == 1
    assert len(shop.notes("cleanup")) == cleaned + 1
    assert stages(shop).count("prepare") == 2 + cleaned  # the stage itself ran once


# Records: start, claim, prepared, four parts, converted, publishing failed, settled after cleanup.
LONG = "convert=keep-going:one,two,broken,half publish=fail cleanup=ok"


@pytest.mark.parametrize("number", some(range(3, 11), 3))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_batch_killed_at_a_record_repeats_nothing_that_is_recorded(
    tmp_path: Path, number: int, when: str
) -> None:
    shop = stock(tmp_path, LONG, toys.TIDY)
    shop.close()
    process = shop.spawn(die_at=number, die=when)
    process.communicate(timeout=workshop.PATIENCE)
    assert process.returncode == -9
    killed, before = shop.item("ant"), len(shop.notes())
    shop.run()
    ant, since = shop.item("ant"), shop.notes()[before:]
    assert (ant.status, ant.skip_reason, ant.size) == (Status.SKIPPED, "it broke.", 1)
    assert (ant.attempts, ant.cleanup_stage) == ({"publish": 1}, "")
    done = [result[0].lower() for result in killed.parts.done.values()] if killed.parts else []
    assert not {note[2] for note in since if note[0] == "part"} & set(done)
    reached = jobs.TABLE.position(jobs.TABLE.get_current_stage(killed.processing_stage))
    calls = [note[2] for note in since if note[0] == "start"]
    assert all(jobs.TABLE.position(stage) >= reached for stage in calls)
    if killed.cleanup_stage:
        assert [note[0] for note in since if note[0] != "open"][:2] == ["start", "cleanup"]
    assert bool(since) == (killed.status is not Status.SKIPPED)
