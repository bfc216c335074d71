"""A library that has not changed, read again with the index, against a walk over the same files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import rounds, table
from benchmarks.rounds import Durations, Times
from mediakeep.media.cache.caching_reader import CachingReader
from mediakeep.music import diagnose, scan
from mediakeep.music.model import Artist
from mediakeep_samples.music import music_library

_LARGE, _SMALL = (930, 17_274), (120, 2_200)  # artists, tracks
_ROUNDS = 7
_SETTLED = 2.5  # seconds until the index trusts the times of files
_WALK, _FIRST = "walk: os.scandir and stat", "first scan, no index yet"
_AGAIN, _JUDGED = "rescan with the index", "rescan and diagnosis"
_CHANGES = "changes sought: scan.library"
_HEADROOM = 0.3  # seconds


def run(home: Path, *, full: bool) -> None:
    """Measure on 2,200 short files, in full on 17,274."""
    subject = Subject(home, *(_LARGE if full else _SMALL))
    first = subject.first()
    _show(subject, first | rounds.run(subject.cases, _ROUNDS))


class Subject:
    """A library of short files and an index; all is done in this process, one file at a time."""

    def __init__(self, home: Path, artists: int, tracks: int) -> None:
        self._library, self._cache = home / "library", home / "cache"
        self.made = music_library.make_library(self._library, artists=artists, tracks=tracks)
        self._artists = sorted(path for path in self._library.iterdir() if path.is_dir())
        time.sleep(_SETTLED)
        self.cases = [
            lambda: {_WALK: rounds.once(lambda: _walk(self._library))},
            lambda: {_CHANGES: rounds.once(lambda: list(scan.find_artists(self._library)))},
            lambda: {_AGAIN: self._scanned(lambda _: None)},
            lambda: {
                _JUDGED: self._scanned(lambda artist: diagnose.find_issues(artist, artist.name))
            },
        ]

    def first(self) -> Times:
        """Read all, and fill the index."""
        return {_FIRST: [self._scanned(lambda _: None)]}

    def _scanned(self, use: Callable[[Artist], object]) -> Durations:
        return rounds.once(lambda: self._scan(use))

    def _scan(self, use: Callable[[Artist], object]) -> None:
        index = CachingReader.open(self._cache)
        for path in self._artists:
            use(scan.read_artist(path, reader=index))
            index.commit()
        index.close()


def _walk(folder: Path | str) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            entry.stat()
            if entry.is_dir(follow_symlinks=False):
                _walk(entry.path)


def _show(subject: Subject, times: Times) -> None:
    figures = {name: rounds.whole(series) for name, series in times.items()}
    walks = figures[_WALK]
    rows = []
    for name in (_WALK, _CHANGES, _FIRST, _AGAIN, _JUDGED):
        own = figures[name]
        pairs = zip(own, walks, strict=False)
        rows.append(
            [
                name,
                table.spread(own, 3),
                table.middle(own, 1, 1e6 / subject.made.tracks),
                table.spread([seconds / walk for seconds, walk in pairs]),
                f"{3 * min(walks) + _HEADROOM:.2f} s" if name == _AGAIN else "",
            ]
        )
    table.show(
        f"{subject.made.tracks:,} short files of {subject.made.artists:,} artists, read again",
        ("", "s", "µs a file", "to the walk", "target"),
        rows,
        f"One process, all cached. Target: 3 walks and {_HEADROOM} s, by the fastest walk.",
    )
