"""A small cinema of our own for the tests, files that are its movies, and a desk to ask at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mediakeep.item import MovieItem, Status
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Machine, Secret, Service
from mediakeep.lookups.tmdb import terms
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.media.video.facts import VideoFacts
from mediakeep.movies.model import Movie, Name, Video
from mediakeep.rehearsal.entities import World
from mediakeep.rehearsal.films.film import Cinema, Film, Person, Text
from mediakeep.rehearsal.films.tmdb import TOKEN
from mediakeep.rehearsal.server import Server
from tests.lookups.conftest import NOW, Clock

ITEM = MovieItem(status=Status.IN_PROGRESS)

FERRY, REMADE, FERRY_2, LANTERNS, NIGHTJAR, TWIN, HARBOUR = 11, 12, 13, 14, 15, 16, 17
GONE = 99
_HELM = Person(1, "Ada Quill", job="Director", department="Directing")

CINEMA = Cinema(
    films=(
        Film(
            id=FERRY,
            title="The Amber Ferry",
            imdb_id="tt7000011",
            release_date="1954-03-01",
            runtime=92,
            popularity=2.0,
            people=(_HELM,),
        ),
        Film(
            id=REMADE,
            title="The Amber Ferry",
            imdb_id="tt7000012",
            release_date="1998-05-01",
            runtime=121,
            popularity=80.0,
        ),
        Film(
            id=FERRY_2,
            title="The Amber Ferry 2",
            imdb_id="tt7000013",
            release_date="2001-05-01",
            runtime=110,
            popularity=60.0,
        ),
        Film(
            id=LANTERNS,
            title="Two Lanterns",
            original_title="Zwei Laternen",
            original_language="de",
            imdb_id="tt7000014",
            release_date="1977-09-09",
            runtime=101,
            popularity=3.0,
            texts=(Text("fr", "FR", "Deux lanternes"),),
        ),
        Film(id=NIGHTJAR, title="Nightjar", release_date="2010-01-01", runtime=100, popularity=5),
        Film(id=TWIN, title="Nightjar", release_date="2010-08-01", runtime=102, popularity=90),
        Film(
            id=HARBOUR,
            title="Marigold and the Harbour: The Return",
            imdb_id="tt7000017",
            release_date="1989-02-02",
            runtime=95,
        ),
    ),
    removed=(GONE,),
)


def access(url: str, closed: str = "", **more: Any) -> Access:
    """Let a server be TMDb; `closed` says why it is not asked."""
    service = Service("TMDb", url, closed=closed, secret=Secret(TOKEN), kept=terms.KEPT)
    return Access(service, Service("TMDb's pictures", url), **more)


@contextmanager
def asking(folder: Path, server: Server, *, later: float = 0.0, **more: Any) -> Iterator[Desk]:
    """Open a desk that asks a server, and waits for nothing; `later` in days."""
    clock = Clock(NOW + 86400 * later)
    machine = Machine(lambda: clock.now, clock.sleep, shared=folder)
    desk = Desk(folder, access(server.url, **more), machine)
    yield desk
    desk.close()


def serving() -> Server:
    """Serve the cinema."""
    return Server(World(), cinema=CINEMA)


def local(title: str, year: int = 0, minutes: float = 0.0, **more: Any) -> Movie:
    """Return a movie as a scan tells of it."""
    name = Name(title=title, year=year, **more)
    videos = (Video("a.mkv", facts=VideoFacts(duration=60 * minutes)),)
    return Movie(key="a.mkv", path="/l/a.mkv", root="/l", base="a", name=name, videos=videos)
