"""A home with a library of movies beside it, and a server that stands in for TMDb."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from mediakeep.commands import terms
from mediakeep.rehearsal.entities import World
from mediakeep.rehearsal.films import cinema, shelf
from mediakeep.rehearsal.films.cinema import Cinema
from mediakeep.rehearsal.films.shelf import Made
from mediakeep.rehearsal.films.tmdb import TOKEN
from mediakeep.rehearsal.server import Server
from mediakeep.runner.plan import Limits
from tests.commands.conftest import Home

KNOWN = cinema.sampled(12, 1)


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
        with inline(terms):
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
        module, "Limits", lambda *args, **more: Limits(*args, **{**more, "inline": True})
    )


def asking(url: str) -> dict[str, str]:
    """Return the settings by which a server is asked in place of TMDb; with "" nobody is."""
    if not url:
        return {"MEDIAKEEP_OFFLINE": "1", "MEDIAKEEP_WORKERS": "1"}
    return {
        "MEDIAKEEP_TMDB_HOST": url,
        "MEDIAKEEP_TMDB_IMAGE_HOST": url,
        "MEDIAKEEP_TMDB_TOKEN": TOKEN,
        "MEDIAKEEP_TMDB_INTERVAL": "0",
        "MEDIAKEEP_WORKERS": "1",
    }


def served(known: Cinema = KNOWN) -> Server:
    """Return a server that knows some movies, to be entered."""
    return Server(World(), cinema=known)


def made(place: Path, count: int = 6, seed: int = 1) -> tuple[Movies, Made]:
    """Make a home and a library of so many movies, right in one folder; nobody is asked yet."""
    (place / "home").mkdir()
    (place / "movies").mkdir()
    stock = shelf.make(place / "movies", KNOWN, count, "flat", seed)
    return Movies(place / "home", place / "music", place / "movies"), stock
