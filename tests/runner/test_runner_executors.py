"""Work runs inline, then in a pool; a worker that dies or hangs costs its own item and no other."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mediakeep.errors import BadSetting, ItemFailed
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Stamp, Work, Worker
from mediakeep.runner import executors
from mediakeep.runner.attempt import Failed, Lost, Part, PartDone, Task
from mediakeep.runner.hand import Voice
from mediakeep.runner.pool import Pool
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop

Opener = Callable[[Path], AbstractContextManager[Worker]]
GOOD = dict.fromkeys(("ant", "bee", "cow", "dog", "eel"), "good 0.05")

# Seconds: what takes longer hangs. A good item has that long even on a busy machine.
BRIEF = 2.0


def processes(shop: Workshop, key: str) -> list[int]:
    """Return the processes that an item's work was started in, in order."""
    return [int(note[-1]) for note in shop.notes("start", key)]


def assert_all_completed_but(shop: Workshop, *failed: str) -> None:
    """Check what became of all items, and that the good ones were done but once."""
    for key, status in shop.statuses().items():
        assert status is (Status.ERROR if key in failed else Status.COMPLETED), key
    assert {key: len(processes(shop, key)) for key in GOOD} == dict.fromkeys(GOOD, 1)


def assert_ran_alone(shop: Workshop, key: str) -> None:
    """Check that an item's last run had no neighbour and a fresh process."""
    notes = shop.notes()
    last = max(at for at, note in enumerate(notes) if note[:2] == ["start", key])
    pid = notes[last][-1]
    assert notes[last - 1] == ["open", pid]
    begun = [note[1] for note in notes[:last] if note[0] == "start"]
    ended = [note[1] for note in notes[:last] if note[0] == "end"]
    still = [one for one in begun if one not in ended and one != key]
    assert still == []
    assert int(pid) != os.getpid()


def test_small_batches_run_in_the_process_of_the_batch(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, GOOD)
    shop.run(workers=4)
    assert {note[-1] for note in shop.notes()} == {str(os.getpid())}
    assert [note[0] for note in shop.notes()][:: len(shop.notes()) - 1] == ["open", "close"]


def test_the_pool_takes_over_when_inline_work_has_lasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "PATIENCE", 0.1)
    shop = workshop.stock(tmp_path, dict.fromkeys("abcdef", "good 0.15"))
    shop.run(workers=2)
    where = [processes(shop, key)[0] for key in "abcdef"]
    assert where[0] == os.getpid()
    assert os.getpid() not in where[1:]
    assert len(set(where[1:])) == 2


@pytest.mark.usefixtures("pooled")
def test_one_worker_stays_inline_however_long_it_takes(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, GOOD)
    shop.run(workers=1)
    assert {note[-1] for note in shop.notes()} == {str(os.getpid())}


@pytest.mark.usefixtures("pooled")
def test_each_process_opens_its_tools_once_and_closes_them(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, GOOD)
    shop.run(workers=3)
    opened = [note[-1] for note in shop.notes("open")]
    assert len(opened) == len(set(opened)) == 3
    assert sorted(opened) == sorted(note[-1] for note in shop.notes("close"))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_no_process_and_no_file_stays_open_after_a_batch(tmp_path: Path, workers: int) -> None:
    things = {**GOOD, "bad": "die-first exit" if workers > 1 else "good"}
    shop = workshop.stock(tmp_path, things)
    shop.run(workers=workers, size=1)
    before = len(os.listdir("/dev/fd"))
    shop.run(workers=workers)
    assert multiprocessing.active_children() == []
    assert len(os.listdir("/dev/fd")) == before


@pytest.mark.parametrize(
    ("how", "cause"), [("kill", "SIGKILL"), ("exit", "exit code 3"), ("segfault", "SIGSEGV")]
)
@pytest.mark.usefixtures("pooled")
def test_an_item_that_kills_its_worker_costs_one_attempt_and_no_neighbour(
    tmp_path: Path, how: str, cause: str
) -> None:
    shop = workshop.stock(tmp_path, {"bad": f"die {how}", **GOOD})
    report = shop.run(workers=2)
    assert_all_completed_but(shop, "bad")
    assert_ran_alone(shop, "bad")
    bad = shop.item("bad")
    assert bad.error_message == f"its worker process died ({cause}), also when run alone."
    assert (bad.attempts, len(processes(shop, "bad"))) == (1, 2)
    assert bad.not_before
    assert report.settled[Status.ERROR] == 1
    told = [line["message"] for line in shop.log() if line["level"] == "warning"]
    assert told == [f"bad: its worker process died ({cause}); it will run again, alone"]


@pytest.mark.usefixtures("pooled")
def test_an_item_that_dies_only_beside_others_is_completed(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"bad": "die-first kill", "slow": "sleep 1", **GOOD})
    shop.run(workers=2)
    assert_all_completed_but(shop)
    assert_ran_alone(shop, "bad")
    assert shop.notes("end")[-1][1] == "bad"
    assert (shop.item("bad").attempts, shop.item("bad").suspect) == (1, False)


def test_an_item_that_is_deadly_stays_alone_in_later_tries(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"bad": "die kill"})
    shop.close()
    dead = shop.spawn()
    dead.communicate(timeout=workshop.PATIENCE)
    assert dead.returncode == -signal.SIGKILL  # inline, unsuspecting
    for attempts in (1, 2, 3):
        shop.run(workers=1, delay=1.0)
        bad = shop.item("bad")
        assert (bad.status, bad.attempts, bad.suspect) == (Status.ERROR, attempts, True)
        assert_ran_alone(shop, "bad")
        shop.clock.go(60)
    assert len(processes(shop, "bad")) == 4


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_an_item_that_hangs_is_ended_tried_alone_and_given_up(tmp_path: Path, workers: int) -> None:
    shop = workshop.stock(tmp_path, {"bad": "sleep 600", **GOOD})
    shop.run(workers=workers, item_timeout=BRIEF)
    assert_all_completed_but(shop, "bad")
    assert_ran_alone(shop, "bad")
    bad = shop.item("bad")
    assert bad.error_message == "it took longer than 2 seconds, also when run alone."
    assert (bad.attempts, len(processes(shop, "bad"))) == (1, 2)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_an_item_that_hangs_once_is_completed(tmp_path: Path, workers: int) -> None:
    shop = workshop.stock(tmp_path, {"bad": "sleep-first 600", **GOOD})
    shop.run(workers=workers, item_timeout=BRIEF)
    assert_all_completed_but(shop)
    assert_ran_alone(shop, "bad")


@pytest.mark.usefixtures("pooled")
def test_what_still_has_to_run_alone_when_a_batch_ends_does_so_next_time(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"bad": "die-first kill", "ant": "after bad", "bee": "sleep 1"})
    shop.run(workers=2, time_budget=0.5, size=3)
    bad = shop.item("bad")
    assert (bad.status, bad.attempts, bad.suspect) == (Status.PENDING, 0, True)
    shop.run(workers=1)
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert_ran_alone(shop, "bad")


@pytest.mark.usefixtures("pooled")
def test_a_part_that_kills_its_worker_fails_its_own_item_alone(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"bad": "one deadly two", "good": "three"}, toys.TOY)
    shop.run(workers=2)
    bad = shop.item("bad")
    assert (bad.status, bad.suspect, bad.attempts) == (Status.ERROR, True, {"convert": 1})
    assert "1 of 3 parts failed; the first: its worker process died (SIGKILL)" in bad.error_message
    assert shop.item("good").status is Status.COMPLETED
    assert [note[1] for note in shop.notes("part")].count("bad.1") == 2


def test_what_a_dead_batch_had_begun_runs_alone_the_next_time(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "sleep-first 600", "bee": "good", "cow": "good"})
    shop.close()
    process = shop.spawn(workers=1)
    workshop.await_(lambda: shop.notes("start", "ant"))
    workshop.kill(process)
    assert (shop.queue.state.items["ant"].suspect, shop.item("bee").suspect) == (True, False)
    shop.run(workers=1)
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert_ran_alone(shop, "ant")
    assert processes(shop, "bee") == processes(shop, "cow") == [os.getpid()]
    assert (shop.item("ant").attempts, shop.item("ant").suspect) == (1, False)


def test_a_staged_suspect_runs_alone_with_all_its_parts_in_one_process(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "one two", "bee": "three"}, toys.TOY)
    shop.queue.begin()
    shop.queue.release(shop.queue.claim(1), ["ant"])
    shop.queue.end()
    shop.run(workers=1)
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    ours = {note[-1] for note in shop.notes() if "ant" in note[1]}
    assert len(ours) == 1
    assert ours != {str(os.getpid())}
    assert {note[-1] for note in shop.notes() if "bee" in note[1]} == {str(os.getpid())}


def test_all_suspects_of_a_wide_crash_are_done_and_all_items_after_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediakeep.runner.intake.WINDOW", 2)
    shop = workshop.stock(tmp_path, {"ant": "good", "bee": "good", "cow": "good"})
    shop.queue.begin()
    shop.queue.release(shop.queue.claim(2), ["ant", "bee"])
    shop.queue.end()
    assert shop.run(workers=1).done == 3
    assert_ran_alone(shop, "bee")


@pytest.mark.parametrize(
    ("opening", "error", "message"),
    [
        (toys.refused, ItemFailed, "A worker could not start: /usr/bin/decoder: No such file"),
        (toys.set_wrongly, BadSetting, "rate: no number"),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_tools_that_cannot_be_opened_stop_the_batch_and_cost_no_attempt(
    tmp_path: Path, opening: Opener, error: type[Exception], message: str, workers: int
) -> None:
    shop = workshop.stock(tmp_path, GOOD)
    with pytest.raises(error, match=message):
        shop.run(functools.partial(opening, tmp_path), workers=workers)
    assert_given_back(shop)


@pytest.mark.parametrize(
    ("opening", "workers", "timeout", "why"),
    [
        (toys.deadly, 2, 30.0, r"its worker process died \(exit code 4\)"),
        (toys.stuck, 2, 0.5, "it took longer than 0.5 seconds"),
        (toys.stuck, 1, 0.5, "it took longer than 0.5 seconds"),
    ],
)
@pytest.mark.usefixtures("pooled")
def test_tools_that_kill_or_never_get_ready_stop_the_batch_and_cost_no_attempt(
    tmp_path: Path, opening: Opener, workers: int, timeout: float, why: str
) -> None:
    shop = workshop.stock(tmp_path, GOOD)
    with pytest.raises(ItemFailed, match=f"A worker could not start: {why}"):
        shop.run(functools.partial(opening, tmp_path), workers=workers, item_timeout=timeout)
    assert_given_back(shop)


def assert_given_back(shop: Workshop) -> None:
    """Check that all items are pending as if never tried, and that no process is left."""
    assert set(shop.statuses().values()) == {Status.PENDING}
    assert {shop.item(key).attempts for key in shop.statuses()} == {0}
    assert multiprocessing.active_children() == []


@pytest.mark.usefixtures("pooled")
def test_the_programs_of_a_hanging_worker_die_with_it(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"bad": "child 600"})
    shop.run(workers=2, item_timeout=BRIEF)
    children = [int(note[1]) for note in shop.notes("child")]
    assert len(children) == 2
    workshop.await_(lambda: not any(map(workshop.alive, children)))


def test_the_workers_and_their_programs_die_with_a_killed_batch(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"ant": "child 600", "bee": "child 600"})
    shop.close()
    process = shop.spawn(workers=2, patience=0)
    workshop.await_(lambda: len(shop.notes("child")) == 2)
    pids = [int(pid) for note in shop.notes("child") for pid in note[1:]]
    assert all(map(workshop.alive, pids))
    workshop.kill(process)
    workshop.await_(lambda: not any(map(workshop.alive, pids)))


@pytest.mark.usefixtures("pooled")
def test_a_death_is_noticed_also_where_a_process_is_left_behind(tmp_path: Path) -> None:
    shop = workshop.stock(tmp_path, {"bad": "die-leaving", **GOOD})
    shop.run(workers=2)
    assert_all_completed_but(shop, "bad")
    assert "died (exit code 3)" in shop.item("bad").error_message
    left = [int(note[-1]) for note in shop.notes("child")]
    assert len(left) == 2
    workshop.await_(lambda: not any(map(workshop.alive, left)))


def test_the_messages_of_a_workers_threads_do_not_mix() -> None:
    ours, theirs = multiprocessing.Pipe()
    voice, heard = Voice(theirs), []

    def listen() -> None:
        while (message := ours.recv()) != ("over",):
            heard.append(message)

    def report() -> None:
        for number in range(500):
            voice.say("progress", number, 500)

    listener = threading.Thread(target=listen, daemon=True)
    reporters = [threading.Thread(target=report, daemon=True) for _ in range(4)]
    for thread in (listener, *reporters):
        thread.start()
    for _ in range(20):
        voice.say("done", "x" * 1_000_000)
    for thread in reporters:
        thread.join(20)
    voice.say("over")
    listener.join(20)
    assert [message[0] for message in heard].count("done") == 20
    assert len(heard) == 4 * 500 + 20


def task(part: Part | None = None, deed: str = "good", *, alone: bool = False) -> Task:
    """Make a task as a batch does."""
    item = toys.Thing(status=Status.IN_PROGRESS, path=deed)
    return Task("ant", Work(item, Stamp("session", "ant", 1, 1)), part, alone)


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    """A pool that is closed after the test."""
    pool = Pool(functools.partial(toys.opened, tmp_path), 0.0, lambda *_: None)
    yield pool
    pool.close(kill=True)


def until(pool: Pool) -> list[tuple[Task, executors.Result]]:
    """Wait until a task of a pool has ended."""
    ended: list[tuple[Task, executors.Result]] = workshop.await_(pool.wait)
    return ended


def test_big_inputs_and_results_pass_to_and_from_a_worker(pool: Pool) -> None:
    big = "x" * 5_000_000
    pool.submit(task(Part(0, big, toys.echo)))
    pool.submit(task(Part(1, big, toys.echo)))
    ended = until(pool)
    while len(ended) < 2:
        ended += until(pool)
    assert [result == PartDone(big) for _, result in ended] == [True, True]


def test_a_part_that_cannot_be_sent_to_a_worker_fails_with_a_reason(pool: Pool) -> None:
    pool.submit(task(Part(0, "x", lambda given, progress: given)))
    ((_, result),) = until(pool)
    assert isinstance(result, Failed)
    assert "local" in result.message
    pool.submit(task(Part(0, "x", toys.echo)))
    assert until(pool)[0][1] == PartDone("x")


def test_what_cannot_be_received_from_a_worker_is_an_error_of_its_item(tmp_path: Path) -> None:
    pool = Pool(functools.partial(toys.forgetful, tmp_path), 0.0, lambda *_: None)
    pool.submit(task())
    result = until(pool)[0][1]
    pool.close()
    assert isinstance(result, Outcome)
    assert "no number" in result.message


@pytest.mark.parametrize("alone", [False, True])
def test_an_idle_worker_that_died_meanwhile_costs_nothing(pool: Pool, alone: bool) -> None:
    pool.submit(task(Part(0, "x", toys.echo)))
    until(pool)
    (hand,) = pool._hands
    hand.process.kill()
    hand.process.join()
    pool.submit(task(Part(0, "y", toys.echo), alone=alone))
    assert until(pool)[0][1] == PartDone("y")
    assert len(pool._hands) == 1


def test_who_runs_alone_has_no_neighbours_not_even_idle_ones(pool: Pool, tmp_path: Path) -> None:
    pool.submit(task(Part(0, "x", toys.echo)))
    pool.submit(task(Part(1, "x", toys.echo)))
    ended = until(pool)
    while len(ended) < 2:
        ended += until(pool)
    pool.submit(task(Part(2, "x", toys.echo), alone=True))
    until(pool)
    (hand,) = pool._hands
    lone = hand.process.pid
    assert len(Workshop(tmp_path, toys.PLAIN).notes("close")) == 2
    pool.submit(task(Part(3, "x", toys.echo), alone=True))
    until(pool)
    assert [hand.process.pid for hand in pool._hands] == [lone]  # of the same item: it may go on


def test_waiting_for_a_pool_that_is_silent_takes_no_power(pool: Pool) -> None:
    pool.submit(task(deed="sleep 1.2"))
    turns, before = 0, time.process_time()
    while not pool.wait():
        turns += 1
    assert turns <= 8
    assert time.process_time() - before < 0.5


def test_the_time_of_a_task_begins_when_its_worker_is_ready(tmp_path: Path) -> None:
    pool = Pool(functools.partial(toys.slow, tmp_path), 100.0, lambda *_: None)
    pool.submit(task(deed="sleep 0.2"))
    (hand,) = pool._hands
    given = hand.deadline
    until(pool)
    assert hand.deadline >= given + 0.5
    pool.close()


def test_a_lost_task_says_why(pool: Pool) -> None:
    pool.submit(task(deed="die exit"))
    assert until(pool)[0][1] == Lost("its worker process died (exit code 3)")
