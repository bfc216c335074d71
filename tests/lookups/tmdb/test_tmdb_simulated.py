"""The TMDb client works with the simulator: by title, by id, and for errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mediakeep.errors import NoSuchMovie, ServiceFailed
from mediakeep.lookups.http.models import HttpEnvironment, Secret, Service
from mediakeep.lookups.service_config import Locale, ServiceConfig
from mediakeep.lookups.tmdb import constants
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.lookups.tmdb.model import Movie
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb import movie_catalogue
from mediakeep_simulator.tmdb.app import API_KEY, READ_ACCESS_TOKEN

FILMS = movie_catalogue.generate_catalogue(40)


@pytest.fixture
def booth() -> Iterator[SimulatorServer]:
    with SimulatorServer(MusicBrainzCatalogue(), movies=FILMS) as server:
        yield server


def opened(
    folder: Path, booth: SimulatorServer, machine: HttpEnvironment, secret: Secret | None
) -> TmdbContext:
    catalogue = Service("TMDb", booth.url, secret=secret, cache_lifetimes=constants.CACHE_LIFETIMES)
    access = ServiceConfig(
        catalogue, Service(constants.IMAGE_SERVICE_NAME, booth.url), locale=Locale("de-DE", "DE")
    )
    return TmdbContext(folder, access, machine)


@pytest.mark.long
@pytest.mark.parametrize(
    "secret", [Secret(READ_ACCESS_TOKEN, "A"), Secret(API_KEY, "A", "api_key")]
)
def test_every_film_is_found_by_its_title_and_told_whole(
    tmp_path: Path, booth: SimulatorServer, machine: HttpEnvironment, secret: Secret
) -> None:
    with closing(opened(tmp_path, booth, machine, secret)) as desk:
        for film in FILMS.films:
            year = int(film.release_date[:4] or 0)
            title = film.original_title or film.title
            hits = desk.tmdb.search_movies(title, year)
            assert film.adult or film.id in [hit.id for hit in hits], title
            movie = desk.tmdb.get_movie(film.id)
            assert (movie.imdb_id, movie.runtime) == (film.imdb_id, film.runtime)
            assert movie.original_title == title
            if film.imdb_id:
                assert [hit.id for hit in desk.tmdb.find_by_imdb_id(film.imdb_id)] == [film.id]
        assert desk.stats.requests == len(booth.requests)
        poster = next(movie.posters[0] for movie in _movies(desk) if movie.posters)
        assert desk.tmdb.fetch_image(poster.path).startswith((b"\xff\xd8", b"\x89PNG"))
    for request in booth.requests:
        assert READ_ACCESS_TOKEN not in request.query
        assert API_KEY not in request.query


def _movies(desk: TmdbContext) -> Iterator[Movie]:
    return (desk.tmdb.get_movie(film.id) for film in FILMS.films)


def test_collections_tell_their_films(
    tmp_path: Path, booth: SimulatorServer, machine: HttpEnvironment
) -> None:
    with closing(opened(tmp_path, booth, machine, Secret(READ_ACCESS_TOKEN, "A"))) as desk:
        for series in FILMS.series:
            found = desk.tmdb.get_collection(series.id)
            parts = {film.id for film in FILMS.films if film.collection == series.id}
            assert {part.id for part in found.parts} == parts
        for ident in FILMS.removed:
            with pytest.raises(NoSuchMovie):
                desk.tmdb.get_movie(ident)
    assert FILMS.series


@pytest.mark.parametrize("secret", [None, Secret("wrong", "A")])
def test_without_the_right_token_nothing_is_told(
    tmp_path: Path, booth: SimulatorServer, machine: HttpEnvironment, secret: Secret | None
) -> None:
    with (
        closing(opened(tmp_path, booth, machine, secret)) as desk,
        pytest.raises(ServiceFailed, match="401"),
    ):
        desk.tmdb.get_movie(FILMS.films[0].id)
