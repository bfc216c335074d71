"""Lookups in a batch: made last, given up where a service is out, never lost by a kill or stop."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mediakeep.item import Status
from mediakeep.outcome import Outcome
from mediakeep.queue import readonly
from mediakeep.queue.settle import SettleRequest
from mediakeep.runner.batch_config import BatchCallbacks
from tests.patience import until_asleep
from tests.queue import rig
from tests.runner import looking, workshop
from tests.runner.workshop import Workshop
from tests.sampling import each_row, some

P, I, C, E, S = Status  # noqa: E741 - a table is read by its letters
THINGS = dict.fromkeys(("ant", "bee", "cow"), "look")
PENDING = SettleRequest(Outcome(data={"lookup": "pending"}))


def make_without_lookup(
    folder: Path, things: Mapping[str, str], new: Mapping[str, str] = {}
) -> Workshop:
    """Make a queue of things that lack nothing but their lookup, and of new ones."""
    shop = workshop.make_workshop(folder, {**things, **new})
    shop.queue.begin_session()
    for claim in shop.queue.claim(len(things)):
        assert claim.key in things
        assert shop.queue.settle(claim, PENDING)
    shop.queue.end_session()
    return shop


def list_lookups(shop: Workshop) -> dict[str, tuple[Status, str, int]]:
    """Return how each item stands on the disk: status, lookup, attempts."""
    items = readonly.load_state(shop.status, shop.kind).items
    tries = {key: item.attempts for key, item in items.items()}
    assert not any(item.for_lookup for item in items.values() if item.status is not I)
    return {key: (item.status, item.lookup, int(str(tries[key]))) for key, item in items.items()}


def set_online(shop: Workshop) -> None:
    """Let the service answer."""
    (shop.folder / looking.ONLINE).touch()


def test_a_batch_without_lookups_takes_nothing_for_them(tmp_path: Path) -> None:
    shop = make_without_lookup(tmp_path, THINGS)
    report = shop.run()
    assert (report.claimed, report.pending_lookups, report.service_failures) == (0, 3, 0)
    assert shop.notes("start") == []


def test_a_batch_takes_what_lacks_its_lookup_after_all_else(tmp_path: Path) -> None:
    begun: list[int] = []
    shop = make_without_lookup(tmp_path, THINGS, {"new": "look"})
    set_online(shop)
    report = shop.run(face=BatchCallbacks(on_start=begun.append), lookups=True)
    assert [note[1] for note in shop.notes("start")] == ["new", "ant", "bee", "cow"]
    assert set(list_lookups(shop).values()) == {(C, "done", 1)}
    assert begun == [report.claimed] == [4]
    assert (report.pending_lookups, report.service_failures, report.lookup_note) == (0, 0, "")
    assert shop.run(lookups=True).claimed == 0


@each_row("size", [2, 3, None])
def test_a_batch_of_some_size_says_how_many_it_takes(tmp_path: Path, size: int | None) -> None:
    begun: list[int] = []
    shop = make_without_lookup(tmp_path, {"ant": "look", "bee": "look"}, {"new": "look"})
    set_online(shop)
    assert len(rig.peek_keys(shop.queue, size or 9, lookups=True)) == (size or 3)
    report = shop.run(face=BatchCallbacks(on_start=begun.append), size=size, lookups=True)
    assert begun == [report.claimed] == [report.done_count] == [size or 3]


@pytest.mark.parametrize("workers", some([2, 1], 2))
@pytest.mark.usefixtures("pooled")
def test_a_service_that_is_out_is_not_asked_for_each_of_a_thousand(
    tmp_path: Path, workers: int
) -> None:
    things = {f"a{number:02d}": "look 0.05" for number in range(60)}
    begun: list[int] = []
    shop = make_without_lookup(tmp_path, things)
    report = shop.run(face=BatchCallbacks(on_start=begun.append), lookups=True, workers=workers)
    assert begun == [len(things)]  # more than are claimed at once
    tried = [note[1] for note in shop.notes("start")]
    assert 1 <= len(tried) <= 2 * workers
    assert (
        len(tried)
        == len(set(tried))
        == report.claimed
        == report.done_count
        == report.service_failures
    )
    assert set(list_lookups(shop).values()) == {(C, "pending", 1)}
    assert (report.pending_lookups, report.lookup_note) == (60, looking.REFUSED)


def test_work_goes_on_without_the_service_and_ends_its_lookups(tmp_path: Path) -> None:
    shop = make_without_lookup(tmp_path, THINGS, {"new": "look", "old": "good"})
    report = shop.run(lookups=True)
    assert [note[1] for note in shop.notes("start")] == ["new", "old"]
    assert (report.done_count, report.service_failures, report.pending_lookups) == (2, 1, 4)


BACK = {"ant": "look-by-request", "bee": "look-by-request", "cow": "look-then-online"}


@each_row("size", [None, 4])
def test_a_service_that_is_back_is_asked_again_for_what_it_failed_in_the_same_batch(
    tmp_path: Path, size: int | None
) -> None:
    shop = workshop.make_workshop(tmp_path, BACK | dict.fromkeys(("dog", "eel"), "look-by-request"))
    numbers: list[int] = []
    face = BatchCallbacks(on_item=lambda one: numbers.append(one.number))
    report = shop.run(face=face, lookups=True, size=size)
    count = size or 5
    begun = [note[1] for note in shop.notes("start")]
    assert begun[:3] == ["ant", "bee", "cow"]
    assert sorted(begun[3:]) == ["ant", "bee", *["dog", "eel"][: count - 3]]
    assert list(list_lookups(shop).values())[:count] == [(C, "done", 1)] * count
    assert (report.claimed, report.done_count, max(numbers)) == (count, count, count)
    assert (report.service_failures, report.lookup_note, report.pending_lookups) == (0, "", 0)
    assert (report.manual_reviews, report.auto_fixed, report.requests) == (count, count, count)


def test_what_a_service_that_is_back_fails_again_is_not_taken_a_third_time(tmp_path: Path) -> None:
    things = BACK | dict.fromkeys(("dog", "eel"), "look-by-request") | {"ant": "look-in-vain"}
    shop = workshop.make_workshop(tmp_path, things)
    report = shop.run(lookups=True)
    assert len(shop.notes("start", "ant")) == 2
    assert {key for key, one in list_lookups(shop).items() if one[1] != "done"} == {"ant"}
    assert (report.done_count, report.service_failures, report.pending_lookups) == (5, 1, 1)
    assert report.lookup_note == looking.REFUSED


def test_an_answer_to_a_question_from_before_the_outage_takes_nothing_again(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "look-after bee", "bee": "look-by-request"})
    shop.close()
    shop.finish(workers=2, patience=0, early=2, lookups=True)
    assert len(shop.notes("start", "bee")) == 1
    assert {key: one[1] for key, one in list_lookups(shop).items()} == {
        "ant": "done",
        "bee": "pending",
    }


def test_a_skipped_lookup_is_no_failure_of_a_service(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "look-never", "bee": "look-never"})
    report = shop.run()
    assert (report.service_failures, report.pending_lookups, report.lookup_note) == (
        0,
        2,
        looking.NO_CONTACT,
    )
    shop.close()
    history = "".join(path.read_text() for path in (shop.status / "history").glob("*.jsonl"))
    assert '"op":"settle"' in history
    assert looking.NO_CONTACT not in history


def test_a_look_up_that_fails_its_item_is_an_error_with_its_tries_to_come(tmp_path: Path) -> None:
    shop = make_without_lookup(
        tmp_path, {"ant": "fail-at-look", "bee": "skip-at-look", "cow": "look"}
    )
    set_online(shop)
    report = shop.run(lookups=True, max_attempts=2)
    assert list_lookups(shop) == {
        "ant": (E, "pending", 1),
        "bee": (S, "pending", 1),
        "cow": (C, "done", 1),
    }
    assert shop.item("ant").not_before
    assert shop.item("bee").returns_to == C
    assert report.pending_lookups == 0


def test_a_named_item_is_processed_completely(tmp_path: Path) -> None:
    shop = make_without_lookup(tmp_path, THINGS)
    set_online(shop)
    report = shop.run(key="bee", lookups=True)
    assert [note[1] for note in shop.notes("start")] == ["bee"]
    assert (report.done_count, list_lookups(shop)["bee"]) == (1, (C, "done", 1))


@pytest.mark.long
@pytest.mark.parametrize(("workers", "signals"), some([(2, 1), (2, 2), (1, 1), (1, 2)], 3))
def test_a_stopped_batch_gives_back_what_it_has_not_looked_up(
    tmp_path: Path, workers: int, signals: int
) -> None:
    shop = make_without_lookup(tmp_path, dict.fromkeys("abcd", "look-at-gate"))
    shop.close()
    process = shop.spawn(workers=workers, patience=0, lookups=True)
    workshop.await_(lambda: len(shop.notes("start")) == workers)
    until_asleep(process.pid)
    process.send_signal(signal.SIGINT)
    if signals == 2:
        process.send_signal(signal.SIGTERM)
        workshop.await_(lambda: process.poll() is not None)
    (shop.folder / "gate").touch()
    workshop.report(process)
    done = {key for key, (_, lookup, _) in list_lookups(shop).items() if lookup == "done"}
    assert len(done) == (0 if signals == 2 else workers)
    assert {(status, tries) for status, _, tries in list_lookups(shop).values()} == {(C, 1)}


@pytest.mark.parametrize("workers", some([2, 1], 2))
def test_a_batch_killed_during_lookups_leaves_all_completed_and_uncounted(
    tmp_path: Path, workers: int
) -> None:
    shop = make_without_lookup(tmp_path, dict.fromkeys("abcde", "look-at-gate"))
    before = readonly.load_state(shop.status, shop.kind).items
    shop.close()
    process = shop.spawn(workers=workers, patience=0, lookups=True)
    workshop.await_(lambda: len(shop.notes("start")) == workers)
    begun = {note[1] for note in shop.notes("start")}
    workshop.kill(process)
    killed = readonly.load_state(shop.status, shop.kind).items.items()
    claimed = {key for key, item in killed if item.status is I}
    assert begun <= claimed
    assert set(shop.queue.recovered_items) == claimed
    shop.close()
    after = readonly.load_state(shop.status, shop.kind).items
    assert {key for key, item in after.items() if item.suspect} == begun
    names = set(type(before["a"]).__struct_fields__)
    names -= {"suspect", "started_date", "session", "first_claim"}
    for key, item in after.items():
        assert {name: getattr(item, name) for name in names} == {
            name: getattr(before[key], name) for name in names
        }
    (shop.folder / "gate").touch()
    assert shop.run(lookups=True).pending_lookups == 0
    assert set(list_lookups(shop).values()) == {(C, "done", 1)}


def kill_batch(folder: Path, **report: Any) -> bool:
    """Kill a batch at one of its records during lookups, and finish it; False if not reached.

    `told` says at which record, and how the first batch works.
    """
    folder.mkdir()
    shop = make_without_lookup(folder, THINGS, {"new": "look"})
    shop.close()
    set_online(shop)
    process = shop.spawn(lookups=True, **report)
    process.communicate(timeout=workshop.PATIENCE)
    assert process.returncode in (0, -signal.SIGKILL)
    looked = {key for key, one in list_lookups(shop).items() if one[1] == "done"}
    notes = len(shop.notes())
    shop.run(lookups=True)
    assert not looked & {note[1] for note in shop.notes()[notes:] if note[0] == "start"}
    assert set(list_lookups(shop).values()) == {(C, "done", 1)}
    return process.returncode != 0


RECORDS = 7  # start, claim, four settles, end


@pytest.mark.parametrize(("when", "every"), some([("before", 4), ("before", 1), ("after", 1)], 3))
def test_look_ups_may_be_killed_at_a_record(tmp_path: Path, when: str, every: int) -> None:
    for at in itertools.count(1, every):
        if not kill_batch(tmp_path / f"{at}", die_at=at, die=when):
            break
    assert at > RECORDS
