"""Workers that note their calls, for tests in which nothing recorded may be done again.

As a script, it runs the batch script of a job with such workers, and perhaps with a planted fault:

lost-commit   the end of a stage or part is acknowledged before it is synced, and then lost
late-write    a part of a recording returns its result before its samples are written
"""

from __future__ import annotations

import contextlib
import functools
import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep.app.batch.batch_request import BatchOptions
from mediakeep.item import Item
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker, WorkerFactory
from mediakeep.queue import journal

_FILE = "noted"


@dataclass(frozen=True)
class NotingFactory:
    """A factory of workers that note in a folder each stage and each part before they run it."""

    factory: WorkerFactory
    folder: Path

    @contextlib.contextmanager
    def __call__(self) -> Iterator[Worker]:
        with self.factory() as worker:

            def work(work: Work, progress: Progress) -> Outcome | Parts:
                stage = work.failed_stage or work.stage
                results = "parts" if work.results is None else "results"
                _write(self.folder, "call", work.stamp.key, stage, results)
                result = worker(work, progress)
                if not isinstance(result, Parts):
                    return result
                run = functools.partial(_run_part, result.run, self.folder, work.stamp.key, stage)
                return structs.replace(result, run=run)

            yield work


def _run_part(
    run: Callable[[Any, Progress], Any],
    folder: Path,
    key: str,
    stage: str,
    part: Any,
    progress: Progress,
) -> Any:
    _write(folder, "part", key, stage, blake2b(repr(part).encode(), digest_size=4).hexdigest())
    return run(part, progress)


def _write(folder: Path, *words: str) -> None:
    with (folder / _FILE).open("a") as file:  # one write, whoever else writes
        file.write("\t".join(words) + "\n")


def read_notes(folder: Path) -> list[list[str]]:
    """Return what was noted: "call", key, stage and what is next, or "part", key, stage, input."""
    path = folder / _FILE
    return [line.split("\t") for line in path.read_text().splitlines()] if path.exists() else []


def list_recorded_parts(key: str, stage: str, item: Item) -> list[list[str]]:
    """Return the finished parts of an item as they are noted."""
    names = item.parts.done if item.parts else ()
    return [["part", key, stage, name.partition(":")[2]] for name in names]


def _note_workers(folder: Path) -> None:
    for name in ("worker_factory", "import_worker_factory"):
        build = getattr(BatchOptions, name)
        setattr(
            BatchOptions,
            name,
            lambda options, build=build: NotingFactory(build(options), folder),
        )


def _lose_commit(queue: Path) -> None:
    """Remove the last change from the journal, as a power loss does if it was not synced."""
    path = max((queue / "processing_queue.journal").glob("*.jsonl"))
    records = journal.read(path).records
    if records and records[-1].op in ("stage", "part"):
        kept = b"".join(map(journal.encode_line, records[:-1]))
        path.write_bytes(path.read_bytes()[: journal.records_offset(path)] + kept)


def _write_late(_: Path) -> None:
    """Write the samples of a part when the next part is converted, or the stage continues."""
    from mediakeep import atomic_files
    from tests.reference import worker

    held: list[tuple[Path, bytes]] = []
    write, convert, join = atomic_files.write_atomic, worker.convert_part, worker._join

    def flush() -> None:
        while held:
            write(*held.pop())

    def hold(path: Path, data: bytes) -> None:
        flush()
        held.append((path, data))

    def convert_held(*arguments: Any) -> dict[str, int]:
        worker.atomic_files = _HoldingWrites(hold)  # type: ignore[attr-defined, assignment]
        try:
            return convert(*arguments)
        finally:
            worker.atomic_files = atomic_files  # type: ignore[attr-defined]

    def join_flushed(*arguments: Any) -> None:
        flush()
        join(*arguments)

    worker.convert_part, worker._join = convert_held, join_flushed


class _HoldingWrites:
    """Stands for `atomic_files` in a part."""

    def __init__(self, hold: Any) -> None:
        self.write_atomic = hold


FAULTS = {"lost-commit": _lose_commit, "late-write": _write_late}


def run_script(fault: str, folder: str, kind: str, script: str) -> None:
    if fault:
        FAULTS[fault](Path(sys.argv[sys.argv.index("--home") + 1]) / "status" / kind)
    _note_workers(Path(folder))
    sys.path.insert(0, str(Path(script).parent))
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    from tests import job_notes  # whose classes can be pickled

    arguments, sys.argv = sys.argv[1:5], sys.argv[4:]
    job_notes.run_script(*arguments)
