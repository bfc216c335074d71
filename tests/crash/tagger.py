"""Files whose tags are written by processes that are killed, in our way or in place."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import mutagen
from mutagen.id3 import APIC, ID3, TIT2
from mutagen.mp4 import MP4Cover

from mediakeep import queue_host_client
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetCover, SetField
from mediakeep.media.undo import store as undo_store
from mediakeep.queue_host_client import HostAddress
from tests.crash import faults
from tests.crash.faults import AFTER, BEFORE, TORN
from tests.crash.tap import FileCall, Tap, ignore, named

RANDOM = "at random"
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.crash.tagger"])

_PATIENCE = 60.0  # seconds in which a writer must come to its point


def _beside(call: FileCall) -> bool:
    return call.path.endswith(".tmp") and "undo" not in call.path


def _log(call: FileCall) -> bool:
    return call.path.endswith(".jsonl")


# When a writer dies: after the names of what it does then.
POINTS: dict[str, faults.Moment] = {
    "copy made": (AFTER, named("open", _beside)),
    "copy torn": (TORN, named("pwrite", _beside)),
    "before sync": (BEFORE, named("sync", _beside)),
    "after sync": (AFTER, named("sync", _beside)),
    "record torn": (TORN, named("pwrite", _log)),
    "record written": (AFTER, named("pwrite", _log)),
    "record synced": (AFTER, named("sync", _log)),
    "before rename": (BEFORE, named("replace", _beside)),
    "after rename": (AFTER, named("replace", _beside)),
    "folder synced": (AFTER, named("fsync", lambda call: call.path.endswith("music"))),
}


@dataclass(frozen=True)
class Order:
    """What a writer shall write, and where it shall die."""

    path: Path
    home: Path
    image: bytes
    seed: int
    point: str
    address: HostAddress | None = None  # of the host that has the home; None for this one


@dataclass
class Result:
    """What became of the files."""

    kills: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)  # "old", "new", "damaged"
    failures: list[str] = field(default_factory=list)


Write = Callable[[Order], None]


def safely(order: Order) -> None:
    """Write larger and smaller tags by turns until killed."""
    chance = random.Random(order.seed)
    with (
        queue_host_client.use_host(order.address, order.home / "scratch"),
        _armed(order.point, chance.randrange(1, 4), chance.random()),
    ):
        own = order.home / "scratch" if order.address else order.home
        store = undo_store.open_store(own / "undo")
        while True:
            for change in _changes(chance, order.image):
                write_tags.write(order.path, [change], store, queue="music")


def in_place(order: Order) -> None:
    """Do the same as others do: open the file, and write into it."""
    chance = random.Random(order.seed)
    while True:
        for change in _changes(chance, order.image):
            audio: Any = mutagen.File(order.path)
            if audio.tags is None:
                audio.add_tags()
            _SETTERS[order.path.suffix](audio, change)
            audio.save(padding=lambda _: 0)


def _armed(point: str, times: int, share: float) -> Tap:
    """Return a tap that kills this process when it comes to a point for the nth time."""
    when, fits = POINTS.get(point, (BEFORE, lambda _: False))
    left = times

    def come(call: FileCall) -> None:
        nonlocal left
        left -= fits(call)
        if fits(call) and left <= 0:
            faults.write_partly(call, share) if when == TORN else faults.die()

    return Tap(ignore if when == AFTER else come, come if when == AFTER else ignore)


def _changes(chance: random.Random, image: bytes) -> list[SetField | SetCover]:
    cut = chance.randrange(1, len(image))
    title = SetField("title", (f"Low Tide {chance.random()}" * chance.randrange(1, 500),))
    return [SetCover(image[:cut], "image/png"), title]


def _set_id3(audio: Any, change: SetField | SetCover) -> None:
    tags: ID3 = audio.tags
    if isinstance(change, SetField):
        tags.add(TIT2(encoding=3, text=list(change.values)))
    else:
        tags.setall("APIC", [APIC(encoding=0, mime=change.mime, type=3, data=change.data)])


def _set_mp4(audio: Any, change: SetField | SetCover) -> None:
    if isinstance(change, SetField):
        audio["\xa9nam"] = list(change.values)
    else:
        audio["covr"] = [MP4Cover(change.data, MP4Cover.FORMAT_PNG)]


def _set_flac(audio: Any, change: SetField | SetCover) -> None:
    if isinstance(change, SetField):
        audio["title"] = list(change.values)
    else:
        picture = mutagen.flac.Picture()
        picture.type, picture.mime, picture.data = 3, change.mime, change.data
        audio.clear_pictures()
        audio.add_picture(picture)


def _set_comments(audio: Any, change: SetField | SetCover) -> None:
    if isinstance(change, SetField):
        audio["title"] = list(change.values)
    else:
        audio["comment"] = ["x" * len(change.data)]


_SETTERS: dict[str, Callable[[Any, SetField | SetCover], None]] = {
    ".mp3": _set_id3,
    ".m4a": _set_mp4,
    ".flac": _set_flac,
    ".ogg": _set_comments,
    ".opus": _set_comments,
}


@dataclass
class Loop:
    """Kills writers, one on each file at a time, and has each file judged after each death."""

    orders: Callable[[int], Order]
    judge: Callable[[Order], str]
    write: Write
    workers: int = 2
    result: Result = field(default_factory=Result)

    def run(self, kills: int) -> Result:
        """Run until so many writers were killed."""
        running: dict[Any, tuple[Order, float]] = {}
        begun = 0
        while self.result.kills.total() < kills and not self.result.failures:
            while len(running) < self.workers:
                order = self.orders(begun)
                begun += 1
                process = context.Process(target=self.write, args=(order,), daemon=True)
                process.start()
                longest = 0.12 + order.path.stat().st_size / 1e8  # about what a write takes
                soon = random.Random(order.seed).uniform(0.002, longest)
                due = time.monotonic() + (soon if order.point == RANDOM else _PATIENCE)
                running[process] = (order, due)
            self._reap(running)
        for process in running:
            process.kill()
            process.join()
        return self.result

    def _reap(self, running: dict[Any, tuple[Order, float]]) -> None:
        soonest = min(due for _, due in running.values()) - time.monotonic()
        wait([process.sentinel for process in running], max(0.0, soonest))
        for process, (order, due) in list(running.items()):
            if process.is_alive() and time.monotonic() >= due:
                if order.point != RANDOM:
                    self.result.failures.append(f"never came to: {order.point}")
                process.kill()
                process.join()
            if not process.is_alive():
                process.join()
                del running[process]
                if process.exitcode != -9:
                    self.result.failures.append(f"ended with {process.exitcode}: {order.point}")
                self.result.kills[order.point] += 1
                self.result.ends[self.judge(order)] += 1
