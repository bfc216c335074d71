"""Two writers and a reader on one queue; the writers are killed again and again.

Each writer claims, settles, gives back, resets and checkpoints, and writes an acknowledgement
after a commit has returned. What must hold at the end is in audit.py.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from mediakeep.errors import ItemInUse, NoSuchItem
from mediakeep.item import NewItem, Status
from mediakeep.music.item import MUSIC
from mediakeep.outcome import Outcome
from mediakeep.queue import actions, item_archive, readonly, store
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from tests.crash import faults
from tests.crash.tap import CallHook, FileCall, Tap
from tests.queue import rig

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.crash.loop", "tests.crash.naive"])
RANDOM = "at random"
MOST = 60  # items of the queue
FEWEST = 20  # settled items that stay in it
_PATIENCE = 300.0  # seconds in which a writer must come to its point


@dataclass(frozen=True)
class Workspace:
    """Where a loop takes place, and the files in which its processes leave word."""

    root: Path

    @property
    def queue(self) -> Path:
        return rig.at(self.root).folder

    @property
    def archive(self) -> Path:
        """Where every journal that is pruned is kept, to be audited."""
        return self.root / "archive"

    @property
    def acks(self) -> Path:
        return self.root / "acks"

    @property
    def errors(self) -> Path:
        return self.root / "errors"


@dataclass(frozen=True)
class Order:
    """What a writer shall do, and where it shall die."""

    workspace: Workspace
    seed: int
    point: str
    times: int


@dataclass
class View:
    """What a reader sees: the number of the last change, and that of each item's last settle."""

    seq: int
    settled: dict[str, int]


@dataclass
class Result:
    """What a loop came to."""

    kills: Counter[str] = field(default_factory=Counter)
    reads: int = 0
    failures: list[str] = field(default_factory=list)  # of readers and writers
    seconds: float = 0.0


Write = Callable[[Order], None]
Look = Callable[[Path], View]


def write(order: Order) -> None:
    """Work on the queue until killed."""
    store.REWRITE_LEAST, store.REWRITE_SHARE = 0.02, 0
    if order.seed % 2:  # every other writer writes its snapshots without the lock
        store.LARGE_QUEUE = 0
    chance = random.Random(order.seed)
    with faults.arm(order.point, order.times, chance.random(), archiving(order.workspace)):
        queue = Queue.open(rig.at(order.workspace.root), MUSIC)
        queue.begin_session()
        acks = os.open(order.workspace.acks, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        while True:
            _turn(queue, chance, acks)


def archiving(workspace: Workspace) -> CallHook:
    """Return what keeps every journal that is about to be pruned, for the audit."""

    def archive(call: FileCall) -> None:
        if call.name == "unlink" and faults.journal(call):
            with contextlib.suppress(FileExistsError):
                Tap.real["link"](call.path, workspace.archive / Path(call.path).name)

    return archive


def _turn(queue: Queue, chance: random.Random, acks: int) -> None:
    claims = queue.claim(5)
    for claim in claims[chance.randrange(2) :]:
        assert queue.session
        queue.session.begin_item(claim.key)
        if _wait(queue, claim, chance, acks):
            continue
        state = chance.choice([Status.COMPLETED] * 4 + [Status.ERROR, Status.SKIPPED])
        assert queue.settle(claim, SettleRequest(Outcome(state, "done", open_ids=("a:1",))))
        acknowledge(acks, "settle", claim.key, queue.state.seq)
        queue.session.end_item(claim.key)
    queue.release(claims)
    ended = [key for key, item in queue.state.items.items() if item.settled]
    if ended and (not claims or chance.random() < 0.5):
        keys = chance.sample(ended, min(3, len(ended)))
        with contextlib.suppress(ItemInUse, NoSuchItem):  # the other writer may have retired it
            queue.commit(actions.reset_items(queue.location, actions.select_by_name(keys)))
            acknowledge(acks, "reset", keys[0], queue.state.seq)
    _replace_items(queue, chance, acks)
    if chance.random() < 0.2:
        name = queue.write_checkpoint().name
        acknowledge(acks, "checkpoint", name, queue.state.seq)


def _wait(queue: Queue, claim: Claim, chance: random.Random, acks: int) -> bool:
    """Maybe record a part of a claimed item, and maybe park it; return whether it is parked."""
    if chance.random() < 0.3:
        assert queue.record_part(claim, f"{chance.randrange(3)}", {"size": claim.seq})
        acknowledge(acks, "part", claim.key, queue.state.seq)
    if chance.random() < 0.8:
        return False
    assert queue.park(claim, Outcome(Status.PENDING, "rain", retry_after=1.0), 0.1)
    acknowledge(acks, "park", claim.key, queue.state.seq)
    return True


def _replace_items(queue: Queue, chance: random.Random, acks: int) -> None:
    """Take parked items at once, retire a settled item, and add another."""
    if keys := queue.unpark(list(queue.state.items)):
        acknowledge(acks, "unpark", keys[0], queue.state.seq)
    ended = [key for key, item in queue.state.items.items() if item.settled]
    if len(ended) > FEWEST and chance.random() < 0.5:
        with contextlib.suppress(ItemInUse):
            for key in queue.retire(chance.sample(ended, 1)):
                acknowledge(acks, "retire", key, queue.state.seq)
    if len(queue.state.items) < MOST:
        (key,) = queue.add([NewItem(name="added", path=f"/music/{uuid.uuid4()}")])
        acknowledge(acks, "add", key, queue.state.seq)


def acknowledge(acks: int, what: str, key: str, seq: int) -> None:
    """Leave word that a commit has returned."""
    os.write(acks, f"{what}\t{key}\t{seq}\n".encode())


def look(folder: Path) -> View:
    """Look at the queue without its lock, as a dashboard would."""
    state = readonly.load_state(folder, MUSIC)
    assert state.counts == rig.state(state.items).counts
    retired = item_archive.load_retired(folder, MUSIC, state.items)
    items = {**retired, **state.items}
    return View(state.seq, {key: item.settled for key, item in items.items()})


def read(workspace: Workspace, look_: Look, stop: Any, pipe: Any) -> None:
    """Read the queue until stopped; note every violation."""
    last, reads, failures = View(0, {}), 0, []
    while not stop.is_set():
        reads += 1
        try:
            view = look_(workspace.queue)
            if view.seq < last.seq:
                failures.append(f"seq went back from {last.seq} to {view.seq}")
            for key, seq in last.settled.items():
                if view.settled.get(key, -1) < seq:
                    failures.append(f"{key} was settled by {seq}, now by {view.settled.get(key)}")
            last = view
        except Exception:
            failures.append(traceback.format_exc())
    pipe.send((reads, failures))


def _guarded(write_: Write, order: Order) -> None:
    try:
        write_(order)
    except BaseException:
        with order.workspace.errors.open("a") as stream:
            stream.write(f"{order}\n{traceback.format_exc()}\n")
        raise


class Loop:
    """Starts the writers and kills them, until so many kills are counted."""

    def __init__(self, workspace: Workspace, write_: Write, seed: int) -> None:
        self.workspace, self._write = workspace, write_
        self.chance = random.Random(seed)
        self.result = Result()
        self.running: dict[Any, tuple[Order, float]] = {}
        self.points = list(faults.POINTS) if write_ is write else []
        self._next = 0

    def start(self) -> None:
        """Start a writer: every other one dies at the next of the named points."""
        self._next += 1
        point, times = RANDOM, 1
        if self._next % 2 and self.points:
            point = self.points[(self._next // 2) % len(self.points)]
            times = self.chance.randrange(1, 5)
        order = Order(self.workspace, self.chance.randrange(1 << 30), point, times)
        process = context.Process(target=_guarded, args=(self._write, order), daemon=True)
        process.start()
        soon = point == RANDOM and self.points
        patience = self.chance.uniform(0.005, 0.2) if soon else _PATIENCE
        self.running[process] = (order, time.monotonic() + patience)

    def going(self, kills: int) -> bool:
        """Return whether more is to be killed."""
        wanted = {RANDOM, *self.points}
        enough = self.result.kills.total() >= kills and wanted == set(self.result.kills)
        return not enough and not self.result.failures

    def step(self) -> None:
        """Kill whose time has come, and count whom death took."""
        soonest = min(due for _, due in self.running.values()) - time.monotonic()
        wait([process.sentinel for process in self.running], max(0.0, soonest))
        for process, (order, due) in list(self.running.items()):
            if process.is_alive() and time.monotonic() >= due:
                if order.point != RANDOM or not self.points:
                    self.result.failures.append(f"never came to: {order}")
                process.kill()
                process.join()
            if not process.is_alive():
                process.join()
                del self.running[process]
                if process.exitcode == -9:
                    self.result.kills[order.point] += 1
                else:
                    self.result.failures.append(f"ended with {process.exitcode}: {order}")


def run(
    workspace: Workspace, kills: int, write_: Write = write, look_: Look = look, seed: int = 1
) -> Result:
    """Run until so many writers were killed, each point among them; the queue is there already."""
    started = time.monotonic()
    workspace.archive.mkdir(exist_ok=True)
    loop = Loop(workspace, write_, seed)
    stop, (ours, theirs) = context.Event(), context.Pipe()
    reader = context.Process(target=read, args=(workspace, look_, stop, theirs), daemon=True)
    reader.start()
    while loop.going(kills):
        while len(loop.running) < 2:
            loop.start()
        loop.step()
    for process in loop.running:
        process.kill()
        process.join()
    stop.set()
    loop.result.reads, failures = ours.recv()
    reader.join()
    loop.result.failures += failures
    if workspace.errors.exists():
        loop.result.failures.append(workspace.errors.read_text())
    loop.result.seconds = time.monotonic() - started
    return loop.result
