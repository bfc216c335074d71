"""A batch takes items, records their outcomes, and reports them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from mediakeep import atomic_files
from mediakeep.errors import ItemInUse
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Progress, Work
from mediakeep.queue import sessions
from mediakeep.runner import scheduling
from mediakeep.runner.batch_config import BatchCallbacks, SettledItem
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop

LIBRARY = {"ant": "good", "bee": "fail", "cow": "skip", "dog": "good"}


def test_every_outcome_is_recorded_with_its_data(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, LIBRARY)
    report = shop.run()
    assert shop.statuses() == {
        "ant": Status.COMPLETED,
        "bee": Status.ERROR,
        "cow": Status.SKIPPED,
        "dog": Status.COMPLETED,
    }
    ant, bee, cow = (shop.item(key) for key in ("ant", "bee", "cow"))
    assert (ant.size, ant.attempts, ant.session) == (3, 1, report.session)
    assert (ant.claim, ant.suspect, ant.processed_date) == (0, False, "2025-12-17T10:00:00+00:00")
    assert (bee.error_message, bee.attempts) == ("it is broken", 1)
    assert bee.not_before == "2025-12-17T10:10:00+00:00"
    assert cow.skip_reason == "duplicate"
    assert (tmp_path / "out" / "dog").read_text() == "dog"


def test_a_report_counts_what_was_settled_and_what_the_workers_fixed(tmp_path: Path) -> None:
    report = workshop.make_workshop(tmp_path, LIBRARY).run()
    assert report.settled[Status.COMPLETED] == 2
    assert report.settled[Status.ERROR] == report.settled[Status.SKIPPED] == 1
    assert (report.claimed, report.done_count, report.auto_fixed, report.stopped) == (
        4,
        4,
        2,
        False,
    )
    assert report.seconds > 0
    assert report.abort_error is None


def test_the_face_hears_of_the_first_claim_and_of_every_settle_in_order(tmp_path: Path) -> None:
    begun: list[int] = []
    settled: list[SettledItem] = []
    shop = workshop.make_workshop(tmp_path, LIBRARY)
    shop.run(face=BatchCallbacks(on_start=begun.append, on_item=settled.append), size=3)
    assert begun == [3]
    assert [(settled_item.number, settled_item.key) for settled_item in settled] == [
        (1, "ant"),
        (2, "bee"),
        (3, "cow"),
    ]
    assert (settled[0].outcome.message, settled[0].total) == ("size 3", 3)


def test_a_batch_takes_no_more_than_it_was_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "CLAIM_WINDOW", 3)
    shop = workshop.make_workshop(tmp_path, {f"a{number}": "good" for number in range(9)})
    assert shop.run(size=7).done_count == 7
    assert list(shop.statuses().values()).count(Status.PENDING) == 2
    assert shop.run(size=7).done_count == 2


def test_a_batch_without_a_size_takes_all_in_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "CLAIM_WINDOW", 3)
    begun: list[int] = []
    shop = workshop.make_workshop(tmp_path, {f"a{number}": "good" for number in range(8)})
    assert shop.run(face=BatchCallbacks(on_start=begun.append)).done_count == 8
    assert begun == [8]
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert shop.run().claimed == 0


def test_the_log_reports_each_item_and_of_the_trace_of_each_error(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": "raises value"})
    shop.run(settings={"batch_size": 2})
    log_messages = {line["message"]: line for line in shop.log()}
    assert log_messages["Batch started"]["batch_size"] == 2
    assert log_messages["ant: size 3"]["state"] == "completed"
    error = log_messages["bee: ValueError: a bad \\udcff value"]
    assert error["level"] == "error"
    assert "in _raises" in error["traceback"]
    assert log_messages["Batch ended: 2 of 2 items done"]["completed"] == 1


def test_when_its_time_is_over_a_batch_starts_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = workshop.make_workshop(tmp_path, dict.fromkeys(("ant", "bee", "cow"), "good"))
    with monkeypatch.context() as patched:
        workshop.set_clock(patched, lambda: 1000.0 + len(shop.notes("end")))
        report = shop.run(time_budget=0.5)
    assert (report.done_count, report.stopped) == (1, False)
    assert list(shop.statuses().values()) == [Status.COMPLETED, Status.PENDING, Status.PENDING]
    assert shop.item("bee").attempts == 0
    assert shop.run().done_count == 2


def test_only_the_named_item_is_processed_in_any_state(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, LIBRARY)
    shop.run(size=3)
    for key in ("ant", "bee", "cow"):
        report = shop.run(key=key)
        assert (report.claimed, report.done_count) == (1, 1)
        assert len(shop.notes("start", key)) == 2
    assert shop.statuses()["dog"] is Status.PENDING
    assert shop.run(key="dog").settled[Status.COMPLETED] == 1


def test_a_named_item_that_another_batch_works_on_is_refused(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, LIBRARY)
    other = Workshop(tmp_path, toys.PLAIN, shop.clock)
    refused: list[ItemInUse] = []

    def worker(work: Work, progress: Progress) -> Outcome:
        with pytest.raises(ItemInUse) as caught:
            other.run(key="ant")
        refused.append(caught.value)
        return Outcome()

    report = shop.run(workshop.opening(worker), size=1)
    assert report.session in str(refused[0])
    assert shop.statuses()["ant"] is Status.COMPLETED
    other.close()


@pytest.mark.long
def test_progress_is_shown_at_once_and_noted_at_most_twice_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "count 0.7"})
    shown: list[tuple[str, int, int]] = []
    noted: list[sessions.LiveStatus] = []
    write = atomic_files.write_atomic

    def record(path: Any, data: Any, *, sync: bool = True) -> None:
        write(path, data, sync=sync)
        if Path(path).parent.name == sessions.LIVE_FOLDER:
            live = sessions.read_live_status(shop.status, Path(path).stem)
            assert live
            assert not sync
            noted.append(live)

    monkeypatch.setattr(atomic_files, "write_atomic", record)
    started = time.monotonic()
    shop.run(face=BatchCallbacks(on_progress=lambda *told: shown.append(told)))
    most = (time.monotonic() - started) / sessions._PROGRESS_INTERVAL + 1
    steps = [live.progress["ant"] for live in noted if live.progress]
    assert 1 <= len(steps) <= most
    assert steps == sorted(steps)
    assert len(shown) > 10 * len(steps)
    assert shown[0] == ("ant", 1, 10**9, "")


@pytest.mark.long
@pytest.mark.usefixtures("pooled")
def test_progress_of_a_pooled_worker_reaches_the_face_now_and_then(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "count 1", "bee": "good"})
    shown: list[tuple[str, int, int, str]] = []
    shop.run(face=BatchCallbacks(on_progress=lambda *told: shown.append(told)), workers=2)
    assert 2 <= len(shown) <= 5
    assert {key for key, *_ in shown} == {"ant"}


def test_the_live_file_says_what_is_worked_on_and_goes_at_the_end(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good"})
    seen: list[sessions.LiveStatus | None] = []

    def worker(work: Work, progress: Progress) -> Outcome:
        seen.append(sessions.read_live_status(shop.status, work.stamp.session))
        return Outcome()

    shop.run(workshop.opening(worker))
    assert seen[0]
    assert set(seen[0].begun) == {"ant"}
    assert sessions.list_live_files(shop.status) == []


def test_a_checkpoint_is_written_every_so_many_settles_over_all_batches(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {f"a{number}": "good" for number in range(7)})
    milestones: list[int] = []
    face = BatchCallbacks(on_milestone=lambda: milestones.append(shop.queue.state.settled))
    shop.run(face=face, size=4, checkpoint_every=3)
    shop.run(face=face, checkpoint_every=3)
    names = sorted(path.name for path in (shop.status / "checkpoints").iterdir())
    assert names == [f"checkpoint_2025-12-17_thing_00{number}.json" for number in (3, 6)]
    assert milestones == [3, 4, 6, 7]


def test_two_batches_share_a_queue_and_do_each_item_once(tmp_path: Path) -> None:
    things = {f"a{number:02}": "good 0.02" for number in range(20)}
    shop = workshop.make_workshop(tmp_path, things)
    shop.close()
    both = [shop.spawn(size=10), shop.spawn(size=10)]
    assert [workshop.report(process)["claimed"] for process in both] == [10, 10]
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert sorted(note[1] for note in shop.notes("start")) == sorted(things)
