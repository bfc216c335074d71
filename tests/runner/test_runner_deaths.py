"""A worker that dies or hangs costs its own item one attempt, and no other item anything."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from mediakeep.item import Status
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop
from tests.sampling import some

LIMIT = 60.0  # seconds that an item may take; "hang" lets them pass at once


def assert_all_completed_but(shop: Workshop, *failed: str) -> None:
    """Check what became of all items, and that the good ones were done but once."""
    for key, status in shop.statuses().items():
        assert status is (Status.ERROR if key in failed else Status.COMPLETED), key
    assert {key: len(shop.processes(key)) for key in workshop.GOOD} == dict.fromkeys(
        workshop.GOOD, 1
    )


def assert_ran_alone(shop: Workshop, key: str) -> None:
    """Check that an item's last run had no neighbour and a fresh process."""
    notes = shop.notes()
    last = max(at for at, note in enumerate(notes) if note[:2] == ["start", key])
    pid = notes[last][-1]
    assert notes[last - 1] == ["open", pid]
    begun = [note[1] for note in notes[:last] if note[0] == "start"]
    ended = [note[1] for note in notes[:last] if note[0] == "end"]
    still = [pid for pid in begun if pid not in ended and pid != key]
    assert still == []
    assert int(pid) != os.getpid()


@pytest.mark.parametrize(
    ("how", "cause"),
    some([("kill", "SIGKILL"), ("segfault", "SIGSEGV"), ("exit", "exit code 3")], 3),
)
@pytest.mark.usefixtures("pooled")
def test_an_item_that_kills_its_worker_costs_one_attempt_and_no_neighbour(
    tmp_path: Path, how: str, cause: str
) -> None:
    shop = workshop.make_workshop(tmp_path, {"bad": f"die {how}", **workshop.GOOD})
    report = shop.run(workers=2)
    assert_all_completed_but(shop, "bad")
    assert_ran_alone(shop, "bad")
    bad = shop.item("bad")
    assert bad.error_message == f"its worker process died ({cause}), also when run alone."
    assert (bad.attempts, len(shop.processes("bad"))) == (1, 2)
    assert bad.not_before
    assert report.settled[Status.ERROR] == 1
    log_messages = [line["message"] for line in shop.log() if line["level"] == "warning"]
    assert log_messages == [f"bad: its worker process died ({cause}); it will run again, alone"]


@pytest.mark.usefixtures("pooled")
def test_an_item_that_dies_only_in_parallel_is_completed(tmp_path: Path) -> None:
    shop = workshop.make_workshop(
        tmp_path, {"bad": "die-first kill", "slow": "sleep 1", **workshop.GOOD}
    )
    shop.run(workers=2)
    assert_all_completed_but(shop)
    assert_ran_alone(shop, "bad")
    assert shop.notes("end")[-1][1] == "bad"
    assert (shop.item("bad").attempts, shop.item("bad").suspect) == (1, False)


def test_an_item_that_is_deadly_stays_alone_in_later_tries(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"bad": "die kill"})
    shop.close()
    dead = shop.spawn()
    dead.communicate(timeout=workshop.PATIENCE)
    assert dead.returncode == -signal.SIGKILL  # inline, unsuspecting
    for attempts in (1, 2):
        shop.run(workers=1, delay=1.0)
        bad = shop.item("bad")
        assert (bad.status, bad.attempts, bad.suspect) == (Status.ERROR, attempts, True)
        assert_ran_alone(shop, "bad")
        shop.clock.go(60)
    assert len(shop.processes("bad")) == 3


@pytest.mark.parametrize("workers", some([2, 1], 2))
@pytest.mark.usefixtures("pooled")
def test_an_item_that_hangs_is_ended_and_given_up_if_it_does_so_alone(
    tmp_path: Path, workers: int
) -> None:
    things = {"bad": "hang", "once": "hang-first", **workshop.GOOD}
    shop = workshop.make_workshop(tmp_path, things)
    shop.run(workers=workers, item_timeout=LIMIT)
    assert_all_completed_but(shop, "bad")
    bad = shop.item("bad")
    assert bad.error_message == "it took longer than 60 seconds, also when run alone."
    assert (bad.attempts, shop.item("once").attempts) == (1, 1)
    (_, bad_alone), (_, once_alone) = shop.processes("bad"), shop.processes("once")
    assert bad_alone != once_alone
    assert not {bad_alone, once_alone} & {os.getpid(), *shop.processes("ant")}


@pytest.mark.usefixtures("pooled")
def test_what_still_has_to_run_alone_when_a_batch_ends_does_so_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = workshop.make_workshop(
        tmp_path, {"bad": "die-first kill", "ant": "after bad", "bee": "good"}
    )
    with monkeypatch.context() as patched:
        workshop.set_clock(patched, lambda: 1000.0 + len(shop.notes("start", "bad")))
        shop.run(workers=2, time_budget=0.5, size=3)
    bad = shop.item("bad")
    assert (bad.status, bad.attempts, bad.suspect) == (Status.PENDING, 0, True)
    shop.run(workers=1)
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert_ran_alone(shop, "bad")


@pytest.mark.usefixtures("pooled")
def test_a_part_that_kills_its_worker_fails_its_own_item_alone(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"bad": "one deadly two", "good": "three"}, toys.TOY)
    shop.run(workers=2)
    bad = shop.item("bad")
    assert (bad.status, bad.suspect, bad.attempts) == (Status.ERROR, True, {"convert": 1})
    assert "1 of 3 parts failed. The first: its worker process died (SIGKILL)" in bad.error_message
    assert shop.item("good").status is Status.COMPLETED
    assert [note[1] for note in shop.notes("part")].count("bad.1") == 2


def test_what_a_dead_batch_had_begun_runs_alone_the_next_time(tmp_path: Path) -> None:
    shop = workshop.make_workshop(
        tmp_path, {"ant": "sleep-first 600", "bee": "good", "cow": "good"}
    )
    shop.close()
    process = shop.spawn(workers=1)
    workshop.await_(lambda: shop.notes("start", "ant"))
    workshop.kill(process)
    assert (shop.queue.state.items["ant"].suspect, shop.item("bee").suspect) == (True, False)
    shop.run(workers=1)
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert_ran_alone(shop, "ant")
    assert shop.processes("bee") == shop.processes("cow") == [os.getpid()]
    assert (shop.item("ant").attempts, shop.item("ant").suspect) == (1, False)


def test_a_staged_suspect_runs_alone_with_all_its_parts_in_one_process(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "one two", "bee": "three"}, toys.TOY)
    shop.queue.begin_session()
    shop.queue.release(shop.queue.claim(1), ["ant"])
    shop.queue.end_session()
    shop.run(workers=1)
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    ours = {note[-1] for note in shop.notes() if "ant" in note[1]}
    assert len(ours) == 1
    assert ours != {str(os.getpid())}
    assert {note[-1] for note in shop.notes() if "bee" in note[1]} == {str(os.getpid())}


def test_all_suspects_of_a_wide_crash_are_done_and_all_items_after_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediakeep.runner.scheduling.CLAIM_WINDOW", 2)
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": "good", "cow": "good"})
    shop.queue.begin_session()
    shop.queue.release(shop.queue.claim(2), ["ant", "bee"])
    shop.queue.end_session()
    assert shop.run(workers=1).done_count == 3
    assert_ran_alone(shop, "bee")


@pytest.mark.slow
@pytest.mark.usefixtures("pooled")
def test_the_programs_of_a_hanging_worker_die_with_it(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"bad": "hang-child"})
    shop.run(workers=2, item_timeout=LIMIT)
    children = [int(note[1]) for note in shop.notes("child")]
    assert len(children) == 2
    workshop.await_(lambda: not any(map(workshop.alive, children)))


def test_the_workers_and_their_programs_die_with_a_killed_batch(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "child 600", "bee": "child 600"})
    shop.close()
    process = shop.spawn(workers=2, patience=0)
    workshop.await_(lambda: len(shop.notes("child")) == 2)
    pids = [int(pid) for note in shop.notes("child") for pid in note[1:]]
    assert all(map(workshop.alive, pids))
    workshop.kill(process)
    workshop.await_(lambda: not any(map(workshop.alive, pids)))


@pytest.mark.usefixtures("pooled")
def test_a_death_is_noticed_also_where_a_process_is_left_behind(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"bad": "die-leaving", **workshop.GOOD})
    shop.run(workers=2)
    assert_all_completed_but(shop, "bad")
    assert "died (exit code 3)" in shop.item("bad").error_message
    left = [int(note[-1]) for note in shop.notes("child")]
    assert len(left) == 2
    workshop.await_(lambda: not any(map(workshop.alive, left)))
