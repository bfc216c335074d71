"""Work on a queue until the disk is full, in a process of its own: its limits end with it."""

from __future__ import annotations

import resource
import signal
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from mediakeep.errors import RecordNotWritten
from mediakeep.music.item import MUSIC
from mediakeep.outcome import Outcome
from mediakeep.queue import readonly, store
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from tests.queue import rig

LONG = SettleRequest(
    Outcome(data={"issues": {f"a-rather-long-kind-of-issue-{n}": n for n in range(90)}})
)


@dataclass
class FillResult:
    """What the process found."""

    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0  # commits
    warned: int = 0  # rewrites
    checkpoints_refused: int = 0
    sound: bool = True  # memory and disk never differed
    leftovers: list[str] = field(default_factory=list)
    afterwards: int = 0  # commits, with space again


def limit(size: int) -> None:
    """Let no file grow beyond so many bytes (0: any); a write that would is an error."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size or hard, hard))


def fill(folder: Path, size: int, ballast: Path | None, pipe: Connection) -> None:
    """Settle items until that fails five times, then make space and settle on.

    The disk is full because no file may grow beyond `size`, or because of the ballast on it.
    """
    store.REWRITE_LEAST, store.REWRITE_SHARE = 0.01 if ballast else 1e9, 0
    result = FillResult()
    with Queue.open(rig.at(folder), MUSIC) as queue:
        queue.begin_session()
        limit(size)
        while result.refused < 5 and len(result.acknowledged) < 1500:
            _settle(queue, result)
        _rewrite_and_checkpoint(queue, result)
        limit(0)
        if ballast:
            ballast.unlink()
        for claim in queue.claim(5):
            result.afterwards += queue.settle(claim, LONG)
        result.sound &= _same(queue)
        result.leftovers = [path.name for path in queue.location.folder.glob(".*")]
    pipe.send(result)


def _settle(queue: Queue, result: FillResult) -> None:
    try:
        for claim in queue.claim(1):
            if queue.settle(claim, LONG):
                result.acknowledged.append(claim.key)
    except RecordNotWritten:
        result.refused += 1
        result.sound &= _same(queue)
    result.warned += len(queue.take_warnings())


def _rewrite_and_checkpoint(queue: Queue, result: FillResult) -> None:
    try:
        queue.write_checkpoint()
    except OSError:
        result.checkpoints_refused += 1
    result.warned += len(queue.take_warnings())


def _same(queue: Queue) -> bool:
    seen = readonly.load_state(queue.location.folder, MUSIC)
    return seen.items == queue.state.items and seen.seq == queue.state.seq
