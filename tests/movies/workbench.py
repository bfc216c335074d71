"""One movie in a folder, worked on as a batch does, with a server that stands in for TMDb."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.item import Status
from mediakeep.lookups.http.models import Secret, Service
from mediakeep.lookups.service_config import Locale, ServiceConfig
from mediakeep.lookups.tmdb import constants
from mediakeep.movies import process
from mediakeep.movies.item import MovieItem
from mediakeep.movies.worker_context import MovieWorkerConfig
from mediakeep.outcome import NO_PROGRESS, Outcome, Stamp, Work
from mediakeep.policy import FixLevel, WritePolicy
from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import VideoSpec
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb.app import READ_ACCESS_TOKEN
from mediakeep_simulator.tmdb.model import CatalogueMovie

SAFE = WritePolicy(fix=FixLevel.SAFE)


@dataclass
class Bench:
    """A home, a library next to it, and the items that were worked on."""

    root: Path
    server: SimulatorServer
    items: dict[str, MovieItem] = field(default_factory=dict)
    claims: int = 0

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    def access(self) -> ServiceConfig:
        secret = Secret(READ_ACCESS_TOKEN)
        return ServiceConfig(
            Service(
                constants.SERVICE_NAME,
                self.server.url,
                secret=secret,
                cache_lifetimes=constants.CACHE_LIFETIMES,
            ),
            Service(constants.IMAGE_SERVICE_NAME, self.server.url, secret=None),
        )

    def put(self, name: str, film: CatalogueMovie | None = None, **clip: Any) -> Path:
        """Put a video there; it lasts as long as the film does."""
        path = self.library / name
        path.parent.mkdir(parents=True, exist_ok=True)
        seconds = 60.0 * (film.runtime if film else 90)
        video_files.write_video(
            path, VideoSpec(**{"width": 320, "height": 180, "seconds": seconds, **clip})
        )
        return path

    def work(
        self, key: str, policy: WritePolicy = SAFE, locale: Locale | None = None, **places: Any
    ) -> Outcome:
        """Work on a movie, and keep what the queue would."""
        self.claims += 1
        item = self.items.get(key) or MovieItem(
            status=Status.PENDING,
            path=path_text.escape_path(self.library / path_text.unescape_path(key)),
            output_name=path_text.safe_name(key),
        )
        access = places.pop("access", self.access)
        access = structs.replace(access, locale=locale or Locale())
        wanted = MovieWorkerConfig(self.home, places.pop("write", True), policy, access, **places)
        stamp = Stamp("20260101_session_001", key, self.claims, self.claims)
        with process.open_worker(wanted) as worker:
            outcome = worker(Work(item, stamp), NO_PROGRESS)
        assert isinstance(outcome, Outcome)
        if wanted.write and outcome.state is Status.COMPLETED:
            fields = msgspec.to_builtins(item) | outcome.data
            self.items[key] = msgspec.convert(fields, MovieItem)
        return outcome

    def issues(self, key: str) -> set[str]:
        """Return the kinds of issues that the record of a movie lists."""
        from mediakeep.movies.outputs import movie_record

        name = self.items[key].output_name
        return {
            issue.kind
            for issue in movie_record.read_issues(self.home / movie_record.record_place(name))
        }
