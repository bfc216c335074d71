"""Data of TMDb is stored as long as its terms allow, and that of MusicBrainz forever."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from mediakeep.errors import LookupSkipped, Outage
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment, Service
from mediakeep.lookups.tmdb import cache_json, constants
from mediakeep.lookups.tmdb.context import TmdbContext
from tests.lookups.conftest import Clock, Scripted, answer
from tests.lookups.tmdb import tmdb_server
from tests.lookups.tmdb.tmdb_server import COLLECTION, FIND, MOVIE, ROOM, SEARCH, refused, said

DAY = 86400.0


@pytest.fixture
def asked(desk: TmdbContext, server: Scripted) -> None:
    """Make one request of each type."""
    server.manners = {
        SEARCH: [said({"results": [ROOM]})],
        FIND: [said({"movie_results": [ROOM]})],
        MOVIE.format(71): [said(ROOM)],
        COLLECTION: [said({"id": 9, "name": "Quayside"})],
    }
    every(desk)
    server.asked.clear()


def every(desk: TmdbContext) -> None:
    desk.tmdb.search_movies("The Quayside Room", 1974)
    desk.tmdb.find_by_imdb_id("tt0071071")
    desk.tmdb.get_movie(71)
    desk.tmdb.get_collection(9)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("days", "anew"),
    [
        (0, []),
        (6.9, []),
        (7, [SEARCH, FIND]),
        (179.9, [SEARCH, FIND]),
        (180, [SEARCH, FIND, MOVIE.format(71), COLLECTION]),
        (-1, [SEARCH, FIND, MOVIE.format(71), COLLECTION]),  # the clock was set back
    ],
)
def test_what_is_past_its_time_is_asked_anew_and_no_sooner(
    desk: TmdbContext, server: Scripted, clock: Clock, days: float, anew: list[str]
) -> None:
    clock.now += days * DAY
    every(desk)
    assert server.asked == anew
    every(desk)
    assert server.asked == anew


@pytest.mark.usefixtures("asked")
def test_what_is_past_its_time_does_not_serve_where_tmdb_cannot_be_asked(
    tmp_path: Path, desk: TmdbContext, server: Scripted, machine: HttpEnvironment, clock: Clock
) -> None:
    shut = Service(
        "TMDb",
        server.host,
        disabled_reason="this run is offline",
        cache_lifetimes=constants.CACHE_LIFETIMES,
    )
    clock.now += 8 * DAY
    server.manners[SEARCH] = [refused(503, 9)]
    with pytest.raises(Outage):
        desk.tmdb.search_movies("The Quayside Room", 1974)
    offline = tmdb_server.access(server)
    offline = type(offline)(shut, offline.pictures, locale=offline.locale)
    with closing(TmdbContext(tmp_path / "status" / "cache", offline, machine)) as closed:
        assert closed.tmdb.get_movie(71).id == 71
        with pytest.raises(LookupSkipped, match="offline"):
            closed.tmdb.search_movies("The Quayside Room", 1974)
        clock.now += 180 * DAY
        with pytest.raises(LookupSkipped):
            closed.tmdb.get_movie(71)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("sweep", ["settle", "export"])
def test_what_is_past_its_time_leaves_the_file(
    tmp_path: Path, desk: TmdbContext, server: Scripted, clock: Clock, sweep: str
) -> None:
    def kept() -> list[str]:
        if sweep == "settle":
            cache_json.set_host(desk.store, server.host)
        else:
            cache_json.export(desk.folder, desk.store)
        rows = desk.store._file.query_rows("SELECT asked FROM answers")
        return sorted(url.removeprefix(server.host) for (url,) in rows)

    for days in (0, 179.9):
        clock.now += days * DAY
        assert kept() == sorted([SEARCH, FIND, MOVIE.format(71), COLLECTION])
    clock.now += 0.1 * DAY
    assert kept() == []
    assert (tmp_path / "status" / "cache" / "tmdb.sqlite").exists()


def test_an_answer_in_the_way_of_a_redirect_is_no_older_than_allowed(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment, clock: Clock
) -> None:
    service = tmdb_server.access(server).catalogue
    old, new = f"{server.host}/3/movie/tt1", f"{server.host}/3/movie/1"
    server.manners = {
        "/3/movie/tt1": [answer(301, Location="/3/movie/1")],
        "/3/movie/1": [answer(body=b"1"), answer(body=b"2")],
    }
    with closing(CachedHttp(tmp_path / "c.sqlite", "", machine=machine)) as http:
        assert http.get(service, new).content == b"1"
        clock.now += 181 * DAY
        assert http.get(service, old).content == b"2"


def test_music_stays_for_ever(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment, clock: Clock
) -> None:
    with closing(CachedHttp(tmp_path / "c.sqlite", "", machine=machine)) as http:
        http.get(server.service(), f"{server.host}/3/search/a")
        for days in (50_000, -100_000):
            clock.now += days * DAY
            assert http.get(server.service(), f"{server.host}/3/search/a")
    assert len(server.asked) == 1
