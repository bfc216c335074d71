"""Several processes at once: no request above the rate limit, none twice, none blocked.

What they share is real: sockets, locks and clocks.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import Outage
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment
from tests.alerts.service import until
from tests.lookups.conftest import CONTACT, Scripted, answer, hang, slots
from tests.lookups.http import requesting_process
from tests.lookups.http.requesting_process import Asker, go

Start = Callable[..., Asker]


@pytest.fixture
def start(server: Scripted, tmp_path: Path) -> Iterator[Start]:
    """Start processes that request URLs when released."""
    started: list[Asker] = []

    def begin(
        *paths: str,
        interval: float = 0.0,
        home: str = "home",
        skips: bool = False,
        stalls: bool = False,
    ) -> Asker:
        cache, service = tmp_path / home / "musicbrainz.sqlite", server.service(interval)
        number = len(started)
        made = requesting_process.start(
            cache, tmp_path, service, paths, number=number, skips=skips, stalls=stalls
        )
        started.append(made)
        return made

    yield begin
    for one in started:
        one.process.kill()
        one.process.join()


@pytest.mark.parametrize("interval", [0.2, 0.0])
def test_four_processes_are_never_above_the_rate_and_never_ask_twice(
    start: Start, server: Scripted, interval: float
) -> None:
    shared = [f"/{number}" for number in range(8)]
    # Two homes: a question is asked once in each, and the rate holds for both together.
    homes = "one", "one", "two", "two"
    processes = [start(*shared, interval=interval, home=home) for home in homes]
    go(*processes)
    spent = [process.ended() for process in processes]
    assert sorted(server.asked) == sorted(shared * 2)
    # When the turns were taken: when a request comes is up to how busy the machine is.
    turns = sorted(float(line) for one in processes for line in one.turns.read_text().splitlines())
    assert len(turns) == 16
    nearest = min(later - sooner for sooner, later in pairwise(turns))
    assert nearest >= interval - 1e-6
    assert interval or nearest < 0.2  # they do ask at once
    assert sum(one["requests"] for one in spent) == 16
    assert sum(one["hits"] for one in spent) == 16


def test_one_question_of_four_processes_is_one_request_however_slow_the_answer(
    start: Start, server: Scripted
) -> None:
    processes = [start("/a") for _ in range(4)]

    def slow(handler: Any) -> None:
        until(lambda: sum(processe.has_waited(5) for processe in processes) == 3)
        answer()(handler)

    server.manners["/a"] = [slow]
    go(*processes)
    spent = [process.ended() for process in processes]
    assert server.asked == ["/a"]
    assert sorted(one["requests"] for one in spent) == [0, 0, 0, 1]
    assert sorted(one["hits"] for one in spent) == [0, 1, 1, 1]


def test_a_404_is_asked_for_once_as_well(start: Start, server: Scripted) -> None:
    server.manners["/a"] = [answer(404)]
    processes = [start("/a") for _ in range(3)]
    go(*processes)
    assert all("has nothing at" in process.ended()["failed"][0] for process in processes)
    assert server.asked == ["/a"]


def test_a_question_that_is_slow_keeps_no_other_question_waiting(
    start: Start, server: Scripted
) -> None:
    server.manners["/slow"] = [hang]
    slow, quick = start("/slow"), start("/quick")
    go(slow)
    until(lambda: "/slow" in server.asked)
    go(quick)
    assert quick.ended()["requests"] == 1
    assert slow.process.is_alive()


def test_a_retry_after_that_one_process_was_told_pauses_another(
    start: Start, server: Scripted
) -> None:
    server.manners["/a"] = [answer(503, Retry_After="59"), answer()]
    free = start("/c", home="third", skips=True)
    go(free)
    assert free.ended()["seconds_waited"] == 0
    told, other = start("/a", skips=True), start("/b", home="other", skips=True)
    go(told)
    told.until_it_waits()
    go(other)
    assert told.ended()["seconds_waited"] == pytest.approx(59, abs=0.1)
    assert 0 < other.ended()["seconds_waited"] <= 59
    assert sorted(server.asked) == ["/a", "/a", "/b", "/c"]


def test_a_process_that_is_killed_while_it_asks_keeps_nobody_from_asking(
    start: Start, server: Scripted
) -> None:
    server.manners["/a"] = [hang, answer()]
    first, second = start("/a"), start("/a")
    go(first)
    until(lambda: server.asked == ["/a"])
    go(second)
    second.until_it_waits(5)
    assert server.asked == ["/a"]  # the second waits for the first
    first.process.kill()
    assert second.ended()["requests"] == 1
    assert server.asked == ["/a", "/a"]


def test_a_process_that_is_killed_while_it_waits_for_its_turn_takes_none(
    start: Start, server: Scripted
) -> None:
    waiting = start("/1", "/2", interval=3600)
    go(waiting)
    waiting.until_it_waits()
    assert server.asked == ["/1"]
    waiting.process.kill()
    quick = start("/2", interval=0.1)
    go(quick)
    assert quick.ended()["seconds_waited"] < 1  # which counts what it was told, not what that took
    assert server.asked == ["/1", "/2"]


HOUR = 3600.0  # seconds


def is_stopped(process: Asker) -> bool:
    words = ["ps", "-o", "stat=", "-p", str(process.process.pid)]
    return subprocess.run(words, capture_output=True, check=True).stdout.startswith(b"T")


def stalled(start: Start, path: str) -> Asker:
    """Start a process, and wait until it is stopped between its slot and its request."""
    process = start(path, interval=HOUR, stalls=True)
    go(process)
    until(lambda: is_stopped(process))
    return process


def test_a_process_that_was_stopped_after_its_turn_takes_another_if_it_has_passed(
    start: Start, server: Scripted, tmp_path: Path
) -> None:
    process = stalled(start, "/a")
    [record] = tmp_path.glob("*.slots")
    state = slots(tmp_path)
    record.write_text(json.dumps({**state, "last": state["last"] - HOUR}) + "\n")  # an hour ago
    with contextlib.closing(
        CachedHttp(tmp_path / "other.sqlite", CONTACT, machine=HttpEnvironment(shared_dir=tmp_path))
    ) as other:
        other.get(server.service(HOUR), f"{server.host}/b")
    os.kill(process.process.pid, signal.SIGCONT)
    assert process.pipe.poll(60)
    waits = process.pipe.recv()
    assert server.asked == ["/b"]
    assert HOUR / 2 < waits <= HOUR


def test_the_interval_begins_when_the_request_leaves(
    start: Start, server: Scripted, tmp_path: Path
) -> None:
    process = stalled(start, "/a")
    taken, before = slots(tmp_path)["last"], time.time()
    assert taken <= before
    os.kill(process.process.pid, signal.SIGCONT)
    assert process.ended()["requests"] == 1
    assert slots(tmp_path)["last"] >= before


def test_an_outage_that_one_process_finds_is_one_for_all(
    start: Start, server: Scripted, tmp_path: Path
) -> None:
    server.manners["/a"] = [answer(503, Retry_After="100")]
    with pytest.raises(Outage):
        CachedHttp(
            tmp_path / "c.sqlite", CONTACT, machine=HttpEnvironment(shared_dir=tmp_path)
        ).get(server.service(), f"{server.host}/a")
    processes = [start("/b", "/c", home=home) for home in ("one", "two")]
    go(*processes)
    for process in processes:
        found = process.ended()
        assert [text.split(" (")[0] for text in found["failed"]] == [
            "MusicBrainz is unreachable"
        ] * 2
        assert found["seconds_waited"] == 0
    assert server.asked == ["/a"]
    assert slots(tmp_path)["why"] == "HTTP status 503"
