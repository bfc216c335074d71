"""Probe videos in worker processes, so that a crash of MediaInfo affects one file only.

A file that crashes its process or takes too long becomes an error; the others continue.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import Unreadable
from mediakeep.item import Item, Status
from mediakeep.media.video.facts import VideoFacts
from mediakeep.outcome import Opening, Outcome, Progress, Stamp, Work, Worker
from mediakeep.runner.attempt import Gone, Lost, Result, Task
from mediakeep.runner.executors import Crew
from mediakeep.runner.plan import Limits
from mediakeep.runner.stop import Stop

PATIENCE = 120.0  # seconds per video


class Looked(msgspec.Struct, frozen=True):
    """A probed video: its metadata, or an error message."""

    path: Path
    facts: VideoFacts | None = None
    trouble: str = ""


def look(paths: Sequence[Path], workers: int, opening: Opening | None = None) -> Iterator[Looked]:
    """Probe videos, and yield results in their order; raise KeyboardInterrupt on Ctrl-C."""
    limits = Limits(min(workers, len(paths)), PATIENCE, inline=False)
    with Stop() as stop:
        executor = Crew(opening or _opened, limits, stop, lambda *_: None)
        try:
            yield from _ordered(paths, executor, stop)
        finally:
            executor.close(kill=True)


def _ordered(paths: Sequence[Path], executor: Crew, stop: Stop) -> Iterator[Looked]:
    waiting: dict[str, Looked] = {}
    submitted = yielded = 0
    while yielded < len(paths):
        if stop.asked:
            raise KeyboardInterrupt
        while submitted < len(paths) and submitted - yielded - len(waiting) < executor.capacity:
            executor.submit(_task(submitted, paths[submitted]))
            submitted += 1
        for task, result in executor.wait():
            waiting[task.key] = _looked(paths[int(task.key)], result)
        while str(yielded) in waiting:
            yield waiting.pop(str(yielded))
            yielded += 1


def _task(number: int, path: Path) -> Task:
    item = Item(status=Status.IN_PROGRESS, path=files.escape(path))
    return Task(str(number), Work(item, Stamp("", str(number), 0, 0)))


def _looked(path: Path, result: Result) -> Looked:
    match result:
        case Gone(error):
            raise error
        case Lost(why):
            return Looked(path, trouble=f"MediaInfo failed on {files.display_path(path)}: {why}.")
        case Outcome(state=Status.COMPLETED, facts={"facts": facts}):
            return Looked(path, msgspec.convert(facts, VideoFacts))
        case Outcome(message=message):
            return Looked(path, trouble=message)
    raise TypeError(f"a probe of a video returned {type(result).__name__}")


def _opened() -> AbstractContextManager[Worker]:
    return contextlib.nullcontext(_probe)


def _probe(work: Work, _: Progress) -> Outcome:
    from mediakeep.media.video import discs, probe

    path = Path(files.unescape(work.item.path))
    try:
        facts = discs.probe_disc(path) if path.is_dir() else probe.probe(path)
    except Unreadable as error:
        return Outcome(Status.ERROR, str(error))
    return Outcome(facts={"facts": msgspec.to_builtins(facts)})
