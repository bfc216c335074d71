"""Batches on the workers of a Dask scheduler, against the pool with as many processes.

1. Empty tasks: what the executor alone costs for each, and how the memory of the queue's process
   grows over them. On local:N the scheduler runs in this process, too.
2. Albums and artists, by commands, in turn: the speed of the pool, as a ratio, and whether both
   wrote the same bytes.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks import albums, empty, rounds, script_runs, stock, table
from benchmarks.rounds import Durations, Times
from mediakeep.cluster.scheduler import open_scheduler
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.outcome import Stamp, Work
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.executor import Executor, ExecutorFactory
from mediakeep.runner.executors import AdaptiveExecutor
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import Task
from mediakeep_samples.music import music_library

_SCRIPTS = Path(__file__).parents[1] / "utilities"
# Dates, seconds of stages, and times of files.
_TIMES = re.compile(rb"\d{4}-\d\d-\d\d[T ][\d:.+Z]+|\b\d+\.\d+\b|\b1\d{9,18}\b")
_CHUNK = 500  # tasks
_SMALL = {"tasks": 3_000, "albums": 4, "artists": 20, "rounds": 2, "workers": (2,)}
_FULL = {"tasks": 30_000, "albums": 40, "artists": 300, "rounds": 1, "workers": (2, 4)}
_TRACKS, _SECONDS = 3, 8  # of an album


def run(home: Path, *, full: bool) -> None:
    """Measure 3,000 tasks, 4 albums and 20 artists; in full 30,000, 40 and 300."""
    if find_spec("distributed") is None:
        print("Dask is not installed.")
        return
    run_tasks(home, full=full)
    _show_commands(home, _FULL if full else _SMALL)


def run_tasks(home: Path, *, full: bool, tasks: int = 0) -> None:
    """Measure only the empty tasks of `run`, or as many as `tasks`."""
    count = tasks or int((_FULL if full else _SMALL)["tasks"])  # type: ignore[call-overload]
    (home / "probe").mkdir()
    rows = []
    for name, open_executors in (("pool", _open_pool), ("local:2", _open_dask)):
        with open_executors(home / "probe") as open_executor:
            executor = open_executor(
                empty.opened,
                ExecutionLimits(2, inline=False),
                StopHandler(),
                lambda *_: None,
                (),
                lambda *_: None,
            )
            _run_tasks(executor, 200)  # until all processes work
            sizes, seconds, cpu = [_read_memory()], [], time.process_time()
            for done in range(0, count, _CHUNK):
                chunk = min(_CHUNK, count - done)
                began = time.perf_counter()
                _run_tasks(executor, chunk)
                seconds.append((time.perf_counter() - began) / chunk)
                sizes.append(_read_memory())
            cpu = (time.process_time() - cpu) / count
            executor.close()
        tail = sizes[len(sizes) // 10 :]
        memory = f"{tail[-1] / 1e6:.0f}", f"{(max(tail) - min(tail)) / 1e6:.1f}"
        rows.append([name, table.spread(seconds, 2, 1e3), f"{cpu * 1e3:.2f}", *memory])
    table.show(
        f"{count:,} empty tasks in chunks of {_CHUNK}, 2 workers; target: at most 5 ms more",
        ("", "ms a task", "CPU ms of this process", "memory MB", "its range after a tenth, MB"),
        rows,
    )


@contextmanager
def _open_pool(_folder: Path) -> Iterator[ExecutorFactory]:
    yield AdaptiveExecutor


@contextmanager
def _open_dask(folder: Path) -> Iterator[ExecutorFactory]:
    with (
        open_scheduler(SchedulerConfig("local:2")) as scheduler,
        scheduler.open_executors([folder]) as open_executor,
    ):
        yield open_executor


def _run_tasks(executor: Executor, count: int) -> None:
    waiting, running = iter(range(count)), 0
    while True:
        for number in itertools.islice(waiting, executor.capacity - running):
            work = Work(stock.pending(0), Stamp("", str(number), 0, 0))
            executor.submit(Task(str(number), work))
            running += 1
        if not running:
            return
        running -= len(executor.wait())


def _read_memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _show_commands(home: Path, size: dict[str, object]) -> None:
    library, music = home / "albums", home / "music"
    albums.make_library(library, size["albums"], _TRACKS, _SECONDS)  # type: ignore[arg-type]
    artists: int = size["artists"]  # type: ignore[assignment]
    music_library.make_library(music, artists=artists, tracks=artists * 18)
    subjects: dict[str, Callable[..., list[str]]] = {
        f"{size['albums']} albums": functools.partial(_convert, home, library),
        f"{artists} artists": functools.partial(_read_artists, home, music),
    }
    for title, commands in subjects.items():
        for count in size["workers"]:  # type: ignore[attr-defined]
            ways = {"pool": ("--workers", count), "cluster": ("--scheduler", f"local:{count}")}
            digests: dict[str, dict[str, str]] = {}
            cases = [
                functools.partial(_turn, home, name, commands(how), digests)
                for name, how in ways.items()
            ]
            times = rounds.run(cases, size["rounds"], warm=False)  # type: ignore[arg-type]
            _show(f"{title}, {count} workers; target: 0.9 of the pool's speed", times, digests)


def _turn(
    home: Path, name: str, commands: list[list[str]], digests: dict[str, dict[str, str]]
) -> dict[str, Durations]:
    for made in ("home", "output"):
        shutil.rmtree(home / made, ignore_errors=True)
    (home / "home").mkdir()
    for command in commands[:-1]:
        script_runs.run(command, {})
    before, began = _children_seconds(), time.perf_counter()
    script_runs.run(commands[-1], {})
    wall = time.perf_counter() - began
    digests[name] = _digest(home)
    return {name: [wall], f"{name} cpu": [_children_seconds() - before]}


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _digest(home: Path) -> dict[str, str]:
    """Return a digest of each file that was written for users: of reports without their times."""
    folders = (home / "output", home / "home" / "outputs", home / "home" / "issues")
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(home)): hashlib.blake2b(_read_lasting(path)).hexdigest()
        for path in paths
        if not path.name.startswith(".")
    }


def _read_lasting(path: Path) -> bytes:
    data = path.read_bytes()
    return _TIMES.sub(b"", data) if path.suffix in (".md", ".json", ".csv") else data


def _convert(home: Path, library: Path, how: tuple[object, ...]) -> list[list[str]]:
    folders = ("--home", home / "home", "--output", home / "output")
    words = [sys.executable, _SCRIPTS / "convert_albums.py", library, *folders, *how]
    return [[*map(str, [*words, "--profile", "mp3-v0", "--all"])]]


def _read_artists(home: Path, library: Path, how: tuple[object, ...]) -> list[list[str]]:
    place = ("--home", home / "home")
    scan = [sys.executable, _SCRIPTS / "music_queue_manager.py", *place, "--scan", library]
    batch = [sys.executable, _SCRIPTS / "process_music_batch.py", *place, *how]
    batch += ["--fix", "none", "--offline", "--all"]
    return [[*map(str, scan)], [*map(str, batch)]]


def _show(title: str, times: Times, digests: dict[str, dict[str, str]]) -> None:
    wholes = {name: rounds.whole(series) for name, series in times.items()}
    rows = [
        [
            name,
            table.middle(wholes[name]),
            table.middle(wholes[f"{name} cpu"]),
            table.spread(rounds.ratio(wholes["pool"], wholes[name])),
            table.spread(rounds.ratio(wholes[f"{name} cpu"], wholes["pool cpu"])),
        ]
        for name in ("pool", "cluster")
    ]
    pool, cluster = digests["pool"], digests["cluster"]
    other = [name for name in pool.keys() | cluster.keys() if pool.get(name) != cluster.get(name)]
    same = f"{len(pool) - len(other)} of {len(pool)} files are equal byte for byte."
    heads = ("", "seconds", "CPU s", "speed to the pool", "CPU to the pool")
    table.show(title, heads, rows, f"{same} Others: {', '.join(sorted(other)[:5]) or 'none'}.")
