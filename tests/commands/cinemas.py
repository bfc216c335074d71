"""A home with a library of movies beside it, and a server that stands in for TMDb."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from mediakeep.app.batch import build_options
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep_samples.movies import movie_library
from mediakeep_samples.movies.movie_library import MovieLibraryManifest
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb import movie_catalogue
from mediakeep_simulator.tmdb.app import READ_ACCESS_TOKEN
from mediakeep_simulator.tmdb.movie_catalogue import MovieCatalogue
from tests.commands.conftest import Home

KNOWN = movie_catalogue.generate_catalogue(12, 1)


@dataclass
class Movies(Home):
    """A home with a library of movies; its commands ask the server, if there is one."""

    movies: Path = field(default_factory=Path)
    url: str = ""

    @property
    def queue(self) -> Path:
        return self.path / "status" / "movies"

    def call(
        self, door: str, *words: object, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Do what a door does, in this process, asking the server."""
        return super().call(door, *words, env={**asking(self.url), **(env or {})})

    def manage(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        return self.call("movie_queue_manager", *words, **more)

    def batch(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a batch in this process."""
        with inline(build_options):
            return self.call("process_movies", *words, **more)

    def batch_apart(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a batch as a person does: in processes of its own, as it works with native code."""
        return self.run(
            "process_movies", *words, env={**asking(self.url), **more.pop("env", {})}, **more
        )

    def scan(self) -> str:
        return self.ok("--scan", self.movies)

    def items(self) -> dict[str, dict[str, Any]]:
        """Return the queue's items as the file shows them."""
        found: dict[str, dict[str, Any]] = self.snapshot()["movies"]
        return found

    def statuses(self) -> dict[str, str]:
        return {name: item["status"] for name, item in self.items().items()}

    def reviews(self) -> dict[str, list[dict[str, str]]]:
        """Return what waits for a person, of all queues."""
        path = self.path / "outputs" / "manual_review_needed.json"
        found: dict[str, list[dict[str, str]]] = json.loads(path.read_text())["reviews"]
        return found


def inline(module: ModuleType) -> Any:
    """Have a command look into videos in this process: a worker takes a second to start."""
    return mock.patch.object(
        module,
        "ExecutionLimits",
        lambda *args, **more: ExecutionLimits(*args, **{**more, "inline": True}),
    )


def asking(url: str) -> dict[str, str]:
    """Return the settings by which a server is asked in place of TMDb; with "" nobody is."""
    if not url:
        return {"MEDIAKEEP_OFFLINE": "1", "MEDIAKEEP_WORKERS": "1"}
    return {
        "MEDIAKEEP_TMDB_HOST": url,
        "MEDIAKEEP_TMDB_IMAGE_HOST": url,
        "MEDIAKEEP_TMDB_TOKEN": READ_ACCESS_TOKEN,
        "MEDIAKEEP_TMDB_INTERVAL": "0",
        "MEDIAKEEP_WORKERS": "1",
    }


def served(known: MovieCatalogue = KNOWN) -> SimulatorServer:
    """Return a server that knows some movies, to be entered."""
    return SimulatorServer(MusicBrainzCatalogue(), movies=known)


def made(place: Path, count: int = 6, seed: int = 1) -> tuple[Movies, MovieLibraryManifest]:
    """Make a home and a library of so many movies, right in one folder; nobody is asked yet."""
    (place / "home").mkdir()
    (place / "movies").mkdir()
    stock = movie_library.make_library(place / "movies", KNOWN, count, "flat", seed)
    return Movies(place / "home", place / "music", place / "movies"), stock
