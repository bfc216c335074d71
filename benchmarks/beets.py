"""Large files imported by beets, without lookups and copies, against the main job on them."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import cold, large, rounds, table
from benchmarks.rounds import Durations, Times

# Not in the environment of tests: beets brings twenty packages along, and it is a program.
_BEET = os.environ.get("BEET") or shutil.which("beet")
_SCRIPTS = Path(__file__).parents[1] / "utilities"
_LARGE, _SMALL = 1_000, 60  # files
_ROUNDS = 3
_WORKERS = (2, 4)
_PEER = "beet import -A -C -q"
_TARGETS = {2: "12", 4: "20"}
_TOO_SHORT = 0.05  # seconds
_START, _MADE = " started", " made"


def run(home: Path, *, full: bool) -> None:
    """Measure on 60 files of 5 MB, in full on 1,000."""
    if not _BEET:
        print("beets is not installed: python -m venv b && b/bin/pip install 'beets>=2'")
        print("and then: BEET=b/bin/beet make bench")
        return
    subject = Subject(home, _LARGE if full else _SMALL)
    title = f"{len(subject.paths):,} files of 5 MB; {subject.version()}"
    runs = subject.runs()
    cases = [functools.partial(_turn, name, case) for name, case in runs.items()]
    _show(f"{title}; cached", rounds.run(cases, _ROUNDS, warm=full))
    if full and cold.POSSIBLE:
        cases = [functools.partial(subject.chilled, *pair) for pair in runs.items()]
        _show(f"{title}; not cached", rounds.run(cases, _ROUNDS, warm=False))


class Subject:
    """A library of large files, and programs that are run on it, each with a home of its own."""

    def __init__(self, home: Path, count: int) -> None:
        self._home = home
        self._library = home / "library"
        self.paths = large.make(self._library, count)
        large.make(home / "start", 1)
        self._before = self._state()
        cold.settle()

    def runs(self) -> dict[str, Callable[[], dict[str, Durations]]]:
        """Give what is compared, each done with one file first, to separate the start."""
        jobs = {_job(workers): functools.partial(self._worked, workers) for workers in _WORKERS}
        return {_PEER: self._imported, **jobs}

    def chilled(self, name: str, case: Callable[[], dict[str, Durations]]) -> dict[str, Durations]:
        """Do one of them on files that the system does not hold in its cache."""
        cold.forget(self.paths)
        return _turn(name, case)

    def version(self) -> str:
        """Name the version of beets, which makes an empty library by the way."""
        output = self._beet("version").splitlines()
        return next(line for line in output if line.startswith("beets version"))

    def _imported(self) -> dict[str, Durations]:
        start, seconds = (self._import(name) for name in ("start", "library"))
        assert len(self._beet("ls", "-f", "$path").splitlines()) == len(self.paths)
        assert self._state() == self._before
        return {"": seconds, _START: start}

    def _import(self, name: str) -> Durations:
        self._new_home()
        self.version()
        line = ("import", "-A", "-C", "-q", str(self._home / name))
        return rounds.once(lambda: self._beet(*line))

    def _beet(self, *options: str) -> str:
        """Run beets with a library and settings of its own, never with those of a user."""
        home = self._home / "home"
        home.mkdir(exist_ok=True)
        (home / "config.yaml").write_text(f"directory: {home}\nlibrary: {home}/library.db\n")
        return _run([str(_BEET), *options], {"BEETSDIR": str(home)})

    def _worked(self, workers: int) -> dict[str, Durations]:
        _, start = self._work("start", workers)
        made, seconds = self._work("library", workers)
        return {"": seconds, _START: start, _MADE: made}

    def _work(self, name: str, workers: int) -> tuple[Durations, Durations]:
        home, library = self._new_home(), str(self._home / name)
        options = ("--all", "--fix", "none", "--workers", str(workers))
        return (
            rounds.once(lambda: _run_script("music_queue_manager.py", home, "--scan", library)),
            rounds.once(lambda: _run_script("process_music_batch.py", home, *options)),
        )

    def _new_home(self) -> Path:
        shutil.rmtree(self._home / "home", ignore_errors=True)
        return self._home / "home"

    def _state(self) -> list[tuple[int, int]]:
        return [(path.stat().st_size, path.stat().st_mtime_ns) for path in self.paths]


def _run_script(name: str, home: Path, *options: str) -> None:
    _run([sys.executable, str(_SCRIPTS / name), "--home", str(home), *options], {})


def _run(line: Sequence[str], more: Mapping[str, str]) -> str:
    """Run a program whose modules are compiled once, with any shell settings."""
    own = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(line, env={**own, **more}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    return done.stdout


def _turn(name: str, case: Callable[[], dict[str, Durations]]) -> dict[str, Durations]:
    return {f"{name}{more}": seconds for more, seconds in case().items()}


def _job(workers: int) -> str:
    return f"process_music_batch --all, {workers} workers"


def _show(title: str, times: Times) -> None:
    figures = {name: rounds.whole(series) for name, series in times.items()}
    peer, peer_start = figures[_PEER], figures[_PEER + _START]
    rows = []
    for workers in (0, *_WORKERS):
        name = _job(workers) if workers else _PEER
        own, start = figures[name], figures[name + _START]
        made = figures.get(name + _MADE, [0.0] * len(own))
        rows.append(
            [
                name,
                table.spread(own),
                table.middle(start),
                table.spread(rounds.ratio(peer, own), 1),
                _steady(_less(peer, peer_start), _less(own, start)),
                _TARGETS.get(workers, ""),
                table.spread(rounds.ratio(peer, _sums(own, made)), 1),
            ]
        )
    table.show(
        title,
        ("", "s", "one file", "whole", "without the start", "target", "with the scan"),
        rows,
        "How many times as fast as beets. Whole: processes from their start to their end. Without",
        "the start: what the same command takes for one file is taken off on both sides. With the",
        "scan: the command that makes the queue is counted, too, from its start to its end.",
    )


def _sums(some: Durations, others: Durations) -> Durations:
    return [one + other for one, other in zip(some, others, strict=True)]


def _steady(peer: Durations, own: Durations) -> str:
    """Compare what is left without the start, if it is long enough to be significant."""
    return table.spread(rounds.ratio(peer, own), 1) if min(own) > _TOO_SHORT else ""


def _less(whole: Durations, start: Durations) -> Durations:
    return [one - other for one, other in zip(whole, start, strict=True)]
