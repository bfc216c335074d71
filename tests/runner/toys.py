"""Toy kinds and their workers, so that a runner can be tested without a library.

The path of a thing is its action: what its worker does with it. Each action adds to `notes.log`
what it did and in which process. A part's action is the word of the text that it converts.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.errors import BadSetting, QueueHostLost
from mediakeep.item import Item
from mediakeep.kinds import Kind
from mediakeep.outcome import Aborting, Outcome, Parts, Progress, Work, Worker
from mediakeep.stages import Stage, StageTable
from tests.runner import deeds, jobs, notes, staged


class Thing(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A thing: how big it is, and what of."""

    size: int = 0
    pieces: int = 0
    made_of: dict[str, int] = {}  # noqa: RUF012 - msgspec copies it


PLAIN = Kind("plain", "thing", "things", "plain_manager.py", "", Thing)
STAGES = {"split": ("convert",), "convert": ("join",), "join": ()}
TABLE = StageTable(tuple(Stage(name, after) for name, after in STAGES.items()))
TOY = Kind("toy", "thing", "things", "toy_manager.py", "", Thing, stages=TABLE)
JOB = Kind("job", "job", "jobs", "job_manager.py", "", Thing, stages=jobs.TABLE)
TIDY = msgspec.structs.replace(JOB, name="tidy", cleans_up=True)
KINDS = {kind.name: kind for kind in (PLAIN, TOY, JOB, TIDY)}


@contextmanager
def refuse(folder: Path) -> Iterator[Worker]:
    """Open a tool that is not there."""
    raise FileNotFoundError(2, "No such file or directory", "/usr/bin/decoder")
    yield


@contextmanager
def set_wrongly(folder: Path) -> Iterator[Worker]:
    """Open a tool whose setting makes no sense."""
    raise BadSetting("rate", "no number")
    yield


@contextmanager
def lose_host(folder: Path) -> Iterator[Worker]:
    """Open a tool that needs another host, which is gone."""
    raise Aborting(QueueHostLost("shed", "Connection refused"))
    yield


@contextmanager
def die(folder: Path) -> Iterator[Worker]:
    """Open a tool that kills."""
    os._exit(4)
    yield


@contextmanager
def slow(folder: Path) -> Iterator[Worker]:
    """Open a tool that takes its time."""
    time.sleep(0.5)
    yield functools.partial(work, folder=folder)


@contextmanager
def stuck(folder: Path) -> Iterator[Worker]:
    """Open a tool that never gets ready."""
    notes.note(folder, "opening")
    time.sleep(600)
    yield


@contextmanager
def open_unpicklable(folder: Path) -> Iterator[Worker]:
    """Give a worker whose parts can be sent but not received."""
    yield lambda work, progress: Parts((Unpicklable(),), echo)


class Unpicklable:
    """Something that can be sent but not received."""

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("no number",)


def echo(value: Any, progress: Progress) -> Any:
    """Return what is given."""
    return value


@contextmanager
def open_worker(folder: Path) -> Iterator[Worker]:
    """Give a process its worker, and note when it is opened and closed."""
    notes.note(folder, "open")
    yield functools.partial(work, folder=folder)
    notes.note(folder, "close")


def work(work: Work, progress: Progress, folder: Path) -> Outcome | Parts:
    """Run a thing's action, or its stage."""
    key = work.stamp.key
    notes.note(folder, "start", key, work.stage or "-")
    if work.stage and "=" in work.item.path:
        result = jobs.run_stage(work, progress, folder)
    elif work.stage:
        result = staged.STAGED[work.stage](work, folder)
    else:
        action, *words = work.item.path.split()
        result = deeds.DEEDS[action](work, progress, folder, *words)
    notes.note(folder, "end", key, work.stage or "-")
    return result
