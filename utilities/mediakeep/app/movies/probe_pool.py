"""Probe videos in worker processes, so that a crash of MediaInfo affects one file only.

A file that crashes its process or takes too long becomes an error; the others continue.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import Unreadable
from mediakeep.item import Item, Status
from mediakeep.media.video.model import VideoInfo
from mediakeep.outcome import Outcome, Progress, Stamp, Work, Worker, WorkerFactory
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.executors import AdaptiveExecutor
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import BatchAborted, Task, TaskResult, WorkerDied

PROBE_TIMEOUT = 120.0  # seconds per video


class ProbeResult(msgspec.Struct, frozen=True):
    """A probed video: its metadata, or an error message."""

    path: Path
    facts: VideoInfo | None = None
    error: str = ""


def probe_all(
    paths: Sequence[Path], workers: int, opening: WorkerFactory | None = None
) -> Iterator[ProbeResult]:
    """Probe videos, and yield results in their order; raise KeyboardInterrupt on Ctrl-C."""
    limits = ExecutionLimits(min(workers, len(paths)), PROBE_TIMEOUT, inline=False)
    with StopHandler() as stop:
        executor = AdaptiveExecutor(opening or _open_worker, limits, stop, lambda *_: None)
        try:
            yield from _iter_in_order(paths, executor, stop)
        finally:
            executor.close()


def _iter_in_order(
    paths: Sequence[Path], executor: AdaptiveExecutor, stop: StopHandler
) -> Iterator[ProbeResult]:
    waiting: dict[str, ProbeResult] = {}
    submitted = yielded = 0
    while yielded < len(paths):
        if stop.requested:
            raise KeyboardInterrupt
        while submitted < len(paths) and submitted - yielded - len(waiting) < executor.capacity:
            executor.submit(_build_task(submitted, paths[submitted]))
            submitted += 1
        for task, result in executor.wait():
            waiting[task.key] = _to_probe_result(paths[int(task.key)], result)
        while str(yielded) in waiting:
            yield waiting.pop(str(yielded))
            yielded += 1


def _build_task(number: int, path: Path) -> Task:
    item = Item(status=Status.IN_PROGRESS, path=path_text.escape_path(path))
    return Task(str(number), Work(item, Stamp("", str(number), 0, 0)))


def _to_probe_result(path: Path, result: TaskResult) -> ProbeResult:
    match result:
        case BatchAborted(error):
            raise error
        case WorkerDied(why):
            return ProbeResult(
                path, error=f"MediaInfo failed on {path_text.display_path(path)}: {why}."
            )
        case Outcome(state=Status.COMPLETED, facts={"facts": facts}):
            return ProbeResult(path, msgspec.convert(facts, VideoInfo))
        case Outcome(message=message):
            return ProbeResult(path, error=message)
    raise TypeError(f"a probe of a video returned {type(result).__name__}")


def _open_worker() -> AbstractContextManager[Worker]:
    return contextlib.nullcontext(_run_probe)


def _run_probe(work: Work, _: Progress) -> Outcome:
    from mediakeep.media.video import discs, probe

    path = Path(path_text.unescape_path(work.item.path))
    try:
        facts = discs.probe_disc(path) if path.is_dir() else probe.probe_video(path)
    except Unreadable as error:
        return Outcome(Status.ERROR, str(error))
    return Outcome(facts={"facts": msgspec.to_builtins(facts)})
