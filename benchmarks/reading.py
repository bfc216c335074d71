"""Large files scanned, judged and reported in a pool that is warm, against bare mutagen in it."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import mutagen

from benchmarks import cold, large, rounds, table
from benchmarks.rounds import Durations, Times
from mediakeep import path_text
from mediakeep.item import Status
from mediakeep.media.audio import tags
from mediakeep.music import diagnose, process, scan
from mediakeep.music.item import MusicItem
from mediakeep.music.process import MusicWorkerConfig
from mediakeep.outcome import Stamp, Work, Worker

_WORKERS = max(2, min(4, os.cpu_count() or 1))
_LARGE, _SMALL = 1_000, 100  # files
_ROUNDS = 11
_COLD_ROUNDS = 3
_BARE = "mutagen.File only"
_JUDGED = "scan and diagnosis"
_REPORTED = "scan, diagnosis and reports"
_TARGETS = {_JUDGED: "0.8", _REPORTED: "0.5"}
_COUNTS = Path("/proc/self/io")


def run(home: Path, *, full: bool) -> None:
    """Measure on 100 files of 5 MB, in full on 1,000."""
    subject = Subject(home, _LARGE if full else _SMALL)
    for workers in (1, _WORKERS):
        with _pool(workers, subject.artists[0]) as pool:
            runs = subject.runs(pool)
            cases = [functools.partial(_turn, name, case) for name, case in runs.items()]
            _show(subject, workers, "cached", rounds.run(cases, _ROUNDS))
            if full and cold.POSSIBLE:
                cases = [functools.partial(subject.chilled, *pair) for pair in runs.items()]
                _show(subject, workers, "not cached", rounds.run(cases, _COLD_ROUNDS, warm=False))
    if _COUNTS.exists():
        _show_appetite(subject.paths)


class Subject:
    """A library of large files, and what a pool can do with it, an artist at a time."""

    def __init__(self, home: Path, count: int) -> None:
        self.paths = large.make(home / "library", count)
        self.artists = sorted((home / "library").iterdir())
        self._home, self._number = home, itertools.count()
        cold.settle()

    def runs(self, pool: ProcessPoolExecutor) -> dict[str, Callable[[], Durations]]:
        """Give what is compared."""
        lists = [
            [os.fspath(path) for path in self.paths if artist in path.parents]
            for artist in self.artists
        ]
        return {
            _BARE: lambda: rounds.once(lambda: list(pool.map(bare, lists))),
            _JUDGED: lambda: rounds.once(lambda: list(pool.map(judged, self.artists))),
            _REPORTED: lambda: self._reported(pool),
        }

    def _reported(self, pool: ProcessPoolExecutor) -> Durations:
        home = self._home / f"home{next(self._number)}"
        list(pool.map(functools.partial(ready, home), range(_WORKERS)))
        write = functools.partial(reported, home=home)
        seconds = rounds.once(lambda: list(pool.map(write, self.artists)))
        shutil.rmtree(home)
        return seconds

    def chilled(self, name: str, case: Callable[[], Durations]) -> dict[str, Durations]:
        """Do one of them on files that the system does not hold in its cache."""
        cold.forget(self.paths)
        return _turn(name, case)


def bare(paths: Sequence[str]) -> int:
    """Read an artist's files with mutagen and keep nothing."""
    for path in paths:
        with contextlib.suppress(mutagen.MutagenError):
            mutagen.File(path)
    return len(paths)


def judged(folder: Path) -> int:
    """Scan and diagnose an artist."""
    return len(diagnose.find_issues(scan.read_artist(folder), folder.name))


def reported(folder: Path, home: Path) -> int:
    """Do all that the worker of a batch does for an artist."""
    item = MusicItem(status=Status.IN_PROGRESS, path=path_text.escape_path(folder))
    stamp = Stamp("20251217_session_001", path_text.escape_path(folder.name), 1, 1)
    return len(_worker(home)(Work(item, stamp), lambda _done, _of: None).open_ids)


def ready(home: Path, _: int) -> None:
    """Open a process's worker, its index and its ledger, which a batch does once."""
    _worker(home)
    time.sleep(0.3)  # so that each process gets one


@functools.cache
def _worker(home: Path) -> Worker:
    """Open the worker once in each process, as a batch does; it ends with the process."""
    return contextlib.ExitStack().enter_context(
        process.open_worker(MusicWorkerConfig(home, write=True))
    )


@contextmanager
def _pool(workers: int, artist: Path) -> Iterator[ProcessPoolExecutor]:
    """Start a pool whose processes have all imported and done what they are to do."""
    with ProcessPoolExecutor(workers, get_context("spawn"), _warm, (artist,)) as pool:
        list(pool.map(time.sleep, [0.5] * workers))
        yield pool


def _warm(artist: Path) -> None:
    bare([os.fspath(path) for path in artist.rglob("*.*")])
    judged(artist)
    with tempfile.TemporaryDirectory() as home:
        reported(artist, Path(home))


def _turn(name: str, case: Callable[[], Durations]) -> dict[str, Durations]:
    return {name: case()}


def _show(subject: Subject, workers: int, state: str, times: Times) -> None:
    figures = {name: rounds.whole(series) for name, series in times.items()}
    rows = []
    for name in (_BARE, _JUDGED, _REPORTED):
        own = figures[name]
        rows.append(
            [
                name,
                table.spread(own, 3),
                table.middle(own, 0, 1e6 * workers / len(subject.paths)),
                table.spread(rounds.ratio(figures[_BARE], own)),
                _TARGETS.get(name, ""),
            ]
        )
    table.show(
        f"{len(subject.paths):,} files of 5 MB, {state}, {workers} at once in a warm pool",
        ("", "s", "µs a file and process", "bare/own", "target"),
        rows,
    )


def _show_appetite(paths: Sequence[Path]) -> None:
    by_suffix: dict[str, list[Path]] = {}
    for path in paths:
        by_suffix.setdefault(path.suffix, []).append(path)
    table.show(
        "What is read of a file in KB, and in how many calls to the system",
        ("", "file", "tags", "read by mediakeep", "calls", "read by mutagen", "calls"),
        [_appetite(suffix, some) for suffix, some in sorted(by_suffix.items())],
        "Means. Tags: all that is not sound. What mediakeep reads may be tags or sound.",
    )


def _appetite(suffix: str, paths: Sequence[Path]) -> list[str]:
    size = sum(path.stat().st_size for path in paths)
    readings = [tags.read(path) for path in paths]
    other = size - sum(reading.facts.payload for reading in readings)
    counts = [_counted(lambda: list(map(tags.read, paths))), _counted(lambda: _bare(paths))]
    cells = [
        (f"{read / len(paths) / 1e3:,.1f}", f"{calls / len(paths):.1f}") for read, calls in counts
    ]
    sizes = [f"{total / len(paths) / 1e3:,.0f}" for total in (size, other)]
    return [suffix, *sizes, *itertools.chain.from_iterable(cells)]


def _bare(paths: Sequence[Path]) -> None:
    bare([os.fspath(path) for path in paths])


def _counted(function: Callable[[], object]) -> tuple[int, int]:
    """Count the bytes and calls with which this process reads while a function runs."""
    before, own = _counts(), _counts()
    function()
    after = _counts()
    return after[0] - own[0] - (own[0] - before[0]), after[1] - own[1] - (own[1] - before[1])


def _counts() -> tuple[int, int]:
    lines = dict(line.split(": ") for line in _COUNTS.read_text().splitlines())
    return int(lines["rchar"]), int(lines["syscr"])
