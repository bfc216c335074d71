"""A process that asks for addresses as soon as it is let go, and tells what it spent."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from mediakeep.errors import MediakeepError
from mediakeep.lookups import session
from mediakeep.lookups.answers import Machine, Service
from mediakeep.lookups.http import Http
from mediakeep.lookups.line import Line

context = multiprocessing.get_context("forkserver")  # forks fast, and from a clean process
context.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Asker:
    """Such a process, and the way to it."""

    process: ForkServerProcess
    pipe: Connection

    def ended(self) -> dict[str, Any]:
        """Wait for the end, and return what was spent and what failed."""
        assert self.pipe.poll(60)
        found: dict[str, Any] = self.pipe.recv()
        self.process.join(60)
        assert self.process.exitcode == 0
        return found


def start(
    cache: Path, shared: Path, service: Service, paths: tuple[str, ...], *, stalls: bool = False
) -> Asker:
    """Start a process; one that `stalls` stops itself between its first turn and its request.

    It sends how long it waits before each wait.
    """
    ours, theirs = context.Pipe()
    work = _stall if stalls else _ask
    process = context.Process(target=work, args=(theirs, cache, shared, service, paths))
    process.start()
    theirs.close()
    return Asker(process, ours)


def go(*askers: Asker) -> None:
    """Let processes go, all at once."""
    for asker in askers:
        assert asker.pipe.recv() == "ready"
    for asker in askers:
        asker.pipe.send("go")


def _stall(
    pipe: Connection, cache: Path, shared: Path, service: Service, paths: tuple[str, ...]
) -> None:
    send = Line._once

    def stop_then_send(line: Line, *given: Any) -> Any:
        Line._once = send  # type: ignore[method-assign]
        os.kill(os.getpid(), signal.SIGSTOP)
        return send(line, *given)

    Line._once = stop_then_send  # type: ignore[assignment]
    _ask(pipe, cache, shared, service, paths, told=pipe.send)


def _ask(
    pipe: Connection,
    cache: Path,
    shared: Path,
    service: Service,
    paths: tuple[str, ...],
    told: Callable[[float], None] = lambda _: None,
) -> None:
    assert session  # what asks is imported before the moment, not in it
    waits: list[float] = []

    def waiting(seconds: float) -> None:
        waits.append(seconds)
        told(seconds)

    http = Http(cache, "", machine=Machine(waiting=waiting, shared=shared))
    pipe.send("ready")
    pipe.recv()
    failed = []
    for path in paths:
        try:
            http.get(service, service.host + path)
        except MediakeepError as error:
            failed.append(str(error))
    assert abs(sum(waits) - http.spent.waited) < 1e-6
    pipe.send({**vars(http.spent), "failed": failed})
