"""A queue of toys, batches over it in this process and in others, and what came of them."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from mediakeep.item import ScannedItem, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Worker, WorkerFactory
from mediakeep.queue import queue, readonly
from mediakeep.queue.queue import Queue
from mediakeep.runner import batch
from mediakeep.runner.batch_config import (
    BatchCallbacks,
    BatchConfig,
    BatchResult,
    ExecutionLimits,
    RetryPolicy,
)
from tests.crash.gate import Gate
from tests.runner import toys

if TYPE_CHECKING:  # every process of a batch under test imports this module
    import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds after which a test gives up waiting
GOOD = dict.fromkeys(("ant", "bee", "cow", "dog", "eel"), "good 0.05")


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.moment = datetime(2025, 12, 17, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def go(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += timedelta(seconds=seconds)


_open: list[Workshop] = []  # that a test has not closed yet


@dataclass
class Workshop:
    """A folder with a queue of toys."""

    folder: Path
    kind: Kind
    clock: Clock = field(default_factory=Clock)
    _queue: Queue | None = None

    def __post_init__(self) -> None:
        _open.append(self)

    @property
    def status(self) -> Path:
        """The folder of the queue."""
        return self.folder / "status"

    @property
    def queue(self) -> Queue:
        """The queue, opened when first asked for."""
        if self._queue is None:
            self._queue = Queue.open(queue.locate_queue(self.status, self.clock), self.kind)
        return self._queue

    def close(self) -> None:
        """Close the queue, if it is open."""
        if self._queue:
            left, self._queue = self._queue, None
            left.close()

    def opening(self) -> WorkerFactory:
        """Return what opens the toys' worker."""
        return functools.partial(toys.open_worker, self.folder)

    def run(
        self, opening: WorkerFactory | None = None, face: BatchCallbacks | None = None, **plan: Any
    ) -> BatchResult:
        """Run a batch in this process."""
        return batch.run_batch(
            self.queue, opening or self.opening(), build_config(**plan), face or BatchCallbacks()
        )

    def item(self, key: str) -> toys.Thing:
        """Return an item as it stands on the disk."""
        item = readonly.load_state(self.status, self.kind).items[key]
        assert isinstance(item, toys.Thing)
        return item

    def statuses(self) -> dict[str, Status]:
        """Return where each item stands on the disk."""
        return {k: i.status for k, i in readonly.load_state(self.status, self.kind).items.items()}

    def notes(self, *words: str) -> list[list[str]]:
        """Return what the toys noted, of the notes that begin with these words."""
        path = self.folder / "notes.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split() for line in lines if line.split()[: len(words)] == list(words)]

    def processes(self, key: str) -> list[int]:
        """Return the processes that an item's work was started in, in order."""
        return [int(note[-1]) for note in self.notes("start", key)]

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of all session logs."""
        paths = sorted((self.status / "session_logs").glob("*.log"))
        return [json.loads(line) for path in paths for line in path.read_text().splitlines()]

    def command(self, **report: Any) -> list[str]:
        """Return the command that runs a batch; `told` is the plan, and what script.py knows."""
        asked = {"folder": str(self.folder), "kind": self.kind.name, **report}
        return [sys.executable, "-m", "tests.runner.script", json.dumps(asked)]

    def spawn(self, gate: Gate | None = None, **report: Any) -> subprocess.Popen[str]:
        """Run a batch in a process of its own; a gate stops it on its way."""
        return subprocess.Popen(
            self.command(**report),
            cwd=ROOT,
            env={**environment(), **(gate.environment if gate else {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def finish(self, **told: Any) -> dict[str, Any]:
        """Run a batch in a process of its own to its end, and return its report."""
        return report(self.spawn(**told))


def close_all() -> None:
    """Close the queues of all workshops."""
    while _open:
        _open.pop().close()


def opening(worker: Worker) -> WorkerFactory:
    """Let a function of a test be the worker; inline only, as it cannot be sent."""
    return lambda: contextlib.nullcontext(worker)


def build_config(
    workers: int = 1,
    item_timeout: float = 0.0,
    max_attempts: int = 3,
    delay: float = 600.0,
    size: int | None = None,
    stall: float = 0.0,
    memory: int = 0,
    **plan: Any,
) -> BatchConfig:
    """Make a plan out of its bare numbers; without a size it takes all."""
    limits = ExecutionLimits(workers, item_timeout, stall, inline=not memory, memory=memory)
    retry = RetryPolicy(max_attempts, delay)
    return BatchConfig(size=size, limits=limits, retry=retry, **plan)


def make_workshop(folder: Path, things: Mapping[str, str], kind: Kind = toys.PLAIN) -> Workshop:
    """Make a queue of things, each with its action."""
    shop = Workshop(folder, kind)
    items = [ScannedItem(key=key, path=action, fingerprint="f") for key, action in things.items()]
    shop._queue = Queue.create(
        queue.locate_queue(shop.status, shop.clock), kind, str(folder), items
    )
    return shop


def environment() -> dict[str, str]:
    """Return what a process needs to find mediakeep and the toys."""
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'utilities'}{os.pathsep}{ROOT}"}


def report(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a batch, and return its report; one that failed fails the test."""
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert not err
    data = json.loads(out)
    assert isinstance(data, dict)
    return data


def set_clock(patched: pytest.MonkeyPatch, now: Callable[[], float]) -> None:
    """Let a batch in this process go by another clock."""
    patched.setattr(batch, "time", mock.Mock(monotonic=now))


def await_(what: Callable[[], Any]) -> Any:
    """Wait until something is so, and return it."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, "this never happened"
        time.sleep(0.01)
    return found


def alive(pid: int) -> bool:
    """Return whether a process still runs; a zombie does not."""
    if Path("/proc/self/stat").exists():  # without a process to look
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False
    shown = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(shown.stdout.strip()) and not shown.stdout.strip().startswith("Z")


def end_alone(process: subprocess.Popen[str]) -> int:
    """Wait for a batch to end, but for nothing that it started; return its exit code."""
    code = process.wait(PATIENCE)
    for pipe in (process.stdout, process.stderr):
        assert pipe
        pipe.close()
    return code


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a batch, so that it can tidy up nothing, and reap it."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
