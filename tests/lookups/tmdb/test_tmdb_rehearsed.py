"""The TMDb client works with the simulator: by title, by id, and for errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mediakeep.errors import NoSuchMovie, ServiceFailed
from mediakeep.lookups.access import Access, Locale
from mediakeep.lookups.answers import Machine, Secret, Service
from mediakeep.lookups.tmdb import terms
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.films import Movie
from mediakeep.rehearsal.entities import World
from mediakeep.rehearsal.films import cinema
from mediakeep.rehearsal.films.tmdb import KEY, TOKEN
from mediakeep.rehearsal.server import Server

FILMS = cinema.sampled(40)


@pytest.fixture
def booth() -> Iterator[Server]:
    with Server(World(), cinema=FILMS) as server:
        yield server


def opened(folder: Path, booth: Server, machine: Machine, secret: Secret | None) -> Desk:
    catalogue = Service("TMDb", booth.url, secret=secret, kept=terms.KEPT)
    access = Access(catalogue, Service("TMDb's pictures", booth.url), locale=Locale("de-DE", "DE"))
    return Desk(folder, access, machine)


@pytest.mark.parametrize("secret", [Secret(TOKEN, "A"), Secret(KEY, "A", "api_key")])
def test_every_film_is_found_by_its_title_and_told_whole(
    tmp_path: Path, booth: Server, machine: Machine, secret: Secret
) -> None:
    with closing(opened(tmp_path, booth, machine, secret)) as desk:
        for film in FILMS.films:
            year = int(film.release_date[:4] or 0)
            title = film.original_title or film.title
            hits = desk.tmdb.search(title, year)
            assert film.adult or film.id in [hit.id for hit in hits], title
            movie = desk.tmdb.movie(film.id)
            assert (movie.imdb_id, movie.runtime) == (film.imdb_id, film.runtime)
            assert movie.original_title == title
            if film.imdb_id:
                assert [hit.id for hit in desk.tmdb.find(film.imdb_id)] == [film.id]
        assert desk.spent.requests == len(booth.asked)
        poster = next(movie.posters[0] for movie in _movies(desk) if movie.posters)
        assert desk.tmdb.image(poster.path).startswith((b"\xff\xd8", b"\x89PNG"))
    for one in booth.asked:
        assert TOKEN not in one.query
        assert KEY not in one.query


def _movies(desk: Desk) -> Iterator[Movie]:
    return (desk.tmdb.movie(film.id) for film in FILMS.films)


def test_collections_tell_their_films(tmp_path: Path, booth: Server, machine: Machine) -> None:
    with closing(opened(tmp_path, booth, machine, Secret(TOKEN, "A"))) as desk:
        for series in FILMS.series:
            found = desk.tmdb.collection(series.id)
            parts = {film.id for film in FILMS.films if film.collection == series.id}
            assert {part.id for part in found.parts} == parts
        for ident in FILMS.removed:
            with pytest.raises(NoSuchMovie):
                desk.tmdb.movie(ident)
    assert FILMS.series


@pytest.mark.parametrize("secret", [None, Secret("wrong", "A")])
def test_without_the_right_token_nothing_is_told(
    tmp_path: Path, booth: Server, machine: Machine, secret: Secret | None
) -> None:
    with (
        closing(opened(tmp_path, booth, machine, secret)) as desk,
        pytest.raises(ServiceFailed, match="401"),
    ):
        desk.tmdb.movie(FILMS.films[0].id)
