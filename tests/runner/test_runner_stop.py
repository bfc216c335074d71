"""Ctrl-C, SIGTERM and a closed terminal end a batch kindly; the second time at once."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mediakeep.item import Status
from tests.patience import PATIENCE, until_asleep
from tests.runner import notes, toys, workshop
from tests.runner.workshop import Workshop
from tests.sampling import some

INLINE: dict[str, Any] = {"workers": 1}
POOL: dict[str, Any] = {"workers": 2, "patience": 0}
EARLY: dict[str, Any] = {"workers": 2, "early": 2}
WAYS = [INLINE, POOL, EARLY]
IDS = ["inline", "pool", "early"]
ALL = pytest.mark.parametrize("how", WAYS, ids=IDS)
MOST = pytest.mark.parametrize("how", some(WAYS, 2), ids=IDS)  # early workers are a pool, too
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start_batch(shop: Workshop, *keys: str, **report: Any) -> subprocess.Popen[str]:
    """Run a batch in a process of its own, until these items are begun."""
    shop.close()
    process = shop.spawn(**report)
    for key in keys:
        workshop.await_(lambda key=key: shop.notes("start", key))
    return process


def send_twice(process: subprocess.Popen[str]) -> None:
    """Send two signals at once, so that one thread might take them from another."""
    until_asleep(process.pid)  # a signal right before a system call is not seen until after
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)


def assert_given_back(shop: Workshop, *keys: str) -> None:
    """Check that items are pending as if they had never been taken."""
    for key in keys:
        item = shop.item(key)
        assert (item.status, item.attempts, item.suspect) == (Status.PENDING, 0, False), key
    assert Status.IN_PROGRESS not in shop.statuses().values()


def assert_a_second_batch_completes_all(shop: Workshop) -> None:
    """Check that nothing is left undone, or undoable."""
    shop.run()
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert {shop.item(key).attempts for key in shop.statuses()} == {1}


# Each signal and each way in every run, all of their pairs in slow ones.
@pytest.mark.parametrize(("number", "how"), some(itertools.product(ENDS, WAYS), 4))
def test_the_first_signal_lets_running_items_finish(
    tmp_path: Path, number: signal.Signals, how: dict[str, Any]
) -> None:
    shop = workshop.make_workshop(tmp_path, dict.fromkeys(("ant", "bee", "cow"), "gated"))
    running = ["ant", "bee"][: how["workers"]]
    process = start_batch(shop, *running, **how)
    process.send_signal(number)
    (tmp_path / "gate").touch()
    report = workshop.report(process)
    claimed = len(running) + 1  # one at a time, as all batches share a short queue
    assert (report["stopped"], report["claimed"]) == (True, claimed)
    assert sorted(note[1] for note in shop.notes("end")) == running
    assert_given_back(shop, *{"bee", "cow"}.difference(running))
    assert shop.log()[-1]["message"] == f"Batch ended: {len(running)} of {claimed} items done"
    assert_a_second_batch_completes_all(shop)
    assert sorted(note[1] for note in shop.notes("start")) == ["ant", "bee", "cow"]


@MOST
def test_the_second_signal_breaks_off_what_is_running(tmp_path: Path, how: dict[str, Any]) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "sleep-first 600", "bee": "sleep-first 600"})
    process = start_batch(shop, "ant", **how)
    send_twice(process)
    report = workshop.report(process)
    assert (report["stopped"], report["claimed"]) == (True, 2)
    assert report["settled"]["completed"] == 0
    assert_given_back(shop, "ant", "bee")
    pids = {int(note[-1]) for note in shop.notes("start")}
    assert not any(map(workshop.alive, pids))
    assert len(shop.notes("close")) == (1 if how is INLINE else 0)
    assert shop.log()[-1]["stopped"] is True
    notes.first_time(tmp_path, "bee")  # if its first time has not been yet
    assert_a_second_batch_completes_all(shop)


@MOST
def test_the_second_signal_breaks_off_an_opening_too(tmp_path: Path, how: dict[str, Any]) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good"})
    shop.close()
    process = shop.spawn(**how, opening="stuck")
    workshop.await_(lambda: shop.notes("opening"))
    send_twice(process)
    assert workshop.report(process)["stopped"]
    assert_given_back(shop, "ant")


def test_a_second_signal_is_not_caught_by_a_worker_that_catches_all(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "stubborn"})
    process = start_batch(shop, "ant", **INLINE)
    send_twice(process)
    assert workshop.report(process)["settled"]["completed"] == 0
    assert_given_back(shop, "ant")


@MOST
def test_a_stop_comes_between_the_parts_of_an_item(tmp_path: Path, how: dict[str, Any]) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": " ".join(["gated"] * 5)}, toys.TOY)
    shop.close()
    process = shop.spawn(**how)
    workshop.await_(lambda: shop.notes("part"))
    process.send_signal(signal.SIGINT)
    (tmp_path / "gate").touch()
    workshop.report(process)
    ant = shop.item("ant")
    assert (ant.status, ant.processing_stage, ant.attempts) == (Status.PENDING, "convert", 0)
    ran = [note[1] for note in shop.notes("part")]
    assert ant.parts
    assert sorted(name.partition(":")[0] for name in ant.parts.done) == [
        name.partition(".")[2] for name in sorted(ran)
    ]
    assert len(ran) < 5
    shop.run()
    assert shop.item("ant").status is Status.COMPLETED
    assert len(shop.notes("part")) == 5


def test_ctrl_c_in_the_terminal_reaches_no_pooled_worker(tmp_path: Path) -> None:
    shop = workshop.make_workshop(
        tmp_path, {"ant": "gated-child", "bee": "gated-child", "cow": "good"}
    )
    process = start_batch(shop, "ant", **POOL)
    workshop.await_(lambda: len(shop.notes("child")) == 2)
    os.killpg(process.pid, signal.SIGINT)
    (tmp_path / "gate").touch()
    workshop.report(process)
    assert sorted(note[1] for note in shop.notes("end")) == ["ant", "bee"]
    assert [line for line in shop.log() if line["level"] != "info"] == []
    assert_given_back(shop, "cow")


@pytest.mark.parametrize("number", some(ENDS, 3))
def test_workers_leave_a_signal_to_the_batch(tmp_path: Path, number: signal.Signals) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "gated", "bee": "gated"})
    process = start_batch(shop, "ant", "bee", **POOL)
    for note in shop.notes("start"):
        os.kill(int(note[-1]), number)
    (tmp_path / "gate").touch()
    report = workshop.report(process)
    assert (report["stopped"], report["settled"]["completed"]) == (False, 2)
    assert len(shop.notes("start")) == 2


def test_ctrl_c_while_the_workers_start_kills_none_of_them(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {f"a{number}": "good" for number in range(4)})
    shop.close()
    process = shop.spawn(workers=4, patience=0)
    workshop.await_(lambda: shop.notes("starts"))
    os.killpg(process.pid, signal.SIGINT)
    report = workshop.report(process)
    assert report["stopped"]
    assert [line for line in shop.log() if line["level"] != "info"] == []
    assert not any(item.suspect for item in map(shop.item, shop.statuses()))


def test_a_batch_started_with_nohup_outlives_its_terminal(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "gated", "bee": "good"})
    process = start_batch(shop, "ant", hangup=int(signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    (tmp_path / "gate").touch()
    report = workshop.report(process)
    assert (report["stopped"], report["settled"]["completed"]) == (False, 2)


TAKES_SIGNALS = """
import os, signal, sys, threading, time
from pathlib import Path
from mediakeep.queue import queue, sessions

class Woken(Exception): pass

heard = []

def handle(number, frame):
    heard.append(number)
    if len(heard) == 2:
        heard.clear()
        raise Woken

def send():
    time.sleep(0.02)
    for number in (signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), number)

signal.signal(signal.SIGTERM, handle)
signal.signal(signal.SIGHUP, handle)
session = sessions.Session(queue.locate_queue(Path(sys.argv[1])))
for _ in range(30):
    sender = threading.Thread(target=send)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    sender.start()
    try:  # on a busy machine the signals are there before the mask is off
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        time.sleep(60)
    except Woken:
        sender.join()
"""


def test_no_thread_of_a_session_takes_a_signal_from_the_batch(tmp_path: Path) -> None:
    program = [sys.executable, "-c", TAKES_SIGNALS, str(tmp_path)]
    subprocess.run(program, env=workshop.environment(), timeout=PATIENCE, check=True)


def test_a_signal_does_not_break_off_the_closing_record(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good"})
    shop.close()
    process = shop.spawn(slow_end=0.5)
    workshop.await_(lambda: shop.notes("milestone"))
    send_twice(process)
    assert workshop.report(process)["settled"]["completed"] == 1
    assert shop.log()[-1]["message"] == "Batch ended: 1 of 1 items done"
    assert len(shop.notes("milestone")) == 1
