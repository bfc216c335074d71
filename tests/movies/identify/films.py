"""A small movie catalogue for the tests, files that are its movies, and a client context."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mediakeep.item import Status
from mediakeep.lookups.http.models import HttpEnvironment, Secret, Service
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.lookups.tmdb import constants
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.media.video.model import VideoInfo
from mediakeep.movies.item import MovieItem
from mediakeep.movies.model import LocalMovie, MovieName, MovieVideo
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb.app import READ_ACCESS_TOKEN
from mediakeep_simulator.tmdb.model import (
    CatalogueMovie,
    CataloguePerson,
    CatalogueText,
    MovieCatalogue,
)
from tests.lookups.conftest import NOW, Clock

ITEM = MovieItem(status=Status.IN_PROGRESS)

FERRY, REMADE, FERRY_2, LANTERNS, NIGHTJAR, TWIN, HARBOUR = 11, 12, 13, 14, 15, 16, 17
GONE = 99
_HELM = CataloguePerson(1, "Ada Quill", job="Director", department="Directing")

CINEMA = MovieCatalogue(
    films=(
        CatalogueMovie(
            id=FERRY,
            title="The Amber Ferry",
            imdb_id="tt7000011",
            release_date="1954-03-01",
            runtime=92,
            popularity=2.0,
            people=(_HELM,),
        ),
        CatalogueMovie(
            id=REMADE,
            title="The Amber Ferry",
            imdb_id="tt7000012",
            release_date="1998-05-01",
            runtime=121,
            popularity=80.0,
        ),
        CatalogueMovie(
            id=FERRY_2,
            title="The Amber Ferry 2",
            imdb_id="tt7000013",
            release_date="2001-05-01",
            runtime=110,
            popularity=60.0,
        ),
        CatalogueMovie(
            id=LANTERNS,
            title="Two Lanterns",
            original_title="Zwei Laternen",
            original_language="de",
            imdb_id="tt7000014",
            release_date="1977-09-09",
            runtime=101,
            popularity=3.0,
            texts=(CatalogueText("fr", "FR", "Deux lanternes"),),
        ),
        CatalogueMovie(
            id=NIGHTJAR, title="Nightjar", release_date="2010-01-01", runtime=100, popularity=5
        ),
        CatalogueMovie(
            id=TWIN, title="Nightjar", release_date="2010-08-01", runtime=102, popularity=90
        ),
        CatalogueMovie(
            id=HARBOUR,
            title="Marigold and the Harbour: The Return",
            imdb_id="tt7000017",
            release_date="1989-02-02",
            runtime=95,
        ),
    ),
    removed=(GONE,),
)


def access(url: str, closed: str = "", **more: Any) -> ServiceConfig:
    """Let a server be TMDb; `closed` says why it is not asked."""
    service = Service(
        "TMDb",
        url,
        disabled_reason=closed,
        secret=Secret(READ_ACCESS_TOKEN),
        cache_lifetimes=constants.CACHE_LIFETIMES,
    )
    return ServiceConfig(service, Service(constants.IMAGE_SERVICE_NAME, url), **more)


@contextmanager
def open_context(
    folder: Path, server: SimulatorServer, *, later: float = 0.0, **more: Any
) -> Iterator[TmdbContext]:
    """Open a context that queries a server without pacing; `later` in days."""
    clock = Clock(NOW + 86400 * later)
    machine = HttpEnvironment(lambda: clock.now, clock.sleep, shared_dir=folder)
    context = TmdbContext(folder, access(server.url, **more), machine)
    yield context
    context.close()


def serve_movies() -> SimulatorServer:
    """Serve the movie catalogue."""
    return SimulatorServer(MusicBrainzCatalogue(), movies=CINEMA)


def build_local_movie(title: str, year: int = 0, minutes: float = 0.0, **more: Any) -> LocalMovie:
    """Return a movie as a scan finds it."""
    name = MovieName(title=title, year=year, **more)
    videos = (MovieVideo("a.mkv", facts=VideoInfo(duration=60 * minutes)),)
    return LocalMovie(key="a.mkv", path="/l/a.mkv", root="/l", base="a", name=name, videos=videos)
