"""Whole runs of commands whose lookups a server on this machine answers, and counts."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediakeep_samples.music import music_library
from mediakeep_simulator import catalogue_file
from mediakeep_simulator.fault_injection import FaultInjector
from mediakeep_simulator.server import SimulatorServer
from tests import response_faults
from tests.commands.conftest import Home, environment

CONTACT = "storm-watcher@example.org"
TABLE = "outputs/missing_albums.csv"


@dataclass
class SimulatedHome(Home):
    """A home whose commands ask the server, and keep its pace in a folder of their own."""

    server: SimulatorServer
    temporary: Path

    @property
    def settings(self) -> dict[str, str]:
        """What leads a command to the server."""
        return {
            "XDG_RUNTIME_DIR": str(self.temporary),
            "MEDIAKEEP_CONTACT": CONTACT,
            "MEDIAKEEP_MUSICBRAINZ_HOST": self.server.url,
            "MEDIAKEEP_COVERART_HOST": self.server.url,
            "MEDIAKEEP_MUSICBRAINZ_INTERVAL": "0",
            "MEDIAKEEP_WORKERS": "1",
        }

    @property
    def caches(self) -> Path:
        return self.path / "status" / "cache"

    @property
    def record(self) -> Path:
        return self.caches / "musicbrainz_cache.json"

    @property
    def answers(self) -> Path:
        return self.caches / "musicbrainz.sqlite"

    @property
    def table(self) -> Path:
        return self.path / TABLE

    def run(self, door: str, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        env = {**self.settings, **more.pop("env", {})}
        return super().run(door, *words, env=env, **more)

    def call(
        self, door: str, *words: object, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return super().call(door, *words, env={**self.settings, **(env or {})})

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start a batch in a process group of its own, so that all of it can be killed."""
        return subprocess.Popen(
            self.command("process_music_batch", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
            env=environment(self.settings),
            start_new_session=True,
        )

    def later(self) -> None:
        """Let an hour pass: until when a service is out is kept in that folder alone."""
        for path in self.temporary.glob("mediakeep/*.slots"):
            path.unlink()

    def artists(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.snapshot()["artists"]
        return found

    def lookups(self) -> dict[str, int]:
        """Count the artists by what became of their lookups."""
        return dict(Counter(item.get("lookup", "") for item in self.artists().values()))

    def statuses_counted(self) -> dict[str, int]:
        return dict(Counter(self.statuses().values()))

    def beside(self, name: str) -> SimulatedHome:
        """Make another home, of the same library as it is now, on the same machine."""
        root = self.path.parent / name
        shutil.copytree(self.music, root / "music", symlinks=True)
        (root / "home").mkdir()
        made = SimulatedHome(root / "home", root / "music", self.server, self.temporary)
        made.scan()
        return made


@contextlib.contextmanager
def open_home(root: Path, artists: int, tracks: int | None = None) -> Iterator[SimulatedHome]:
    """Make a library, a queue of it, and a server that knows its artists."""
    music_library.make_library(root / "music", artists=artists, tracks=tracks)
    (root / "home").mkdir()
    (root / "tmp").mkdir()
    share_templates(root / "tmp")
    with SimulatorServer(catalogue_file.generate_catalogue(artists, tracks)) as server:
        home = SimulatedHome(root / "home", root / "music", server, root / "tmp")
        home.scan()
        yield home


def share_templates(folder: Path) -> None:
    """Exchange compiled templates with the run's own runtime directory, as compiling is slow."""
    own, run = (Path(path, "mediakeep") for path in (folder, os.environ["XDG_RUNTIME_DIR"]))
    for source, target in ((run, own), (own, run)):
        for path in source.glob("template-*.cache"):
            target.mkdir(mode=0o700, exist_ok=True)
            if not (target / path.name).exists():
                shutil.copy2(path, target)


class Stock:
    """Keeps a home as it is, and hands it out anew to each test, in the same place."""

    def __init__(self, home: SimulatedHome) -> None:
        self._home, self._place = home, home.path.parent
        self.kept = self._place.with_name(f"{self._place.name}-kept")
        shutil.copytree(self._place, self.kept, symlinks=True)

    def home(self) -> SimulatedHome:
        """Give the home, which nobody has touched, and a server that nobody has asked."""
        share_templates(self._home.temporary)
        shutil.rmtree(self._place)
        shutil.copytree(self.kept, self._place, symlinks=True)
        share_templates(self._home.temporary)
        self._home.server.requests.clear()
        self._home.server.faults = FaultInjector()
        return self._home


@contextlib.contextmanager
def outage(server: SimulatorServer, after: int = 0) -> Iterator[None]:
    """Let a server be out for a `with` block, for longer than anybody waits.

    `after` is how many requests it answers before.
    """
    good, over = len(server.requests) + after, threading.Event()
    server.faults.fail_next(
        response_faults.http_error(retry_after="3600"),
        10**9,
        lambda _: not over.is_set() and len(server.requests) >= good,
    )
    yield
    over.set()


def count_requests(server: SimulatorServer, status: int = 200) -> Counter[tuple[str, str]]:
    """Count how often each question got an answer of this status."""
    return Counter(
        (request.path, request.query) for request in server.requests if request.status == status
    )


def read_end_line(done: subprocess.CompletedProcess[str]) -> Mapping[str, Any]:
    """Return the last object that a command with --json printed."""
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
