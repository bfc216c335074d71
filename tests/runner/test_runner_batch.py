"""A batch takes items, records what became of each, and tells whoever listens."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep import files
from mediakeep.errors import ItemHeld, RecordNotWritten
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Progress, Work
from mediakeep.queue import actions, history, sessions
from mediakeep.runner import intake
from mediakeep.runner.plan import Face, Settled
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop

LIBRARY = {"ant": "good", "bee": "fail", "cow": "skip", "dog": "good"}


def test_every_outcome_is_recorded_with_its_data(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, LIBRARY)
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


def test_a_report_counts_what_was_settled_and_what_the_workers_mended(tmp_path: Path) -> None:
    report = workshop.stock(tmp_path, LIBRARY).run()
    assert report.settled[Status.COMPLETED] == 2
    assert report.settled[Status.ERROR] == report.settled[Status.SKIPPED] == 1
    assert (report.claimed, report.done, report.auto_fixed, report.stopped) == (4, 4, 2, False)
    assert report.seconds > 0
    assert report.gone is None


def test_the_face_hears_of_the_first_claim_and_of_every_settle_in_order(tmp_path: Path) -> None:
    begun: list[int] = []
    settled: list[Settled] = []
    shop = workshop.stock(tmp_path, LIBRARY)
    shop.run(face=Face(begun=begun.append, settled=settled.append), size=3)
    assert begun == [3]
    assert [(one.number, one.key) for one in settled] == [(1, "ant"), (2, "bee"), (3, "cow")]
    assert settled[0].outcome.message == "size 3"


def test_a_batch_takes_no_more_than_it_was_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WINDOW", 3)
    shop = workshop.stock(tmp_path, {f"a{number}": "good" for number in range(9)})
    assert shop.run(size=7).done == 7
    assert list(shop.statuses().values()).count(Status.PENDING) == 2
    assert shop.run(size=7).done == 2


def test_a_batch_without_a_size_takes_all_in_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WINDOW", 3)
    begun: list[int] = []
    shop = workshop.stock(tmp_path, {f"a{number}": "good" for number in range(8)})
    assert shop.run(face=Face(begun=begun.append)).done == 8
    assert begun == [8]
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert shop.run().claimed == 0


def test_the_log_tells_of_each_item_and_of_the_trace_of_each_error(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "good", "bee": "raises value"})
    shop.run(settings={"batch_size": 2})
    told = {line["message"]: line for line in shop.log()}
    assert told["Batch started"]["batch_size"] == 2
    assert told["ant: size 3"]["state"] == "completed"
    error = told["bee: ValueError: a bad \\udcff value"]
    assert error["level"] == "error"
    assert "in _raises" in error["traceback"]
    assert told["Batch ended: 2 of 2 items done"]["completed"] == 1


FAILURES = {
    "raises value": "ValueError: a bad \\udcff value",
    "raises os": "/music/\\xFF/a: Permission denied. Give this user the right",
    "raises ours": "Cannot read /music/a: it is no directory. Look there.",
    "raises unfinished": "Unreadable",
    "raises speechless": "Speechless",
    "raises exit": "SystemExit: 3",
    "raises generator": "GeneratorExit: ",
    "returns nothing": "TypeError: the worker returned NoneType, not an Outcome",
    "returns pending": "ValueError: the worker returned <Status.PENDING: 'pending'>, which is no",
    "returns running": "ValueError: the worker returned <Status.IN_PROGRESS: 'in_progress'>, which",
    "returns unknown-field": "The plain worker returned data that its item cannot hold: Object"
    " contains unknown field `colour`",
    "returns mistyped": "The plain worker returned data that its item cannot hold: Expected `int`,"
    " got `str` - at `$.size`",
    "returns a-path": "TypeError: what the worker returned cannot be recorded: ",
    "returns bad-fact": "TypeError: what the worker returned cannot be recorded: ",
    "returns bad-text": "TypeError: what the worker returned cannot be recorded: ",
    "returns no-data": "TypeError: 'NoneType' object is not iterable",
    "returns bad-wait": "ValueError: could not convert string to float: 'soon'",
    "returns long-wait": "later",
    "returns stage": "returns stage: a change from stage none to stage convert is not allowed.",
    "returns failed-stage": "no good",
}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_whatever_a_worker_raises_or_returns_ends_its_item_and_no_other(
    tmp_path: Path, workers: int
) -> None:
    shop = workshop.stock(tmp_path, {**{deed: deed for deed in FAILURES}, "bee": "good"})
    report = shop.run(workers=workers)
    assert shop.statuses() == {**dict.fromkeys(FAILURES, Status.ERROR), "bee": Status.COMPLETED}
    told = {deed: shop.item(deed).error_message for deed in FAILURES}
    assert {deed: text[: len(FAILURES[deed])] for deed, text in told.items()} == FAILURES
    assert {shop.item(deed).attempts for deed in FAILURES} == {1}
    assert len(shop.notes("start")) == report.done == len(FAILURES) + 1


def test_no_fact_of_a_worker_takes_the_place_of_what_the_record_says(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "tell", "bee": "good"})
    report = shop.run()
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    line = next(line for line in shop.log() if line["message"] == "ant: told")
    assert list(line)[:3] == ["time", "level", "message"]
    assert (line["level"], line["item"], line["state"]) == ("info", "ant", "completed")
    shop.close()
    assert str(shop.queue.state.head.library_path) == str(tmp_path)
    told = [event for path in history.paths(shop.status) for _, event in history.read(path)]
    ops = [event["op"] for event in told]
    assert ops == ["start", "settle", "settle", "end"]
    assert [event["seq"] for event in told] == sorted({event["seq"] for event in told})
    assert {event["session"] for event in told} == {report.session}
    assert (told[1]["item"], told[1]["state"], told[1]["library"]) == ("ant", "completed", "mine")


def test_a_failed_item_waits_longer_each_time_and_then_for_ever(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"bee": "fail"})
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
    shop = workshop.stock(tmp_path, {"bee": "fail 5"})
    shop.run(delay=60.0)
    assert shop.item("bee").not_before == "2025-12-17T10:00:05+00:00"


def test_no_item_is_tried_before_its_time(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"bee": "fail-first 1"})
    shop.run(delay=60.0)
    shop.clock.go(59)
    assert shop.run().claimed == 0
    shop.clock.go(1)
    assert shop.run().done == 1
    bee = shop.item("bee")
    assert (bee.status, bee.attempts) == (Status.COMPLETED, 2)
    assert (bee.error_message, bee.error_date, bee.not_before) == ("", "", "")


def test_due_retries_come_after_new_items(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "fail-first 1", "bee": "good", "cow": "good"})
    shop.run(size=1, delay=60.0)
    shop.clock.go(60)
    shop.run()
    assert [note[1] for note in shop.notes("start")] == ["ant", "bee", "cow", "ant"]


def test_a_batch_of_all_takes_what_falls_due_while_it_runs(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "fail", "bee": "good"})
    report = shop.run(delay=0.0, max_attempts=3)
    assert (report.claimed, shop.item("ant").attempts) == (4, 3)


def test_when_its_time_is_over_a_batch_starts_nothing_new(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "good 0.3", "bee": "good", "cow": "good"})
    report = shop.run(time_budget=0.2)
    assert (report.done, report.stopped) == (1, False)
    assert list(shop.statuses().values()) == [Status.COMPLETED, Status.PENDING, Status.PENDING]
    assert shop.item("bee").attempts == 0
    assert shop.run().done == 2


def test_a_named_item_is_done_whatever_its_state_and_no_other(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, LIBRARY)
    shop.run(size=3)
    for key in ("ant", "bee", "cow"):
        report = shop.run(key=key)
        assert (report.claimed, report.done) == (1, 1)
        assert len(shop.notes("start", key)) == 2
    assert shop.statuses()["dog"] is Status.PENDING
    assert shop.run(key="dog").settled[Status.COMPLETED] == 1


def test_a_named_item_that_another_batch_works_on_is_refused(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, LIBRARY)
    other = Workshop(tmp_path, toys.PLAIN, shop.clock)
    refused: list[ItemHeld] = []

    def worker(work: Work, progress: Progress) -> Outcome:
        with pytest.raises(ItemHeld) as caught:
            other.run(key="ant")
        refused.append(caught.value)
        return Outcome()

    report = shop.run(workshop.opening(worker), size=1)
    assert report.session in str(refused[0])
    assert shop.statuses()["ant"] is Status.COMPLETED
    other.close()


def test_progress_is_shown_at_once_and_noted_at_most_twice_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = workshop.stock(tmp_path, {"ant": "count 1.3"})
    shown: list[tuple[str, int, int]] = []
    noted: list[sessions.Live] = []
    write = files.write_atomic

    def record(path: Any, data: Any, *, sync: bool = True) -> None:
        write(path, data, sync=sync)
        if Path(path).parent.name == sessions.LIVE:
            live = sessions.read_live(shop.status, Path(path).stem)
            assert live
            assert not sync
            noted.append(live)

    monkeypatch.setattr(files, "write_atomic", record)
    started = time.monotonic()
    shop.run(face=Face(progress=lambda *told: shown.append(told)))
    most = (time.monotonic() - started) / sessions._PROGRESS + 1
    steps = [live.progress["ant"] for live in noted if live.progress]
    assert 1 <= len(steps) <= most
    assert steps == sorted(steps)
    assert len(shown) > 10 * len(steps)
    assert shown[0] == ("ant", 1, 10**9)


@pytest.mark.usefixtures("pooled")
def test_progress_of_a_pooled_worker_reaches_the_face_now_and_then(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "count 1", "bee": "good"})
    shown: list[tuple[str, int, int]] = []
    shop.run(face=Face(progress=lambda *told: shown.append(told)), workers=2)
    assert 2 <= len(shown) <= 5
    assert {key for key, _, _ in shown} == {"ant"}


def test_the_live_file_says_what_is_worked_on_and_goes_at_the_end(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "good"})
    seen: list[sessions.Live | None] = []

    def worker(work: Work, progress: Progress) -> Outcome:
        seen.append(sessions.read_live(shop.status, work.stamp.session))
        return Outcome()

    shop.run(workshop.opening(worker))
    assert seen[0]
    assert set(seen[0].begun) == {"ant"}
    assert sessions.live(shop.status) == []


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_a_library_that_is_gone_stops_the_batch_and_costs_no_attempt(
    tmp_path: Path, workers: int
) -> None:
    things = {"ant": "good", "bee": "gone", "cow": "good 0.5", "dog": "good", "eel": "good"}
    shop = workshop.stock(tmp_path, things)
    report = shop.run(workers=workers)
    assert report.gone
    assert "/music is missing" in str(report.gone)
    statuses = shop.statuses()
    assert statuses["ant"] is Status.COMPLETED
    assert statuses["bee"] is Status.PENDING
    assert workers > 1 or statuses["eel"] is Status.PENDING  # else it may be done beside it
    assert Status.IN_PROGRESS not in statuses.values()
    assert shop.item("bee").attempts == 0
    assert not shop.item("bee").suspect
    assert report.done == list(statuses.values()).count(Status.COMPLETED)


def test_a_checkpoint_is_written_every_so_many_settles_over_all_batches(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {f"a{number}": "good" for number in range(7)})
    milestones: list[int] = []
    face = Face(milestone=lambda: milestones.append(shop.queue.state.settled))
    shop.run(face=face, size=4, checkpoint_every=3)
    shop.run(face=face, checkpoint_every=3)
    names = sorted(path.name for path in (shop.status / "checkpoints").iterdir())
    assert names == [f"checkpoint_2025-12-17_thing_00{number}.json" for number in (3, 6)]
    assert milestones == [3, 4, 6, 7]


def test_a_checkpoint_that_cannot_be_written_is_only_a_warning(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "good", "bee": "good"})
    (shop.status / "checkpoints").write_text("in the way")
    report = shop.run(checkpoint_every=1)
    assert report.done == 2
    assert len(report.warnings) == 2
    assert "No checkpoint could be written" in report.warnings[0]


def test_an_item_that_is_reset_by_force_meanwhile_is_done_anew(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "good", "bee": "good"})
    force = actions.reset(shop.queue.where, actions.named(["ant"]), force=True)
    claims: list[int] = []

    def worker(work: Work, progress: Progress) -> Outcome:
        if work.stamp.key == "ant":
            claims.append(work.stamp.claim)
            if len(claims) == 1:
                shop.queue.change(force)
        return Outcome(message=f"of claim {work.stamp.claim}")

    settled: list[Settled] = []
    report = shop.run(workshop.opening(worker), Face(settled=settled.append))
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert len(claims) == 2
    assert report.done == 2
    assert [one.outcome.message for one in settled if one.key == "ant"] == [f"of claim {claims[1]}"]
    assert any("dropped" in line["message"] for line in shop.log())


@pytest.mark.usefixtures("pooled")
def test_a_result_of_a_claim_that_was_lost_is_not_recorded_under_the_next(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "sleep 1", "bee": "after ant", "cow": "good"})
    force = actions.reset(shop.queue.where, actions.named(["ant"]), force=True)
    settled: dict[str, Settled] = {}

    def after(one: Settled) -> None:
        assert one.key not in settled
        settled[one.key] = one
        if one.key == "bee":
            shop.queue.change(force)

    shop.run(face=Face(settled=after), workers=2)
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert settled["ant"].outcome.facts["claim"] > settled["cow"].outcome.facts["claim"]
    assert len(shop.notes("start", "ant")) == 2
    assert shop.item("ant").attempts == 1
    assert [line["message"] for line in shop.log() if line["level"] == "warning"] == [
        "ant: was reset or restored meanwhile; this result is dropped"
    ]


def test_a_live_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "count 0.6", "bee": "good"})

    def obstruct(_: int) -> None:
        shutil.rmtree(shop.status / sessions.LIVE)
        (shop.status / sessions.LIVE).write_text("in the way")

    report = shop.run(face=Face(begun=obstruct))
    assert report.settled[Status.COMPLETED] == 2
    assert (shop.status / sessions.LIVE).read_text() == "in the way"
    (shop.status / sessions.LIVE).unlink()


@contextlib.contextmanager
def unwritable(handle: int) -> Iterator[None]:
    """Let every write to an open file fail."""
    kept, dead = os.dup(handle), os.open(os.devnull, os.O_RDONLY)
    os.dup2(dead, handle)
    yield
    os.dup2(kept, handle)
    os.close(kept)
    os.close(dead)


def test_a_log_that_cannot_be_written_stops_the_batch_with_all_given_back(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "good", "bee": "good", "cow": "good"})
    broken = contextlib.ExitStack()

    def break_log(_: int) -> None:
        assert shop.queue.session
        broken.enter_context(unwritable(shop.queue.session._log))

    with broken, pytest.raises(RecordNotWritten, match=r"log of session .* could not be written"):
        shop.run(face=Face(begun=break_log))
    assert list(shop.statuses().values()) == [Status.COMPLETED, Status.PENDING, Status.PENDING]
    assert shop.item("bee").attempts == 0


def test_a_journal_that_cannot_be_written_stops_the_batch_and_loses_nothing(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "good", "bee": "good", "cow": "good"})
    broken = contextlib.ExitStack()

    def break_journal(_: Settled) -> None:
        journal = shop.queue._store._journal
        assert journal
        broken.enter_context(unwritable(journal._handle))

    with broken, pytest.raises(RecordNotWritten):
        shop.run(face=Face(settled=break_journal))
    with contextlib.suppress(RecordNotWritten):  # it may say so once more
        shop.close()
    shop = Workshop(tmp_path, toys.PLAIN, shop.clock)
    assert shop.run().settled[Status.COMPLETED] == 2
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert shop.item("bee").attempts == 1


def test_a_face_that_fails_loses_nothing(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "good", "bee": "good"})

    def fail(_: object) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        shop.run(face=Face(begun=fail))
    assert set(shop.statuses().values()) == {Status.PENDING}
    with pytest.raises(BrokenPipeError):
        shop.run(face=Face(settled=fail))
    assert list(shop.statuses().values()) == [Status.COMPLETED, Status.PENDING]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_a_face_that_cannot_show_progress_fails_no_item(tmp_path: Path, workers: int) -> None:
    shop = workshop.stock(tmp_path, {"ant": "count 0.4", "bee": "count 0.4"})
    shown: list[str] = []

    def fail(key: str, done: int, of: int) -> None:
        shown.append(key)
        raise BrokenPipeError

    shop.run(face=Face(progress=fail), workers=workers)
    assert shown
    assert set(shop.statuses().values()) == {Status.COMPLETED}


def test_two_batches_share_a_queue_and_do_each_item_once(tmp_path: Path) -> None:
    things = {f"a{number:02}": "good 0.02" for number in range(20)}
    shop = workshop.stock(tmp_path, things)
    shop.close()
    both = [shop.spawn(size=10), shop.spawn(size=10)]
    assert [workshop.report(process)["claimed"] for process in both] == [10, 10]
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert sorted(note[1] for note in shop.notes("start")) == sorted(things)
