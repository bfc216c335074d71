"""A made library scanned, and the whole main job on it, against a bare reader of the same tags."""

from __future__ import annotations

import functools
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import child, rounds, table
from benchmarks.rounds import Durations, Times
from mediakeep.media.audio.formats import AUDIO_SUFFIXES
from mediakeep.music import scan
from mediakeep_samples.music import music_library

_WORKERS = max(2, min(4, os.cpu_count() or 1))
_SCRIPTS = Path(__file__).parents[1] / "utilities"
_LARGE, _SMALL = (930, 17_274), (120, 2_200)  # artists, tracks
_ROUNDS = 3
_WHAT = {
    "bare": "mutagen.File only",
    "job": "the main job",
    "repairs": "the main job with repairs",
}


class Subject:
    """A library, and commands run on it as a user runs them: each in a process of its own."""

    def __init__(self, home: Path, artists: int, tracks: int) -> None:
        self.library, self._home, self._number = home / "library", home, itertools.count()
        self.made = music_library.make_library(self.library, artists=artists, tracks=tracks)
        self._list = home / "tracks.json"
        self._list.write_text(json.dumps([os.fspath(path) for path in self._tracks()]))

    def _tracks(self) -> list[Path]:
        paths = (path for path in sorted(self.library.rglob("*")) if path.is_file())
        return [path for path in paths if path.suffix.lower() in AUDIO_SUFFIXES]

    def scanned(self) -> dict[str, Durations]:
        """Find the artists, as a scan does, and only walk over the same files."""
        return {
            "scan": rounds.once(lambda: list(scan.find_artists(self.library))),
            "walk": rounds.once(self._walk),
        }

    def _walk(self) -> None:
        for folder, _, names in os.walk(self.library):
            for name in names:
                os.stat(f"{folder}/{name}")

    def scan_command(self) -> dict[str, Durations]:
        """Make a queue of the library."""
        home, seconds = self._new_home()
        shutil.rmtree(home)
        return {"scan command": seconds}

    def job(self, workers: int) -> dict[str, Durations]:
        """Process the whole of a new queue without repairs."""
        return {f"job {workers}": self._process(self.library, workers, "none")}

    def repairs(self, workers: int) -> dict[str, Durations]:
        """Process the whole of a new queue with repairs, on a copy of the library."""
        copy = self._home / "copy"
        shutil.copytree(self.library, copy)
        os.sync()
        seconds = self._process(copy, workers, "safe")
        shutil.rmtree(copy)
        return {f"repairs {workers}": seconds}

    def _process(self, library: Path, workers: int, fix: str) -> Durations:
        home, _ = self._new_home(library)
        options = ("--all", "--fix", fix, "--offline", "--workers", str(workers))
        seconds = rounds.once(lambda: _run_script("process_music_batch.py", home, *options))
        shutil.rmtree(home)
        return seconds

    def _new_home(self, library: Path | None = None) -> tuple[Path, Durations]:
        home = self._home / f"home{next(self._number)}"
        options = ("--scan", str(library or self.library))
        return home, rounds.once(lambda: _run_script("music_queue_manager.py", home, *options))

    def bare(self, workers: int) -> dict[str, Durations]:
        """Read all tags and nothing else."""
        return {f"bare {workers}": rounds.once(lambda: child.run("tags", self._list, workers))}


def _run_script(name: str, home: Path, *options: str) -> None:
    line = [sys.executable, str(_SCRIPTS / name), "--home", str(home), *options]
    done = subprocess.run(line, stdout=subprocess.DEVNULL, check=False)
    assert done.returncode in (0, 1), done  # 1: some artists of a made library may fail


def run(home: Path, *, full: bool) -> None:
    """Measure on a library of 120 artists, in full on one of 930."""
    subject = Subject(home, *(_LARGE if full else _SMALL))
    cases = [
        subject.scanned,
        subject.scan_command,
        *(
            functools.partial(function, workers)
            for workers in (1, _WORKERS)
            for function in (subject.job, subject.repairs, subject.bare)
        ),
    ]
    _show(subject, rounds.run(cases, _ROUNDS, warm=False))


def _show(subject: Subject, times: Times) -> None:
    figures = {name: rounds.whole(series) for name, series in times.items()}
    title = f"A library of {subject.made.artists:,} artists and {subject.made.tracks:,} tracks"
    table.show(
        f"{title}, scanned",
        ("", "s", "tracks/s", "artists/s", "to a bare walk"),
        [_line(subject, figures, name, "walk") for name in ("walk", "scan", "scan command")],
        "scan: scan.library; the command makes a queue of it, and has the start of Python in it.",
    )
    rows = []
    for workers in (1, _WORKERS):
        for what in ("bare", "job", "repairs"):
            row = _line(subject, figures, f"{what} {workers}", f"bare {workers}")
            rows.append([f"{_WHAT[what]}, {workers} at once", *row[1:]])
    table.show(
        f"{title}, worked through",
        ("", "s", "tracks/s", "artists/s", "to the bare reader"),
        rows,
        "Whole processes, start and end included. The job reads, judges, reports and records.",
    )


def _line(subject: Subject, figures: dict[str, list[float]], name: str, bare: str) -> list[str]:
    own = figures[name]
    return [
        name,
        table.spread(own),
        table.middle([subject.made.tracks / seconds for seconds in own], 0),
        table.middle([subject.made.artists / seconds for seconds in own], 0),
        table.spread(rounds.ratio(own, figures[bare])),
    ]
