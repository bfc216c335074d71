"""A batch meets a library, a claim, a disk or a terminal that is gone, and loses nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.errors import QueueHostLost, RecordNotWritten
from mediakeep.item import Status
from mediakeep.outcome import Aborting, Outcome, Progress, Work
from mediakeep.queue import actions, sessions
from mediakeep.runner.batch_config import BatchCallbacks, SettledItem
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop
from tests.sampling import each_row, some


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_a_library_that_is_gone_stops_the_batch_and_costs_no_attempt(
    tmp_path: Path, workers: int
) -> None:
    things = {"ant": "good", "bee": "gone", "cow": "good 0.5", "dog": "good", "eel": "good"}
    shop = workshop.make_workshop(tmp_path, things)
    report = shop.run(workers=workers)
    assert report.abort_error
    assert "/music is missing" in str(report.abort_error)
    statuses = shop.statuses()
    assert statuses["ant"] is Status.COMPLETED
    assert statuses["bee"] is Status.PENDING
    assert workers > 1 or statuses["eel"] is Status.PENDING  # else it may be done next to it
    assert Status.IN_PROGRESS not in statuses.values()
    assert shop.item("bee").attempts == 0
    assert not shop.item("bee").suspect
    assert report.done_count == list(statuses.values()).count(Status.COMPLETED)


@each_row(
    "what, why, code",
    [("uncached", "database or disk is full", 2), ("damaged", "ignored.json cannot be read", 3)],
)
def test_a_file_of_all_items_that_cannot_be_used_stops_the_batch_and_costs_no_attempt(
    tmp_path: Path, what: str, why: str, code: int
) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": what, "cow": "good"})
    report = shop.run()
    assert report.abort_error
    assert why in str(report.abort_error)
    assert report.abort_error.exit_code == code
    assert shop.statuses()["bee"] is Status.PENDING
    assert shop.item("bee").attempts == 0


@each_row("stop", [False, True])
def test_a_lost_host_ends_the_batch_with_exit_code_4_unless_a_stop_was_requested(
    tmp_path: Path, stop: bool
) -> None:
    keys: list[str] = []

    def work(work: Work, _progress: Progress) -> Outcome:
        keys.append(work.stamp.key)
        if stop:
            signal.raise_signal(signal.SIGINT)
        raise Aborting(QueueHostLost("shed", "Connection refused"))

    shop = workshop.make_workshop(tmp_path, {"ant": "", "bee": ""})
    report = shop.run(workshop.opening(work))
    assert report.stopped == stop
    error = report.abort_error
    assert stop if error is None else (error.exit_code, stop) == (4, False)
    assert keys == ["ant"], "no item is begun after the first"
    assert set(shop.statuses().values()) == {Status.PENDING}
    assert {shop.item(key).attempts for key in ("ant", "bee")} == {0}


def test_a_checkpoint_that_cannot_be_written_is_only_a_warning(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": "good"})
    (shop.status / "checkpoints").write_text("in the way")
    report = shop.run(checkpoint_every=1)
    assert report.done_count == 2
    assert len(report.warnings) == 2
    assert "No checkpoint could be written" in report.warnings[0]


def test_an_item_that_is_reset_by_force_meanwhile_is_done_again(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": "good"})
    force = actions.reset_items(shop.queue.location, actions.select_by_name(["ant"]), force=True)
    claims: list[int] = []

    def worker(work: Work, progress: Progress) -> Outcome:
        if work.stamp.key == "ant":
            claims.append(work.stamp.claim)
            if len(claims) == 1:
                shop.queue.commit(force)
        return Outcome(message=f"of claim {work.stamp.claim}")

    settled: list[SettledItem] = []
    report = shop.run(workshop.opening(worker), BatchCallbacks(on_item=settled.append))
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert len(claims) == 2
    assert report.done_count == 2
    assert [
        settled_item.outcome.message for settled_item in settled if settled_item.key == "ant"
    ] == [f"of claim {claims[1]}"]
    assert any("dropped" in line["message"] for line in shop.log())


@pytest.mark.usefixtures("pooled")
def test_a_result_of_a_claim_that_was_lost_is_not_recorded_under_the_next(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "gated", "bee": "after ant", "cow": "good"})
    force = actions.reset_items(shop.queue.location, actions.select_by_name(["ant"]), force=True)
    settled: dict[str, SettledItem] = {}

    def after(one: SettledItem) -> None:
        assert one.key not in settled
        settled[one.key] = one
        if one.key == "bee":
            shop.queue.commit(force)
            (tmp_path / "gate").touch()

    shop.run(face=BatchCallbacks(on_item=after), workers=2)
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert settled["ant"].outcome.facts["claim"] > settled["cow"].outcome.facts["claim"]
    assert len(shop.notes("start", "ant")) == 2
    assert shop.item("ant").attempts == 1
    assert [line["message"] for line in shop.log() if line["level"] == "warning"] == [
        "ant: was reset or restored meanwhile; its result was dropped"
    ]


@pytest.mark.long
def test_a_live_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "count 0.6", "bee": "good"})

    def obstruct(_: int) -> None:
        shutil.rmtree(shop.status / sessions.LIVE_FOLDER)
        (shop.status / sessions.LIVE_FOLDER).write_text("in the way")

    report = shop.run(face=BatchCallbacks(on_start=obstruct))
    assert report.settled[Status.COMPLETED] == 2
    assert (shop.status / sessions.LIVE_FOLDER).read_text() == "in the way"
    (shop.status / sessions.LIVE_FOLDER).unlink()


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
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": "good", "cow": "good"})
    broken = contextlib.ExitStack()

    def break_log(_: int) -> None:
        assert shop.queue.session
        broken.enter_context(unwritable(shop.queue.session._log))

    with broken, pytest.raises(RecordNotWritten, match=r"log of session .* could not be written"):
        shop.run(face=BatchCallbacks(on_start=break_log))
    assert list(shop.statuses().values()) == [Status.COMPLETED, Status.PENDING, Status.PENDING]
    assert shop.item("bee").attempts == 0


def test_a_journal_that_cannot_be_written_stops_the_batch_and_loses_nothing(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": "good", "cow": "good"})
    broken = contextlib.ExitStack()

    def break_journal(_: SettledItem) -> None:
        journal = shop.queue._store._journal
        assert journal
        broken.enter_context(unwritable(journal._handle))

    with broken, pytest.raises(RecordNotWritten):
        shop.run(face=BatchCallbacks(on_item=break_journal))
    with contextlib.suppress(RecordNotWritten):  # it may say so once more
        shop.close()
    shop = Workshop(tmp_path, toys.PLAIN, shop.clock)
    assert shop.run().settled[Status.COMPLETED] == 2
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert shop.item("bee").attempts == 1


def test_a_face_that_fails_loses_nothing(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": "good"})

    def fail(_: object) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        shop.run(face=BatchCallbacks(on_start=fail))
    assert set(shop.statuses().values()) == {Status.PENDING}
    with pytest.raises(BrokenPipeError):
        shop.run(face=BatchCallbacks(on_item=fail))
    assert list(shop.statuses().values()) == [Status.COMPLETED, Status.PENDING]


@pytest.mark.long
@pytest.mark.parametrize("workers", some([2, 1], 2))
@pytest.mark.usefixtures("pooled")
def test_a_face_that_cannot_show_progress_fails_no_item(tmp_path: Path, workers: int) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "count 0.4", "bee": "count 0.4"})
    shown: list[str] = []

    def fail(key: str, done: int, of: int, service: str) -> None:
        shown.append(key)
        raise BrokenPipeError

    shop.run(face=BatchCallbacks(on_progress=fail), workers=workers)
    assert shown
    assert set(shop.statuses().values()) == {Status.COMPLETED}
