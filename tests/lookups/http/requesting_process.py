"""A process that requests URLs when released, and reports its statistics."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from mediakeep.errors import MediakeepError
from mediakeep.lookups.http import session
from mediakeep.lookups.http.adapter import RetryingAdapter
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment, Service
from mediakeep.lookups.http.retry import RetryState
from tests.alerts.service import until

context = multiprocessing.get_context("forkserver")  # forks fast, and from a clean process
context.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Asker:
    """A requesting process and its pipe."""

    process: ForkServerProcess
    pipe: Connection
    waits: Path  # a byte for each wait that it has begun
    turns: Path  # when a request might leave, as the shared record has it, line by line

    def has_waited(self, times: int = 1) -> bool:
        return self.waits.exists() and self.waits.stat().st_size >= times

    def until_it_waits(self, times: int = 1) -> None:
        until(lambda: self.has_waited(times))

    def ended(self) -> dict[str, Any]:
        """Wait for the end, and return statistics and failures."""
        assert self.pipe.poll(60)
        found: dict[str, Any] = self.pipe.recv()
        self.process.join(60)
        assert self.process.exitcode == 0
        return found


def start(
    cache: Path,
    shared: Path,
    service: Service,
    paths: tuple[str, ...],
    *,
    number: int = 0,
    skips: bool = False,
    stalls: bool = False,
) -> Asker:
    """Start such a process; one that skips does not sleep, but advances its clock.

    One that stalls stops itself between its first turn and its request, and sends how long it waits
    before each wait.
    """
    ours, theirs = context.Pipe()
    waits, turns = shared / f"{number}.waits", shared / f"{number}.turns"
    given = theirs, cache, shared, service, paths, waits, turns, skips
    process = context.Process(target=_stall if stalls else _ask, args=given)
    process.start()
    theirs.close()
    return Asker(process, ours, waits, turns)


def go(*askers: Asker) -> None:
    """Release all processes at once."""
    for asker in askers:
        assert asker.pipe.recv() == "ready"
    for asker in askers:
        asker.pipe.send("go")


def _stall(pipe: Connection, *given: Any) -> None:
    send = RetryingAdapter._send_once

    def stop_then_send(line: RetryingAdapter, *arguments: Any) -> Any:
        RetryingAdapter._send_once = send  # type: ignore[method-assign]
        os.kill(os.getpid(), signal.SIGSTOP)
        return send(line, *arguments)

    RetryingAdapter._send_once = stop_then_send  # type: ignore[assignment]
    _ask(pipe, *given, told=pipe.send)


class _Skipping:
    """A clock that sleep advances, so that a wait takes no time."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds


def _note_turns(path: Path) -> None:
    """Record the time of the slot of each request sent by this process."""
    path.touch()
    confirm = RetryState.confirm_slot

    def noted(patience: RetryState) -> bool:
        if is_confirmed := confirm(patience):
            with path.open("a") as file:
                file.write(f"{patience._slot_time!r}\n")
        return is_confirmed

    RetryState.confirm_slot = noted  # type: ignore[method-assign]


def _ask(
    pipe: Connection,
    cache: Path,
    shared: Path,
    service: Service,
    paths: tuple[str, ...],
    waits: Path,
    turns: Path,
    skips: bool,
    told: Callable[[float], None] = lambda _: None,
) -> None:
    assert session  # what asks is imported before the moment, not in it
    waited: list[float] = []

    def waiting(seconds: float) -> None:
        waited.append(seconds)
        told(seconds)
        with waits.open("a") as file:
            file.write(".")

    _note_turns(turns)
    clock = _Skipping()
    sleep = clock.sleep if skips else time.sleep
    http = CachedHttp(cache, "", machine=HttpEnvironment(clock, sleep, waiting, shared_dir=shared))
    pipe.send("ready")
    pipe.recv()
    failed = []
    for path in paths:
        try:
            http.get(service, service.host + path)
        except MediakeepError as error:
            failed.append(str(error))
    assert abs(sum(waited) - http.stats.seconds_waited) < 1e-6
    pipe.send({**vars(http.stats), "failed": failed})
