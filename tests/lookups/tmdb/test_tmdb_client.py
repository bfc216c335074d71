"""The TMDb client: its requests, their number, and the handling of responses."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.errors import InvalidResponse, LookupSkipped, NoSuchMovie, NotFound, Outage
from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep.lookups.tmdb.context import DISABLED, TmdbContext
from tests.lookups.conftest import NOW, Clock, Scripted, answer
from tests.lookups.tmdb import tmdb_server
from tests.lookups.tmdb.tmdb_server import COLLECTION, FIND, MOVIE, ROOM, SEARCH, refused, said


def test_a_movie_found_by_its_name_is_two_requests_and_none_the_next_time(
    desk: TmdbContext, server: Scripted
) -> None:
    server.manners = {
        SEARCH: [said({"page": 1, "results": [ROOM]})],
        MOVIE.format(71): [said({**ROOM, "imdb_id": "tt0071071", "runtime": 95})],
    }
    for _ in range(2):
        [hit] = desk.tmdb.search_movies(" The Quayside\nRoom ", 1974)
        assert (hit.id, hit.title, hit.year, hit.popularity) == (71, ROOM["title"], 1974, 7.0)
        movie = desk.tmdb.get_movie(hit.id)
        assert (movie.runtime, movie.imdb_id, movie.asked) == (95, "tt0071071", "de-DE")
    assert server.asked == [SEARCH, MOVIE.format(71)]
    assert (desk.stats.requests, desk.stats.hits) == (2, 2)
    assert desk.tmdb.get_movie("0071") == movie
    assert len(server.asked) == 2


def test_another_year_language_or_kind_of_year_is_another_question(
    desk: TmdbContext, server: Scripted
) -> None:
    everything = said({"results": []})
    plain = "/3/search/movie?query=Tin&include_adult=false&language=de-DE"
    asked = [plain, f"{plain}&primary_release_year=1990", f"{plain}&year=1990"]
    server.manners = {one: [everything] for one in asked}
    assert desk.tmdb.search_movies("Tin") == desk.tmdb.search_movies("Tin", 1990) == ()
    assert desk.tmdb.search_movies("Tin", 1990, primary=False) == ()
    assert server.asked == asked


@pytest.mark.parametrize("title", ["", " \n\t", "\x00\x1b"])
def test_a_title_of_nothing_is_not_searched_for(
    desk: TmdbContext, server: Scripted, title: str
) -> None:
    assert desk.tmdb.search_movies(title) == ()
    assert not server.asked


def test_a_title_of_any_length_and_bytes_is_a_question_of_a_fair_size(
    desk: TmdbContext, server: Scripted
) -> None:
    server.manners = {}
    with pytest.raises(InvalidResponse):  # of the server, which answers all else with no page
        desk.tmdb.search_movies("\udcff" + "ä/&?#" * 10_000)
    [asked] = server.asked
    assert len(asked) < 2000
    assert asked.startswith("/3/search/movie?query=%C3%A4%2F%26%3F%23%C3%A4")


def test_ids_of_imdb_lead_to_movies(desk: TmdbContext, server: Scripted) -> None:
    server.manners = {
        FIND: [said({"movie_results": [ROOM], "tv_results": []})],
        MOVIE.format("tt0071071"): [said({**ROOM, "imdb_id": "tt0071071"})],
    }
    assert [hit.id for hit in desk.tmdb.find_by_imdb_id("tt0071071")] == [71]
    assert desk.tmdb.get_movie("tt0071071").id == 71
    assert (
        desk.tmdb.find_by_imdb_id("71")
        == desk.tmdb.find_by_imdb_id("tt")
        == desk.tmdb.find_by_imdb_id("tt1/../x")
        == ()
    )
    assert len(server.asked) == 2


def test_a_collection_tells_its_parts(desk: TmdbContext, server: Scripted) -> None:
    part = {"id": 72, "title": "The Quayside Stairs", "release_date": ""}
    told = {"id": 9, "name": "Quayside", "parts": [ROOM, part], "poster_path": None}
    server.manners[COLLECTION] = [said(told)]
    found = desk.tmdb.get_collection(9)
    assert [(one.id, one.year) for one in found.parts] == [(71, 1974), (72, 0)]
    assert (found.name, found.poster, found.overview) == ("Quayside", "", "")


@pytest.mark.parametrize("ident", [0, -1, 2**31, "", "x", "9" * 40, "²", "tt", "550/../551", "ttä"])
def test_what_is_no_id_is_not_asked_for(
    desk: TmdbContext, server: Scripted, ident: int | str
) -> None:
    with pytest.raises(NoSuchMovie, match="TMDb has no movie with the id"):
        desk.tmdb.get_movie(ident)
    assert not server.asked


def test_that_there_is_no_such_movie_is_known_for_30_days(
    desk: TmdbContext, server: Scripted, clock: Clock
) -> None:
    server.manners[MOVIE.format(5)] = [refused(404, 34)]
    for _ in range(2):
        with pytest.raises(NoSuchMovie, match="TMDb has no movie with the id 5"):
            desk.tmdb.get_movie(5)
    assert len(server.asked) == 1
    clock.now += 30 * 86400
    with pytest.raises(NoSuchMovie):
        desk.tmdb.get_movie(5)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<xml>", b"[]", b"null", b'{"id": 71', b'{"title": "A"}', b'{"id": "71"}'),
        *(b'{"id": 72}', b'{"id": 71, "runtime": "long"}', b'{"id": 71, "genres": {}}'),
        b'{"id": 71, "title": "\\ud800"}',
        b'{"id": 71, "credits": ' + b"[" * 100_000,
    ],
)
def test_an_answer_that_makes_no_sense_is_told_with_its_address_and_not_kept(
    desk: TmdbContext, server: Scripted, body: bytes
) -> None:
    server.manners[MOVIE.format(71)] = [answer(body=body), said(ROOM)]
    message = r"TMDb returned an invalid response: .* \(http://127.0.0.1.*/3/movie/71\?"
    with pytest.raises(InvalidResponse, match=message):
        desk.tmdb.get_movie(71)
    assert desk.tmdb.get_movie(71).id == 71


@pytest.mark.parametrize("ident", [0, -3, 2**40])
def test_a_search_that_names_an_id_that_is_none_is_not_believed(
    desk: TmdbContext, server: Scripted, ident: int
) -> None:
    server.manners[SEARCH] = [said({"results": [{"id": ident}]})]
    with pytest.raises(InvalidResponse, match=f"invalid id {ident}"):
        desk.tmdb.search_movies("The Quayside Room", 1974)


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"id": -3}, "invalid id -3"),
        ({"title": "Nameless"}, "missing required field `id`"),
        ({"id": 7, "title": 7}, "Expected `str`, got `int` - at `$.title`"),
        ("Dawn", "Expected `object`, got `str`"),
    ],
)
def test_an_odd_movie_of_a_list_costs_that_movie_alone_and_is_asked_for_again(
    desk: TmdbContext, server: Scripted, odd: object, why: str
) -> None:
    server.manners[SEARCH] = [said({"results": [odd, ROOM]}), said({"results": [ROOM]})]
    for notes in (1, 0, 0):
        [found] = desk.tmdb.search_movies("The Quayside Room", 1974)
        assert found.id == 71
        told = desk.stats.take_and_reset().skipped_entries
        assert len(told) == notes
        assert all(
            why in note and note.startswith("TMDb: 1 invalid entry skipped") for note in told
        )
    assert len(server.asked) == 2


@pytest.mark.parametrize(("status", "code"), [(400, 5), (422, 22)])
def test_a_question_that_tmdb_does_not_understand_is_its_own_error(
    desk: TmdbContext, server: Scripted, status: int, code: int
) -> None:
    server.manners[MOVIE.format(71)] = [refused(status, code)]
    with pytest.raises(InvalidResponse, match=f"TMDb .* response: HTTP status {status}"):
        desk.tmdb.get_movie(71)
    assert len(server.asked) == 1


def test_a_refusal_is_waited_out_as_it_says_and_else_longer_each_time(
    desk: TmdbContext, server: Scripted, clock: Clock
) -> None:
    busy, limited = refused(503, 9), refused(429, 25)
    told = answer(429, b"{}", Retry_After="7")
    server.manners[MOVIE.format(71)] = [told, limited, busy, said(ROOM)]
    assert desk.tmdb.get_movie(71).id == 71
    assert clock.slept == [7.0, 4.0, 8.0]
    assert desk.stats.requests == 4


def test_an_outage_ends_the_asking_and_what_is_known_still_serves(
    desk: TmdbContext, server: Scripted
) -> None:
    server.manners = {MOVIE.format(71): [said(ROOM)], MOVIE.format(72): [refused(500, 11)]}
    desk.tmdb.get_movie(71)
    with pytest.raises(Outage, match=r"TMDb is unreachable"):
        desk.tmdb.get_movie(72)
    count = len(server.asked)
    with pytest.raises(Outage):
        desk.tmdb.get_movie(73)
    assert desk.tmdb.get_movie(71).id == 71
    assert len(server.asked) == count


def test_a_refresh_asks_anew_once_in_a_run(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment, desk: TmdbContext
) -> None:
    server.manners[MOVIE.format(71)] = [said(ROOM), said({**ROOM, "title": "B"})]
    desk.tmdb.get_movie(71)
    with closing(tmdb_server.desk(tmp_path, server, machine, fresh=True)) as anew:
        assert [anew.tmdb.get_movie(71).title for _ in range(3)] == ["B"] * 3
    assert len(server.asked) == 2


def test_requests_keep_their_distance_and_those_for_pictures_theirs(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment, clock: Clock
) -> None:
    """Four a second are 40 in 10 seconds."""
    elsewhere = Scripted()
    server.manners = {MOVIE.format(one): [said({"id": one})] for one in range(1, 42)}
    with closing(tmdb_server.desk(tmp_path, server, machine)) as desk:
        both = desk.config.catalogue, structs.replace(desk.config.pictures, host=elsewhere.host)
        catalogue, pictures = (structs.replace(one, interval=0.25) for one in both)
        desk.config = structs.replace(desk.config, catalogue=catalogue, pictures=pictures)
        for number in range(1, 42):
            desk.tmdb.get_movie(number)
        assert clock.now - NOW == pytest.approx(10, abs=0.01)
        waited = len(clock.slept)
        desk.tmdb.fetch_image("/a.jpg")
        assert len(clock.slept) == waited
        desk.tmdb.fetch_image("/b.jpg")
        assert len(clock.slept) == waited + 1
    elsewhere.stop()


def test_a_picture_is_fetched_from_its_own_host_and_not_kept(
    desk: TmdbContext, server: Scripted
) -> None:
    server.manners = {
        "/t/p/original/aB-3_x.jpg": [answer(body=b"\xff\xd8picture", Content_Type="image/jpeg")],
        "/t/p/w500/gone.jpg": [answer(404, b"", Content_Type="text/html")],
    }
    assert (
        desk.tmdb.fetch_image("/aB-3_x.jpg")
        == desk.tmdb.fetch_image("/aB-3_x.jpg")
        == b"\xff\xd8picture"
    )
    for path in ("/gone.jpg", "/../../3/movie/1", "//evil.example/a.jpg", "", "/a.jpg?x=1"):
        with pytest.raises(NotFound, match="TMDb's image server has nothing at"):
            desk.tmdb.fetch_image(path, "w500")
    assert len(server.asked) == 3
    assert not any("Authorization" in headers for headers in server.headers)


def test_closed_as_it_is_by_default_nobody_is_asked(
    tmp_path: Path, machine: HttpEnvironment
) -> None:
    with closing(TmdbContext(tmp_path, DISABLED, machine)) as desk:
        assert desk.is_unavailable
        assert not (tmp_path / "tmdb.sqlite").exists()
        for ask in (lambda: desk.tmdb.get_movie(1), lambda: desk.tmdb.fetch_image("/a.jpg")):
            with pytest.raises(
                LookupSkipped, match=r"TMDb.* not queried: commands that change files"
            ):
                ask()


def test_looking_at_what_is_known_loads_neither_tmdbsimple_nor_requests() -> None:
    script = (
        "import sys; from mediakeep.lookups.tmdb import cache_json, constants, context, convert, "
        "lookup_store;"
        "from mediakeep.app.lookups import tmdb_access;"
        "sys.exit(any(name in sys.modules for name in ('tmdbsimple', 'requests')))"
    )
    source = Path(__file__).parents[3] / "utilities"
    assert subprocess.run([sys.executable, "-c", script], cwd=source, check=False).returncode == 0
