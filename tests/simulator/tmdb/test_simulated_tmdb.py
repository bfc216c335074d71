"""The simulated TMDb: searches, movies, finds, collections and errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.fault_injection import FaultInjector
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb import app
from tests.sampling import each_row
from tests.simulator.http_client import get
from tests.simulator.tmdb.tmdb_requests import MOVIES, ask

ALL = (
    "credits,images,release_dates,videos,external_ids,keywords,translations,alternative_titles,"
    "recommendations"
)


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(MusicBrainzCatalogue(), movies=MOVIES) as running:
        yield running


def search(server: SimulatorServer, query: str, **more: object) -> list[int]:
    answer = ask(server, "search/movie", query=query, **more)
    assert answer.status == 200
    return [hit["id"] for hit in answer.data["results"]]


# Search


def test_of_equal_titles_the_more_popular_comes_first(server: SimulatorServer) -> None:
    assert search(server, "The Paper Lantern") == [51, 50, 52]
    assert search(server, "paper lantern")[0] == 52  # none begins with it: popularity decides


def test_a_year_narrows_a_search(server: SimulatorServer) -> None:
    assert search(server, "The Paper Lantern", primary_release_year=1961) == [50]
    assert search(server, "The Paper Lantern", year=1999) == [51]
    assert search(server, "The Paper Lantern", year=1962) == [50]  # when it came to Germany
    assert search(server, "The Paper Lantern", primary_release_year=1962) == []


@each_row(
    "query",
    ["papierlaterne", "LA LANTERNE DE PAPIER", "A light at Zénnor", "紙の灯籠", "Light Zennor"],
)
def test_a_movie_is_found_by_each_of_its_titles(server: SimulatorServer, query: str) -> None:
    assert search(server, query) == [50]


def test_all_words_must_occur_and_adults_only_is_hidden(server: SimulatorServer) -> None:
    assert search(server, "Paper Umbrella") == []
    assert search(server, "") == []
    assert 54 not in search(server, "Paper")
    assert search(server, "Paper", include_adult="true")[0] == 54


def test_hits_have_the_requested_language(server: SimulatorServer) -> None:
    answer = ask(server, "search/movie", query="Heron", language="de-DE").data
    assert (answer["page"], answer["total_pages"], answer["total_results"]) == (1, 1, 1)
    (hit,) = answer["results"]
    assert (hit["title"], hit["original_title"], hit["overview"]) == ("鷺", "鷺", "")
    (hit,) = ask(server, "search/movie", query="Heron", language="en-US").data["results"]
    assert hit["title"] == "The Heron"


def test_page_0_is_rejected(server: SimulatorServer) -> None:
    for page in ("0", "501", "x", "-1"):
        answer = ask(server, "search/movie", query="Heron", page=page)
        assert (answer.status, answer.data["status_code"]) == (400, 22)
    assert search(server, "Heron", page=2) == []


# Movies


def test_one_request_returns_all_parts(server: SimulatorServer) -> None:
    languages = "de,null"
    parameters = {"language": "de-DE", "include_image_language": languages}
    movie = ask(server, "movie/50", append_to_response=ALL, **parameters).data
    assert (movie["title"], movie["overview"]) == ("Die Papierlaterne", "Eine Laterne.")
    assert (movie["tagline"], movie["runtime"], movie["imdb_id"]) == ("Glüh.", 101, "tt0000050")
    assert movie["belongs_to_collection"]["id"] == 7
    assert movie["credits"]["cast"][0]["character"] == "The Keeper"
    assert movie["credits"]["crew"][0]["job"] == "Director"
    posters = movie["images"]["posters"]
    assert [poster["file_path"] for poster in posters] == ["/p-de.jpg", "/p-none.jpg"]
    assert [poster["iso_639_1"] for poster in posters] == ["de", None]
    certificates = {part["iso_3166_1"]: part for part in movie["release_dates"]["results"]}
    assert certificates["DE"]["release_dates"][0]["certification"] == "12"
    assert movie["videos"]["results"][0]["site"] == "YouTube"
    assert movie["external_ids"]["imdb_id"] == "tt0000050"
    assert movie["keywords"]["keywords"][0]["name"] == "night train"
    assert movie["alternative_titles"]["titles"][0]["title"] == "A Light at Zennor"
    fields = {part["iso_639_1"]: part["data"] for part in movie["translations"]["translations"]}
    assert set(fields) == {"en", "de", "fr", "ja"}
    assert fields["fr"]["title"] == "La Lanterne de papier"
    assert fields["en"]["title"] == ""  # that it is the original one goes without saying
    assert "recommendations" not in movie


def test_untranslated_texts_are_empty_except_the_title(server: SimulatorServer) -> None:
    french = ask(server, "movie/50", language="fr-FR").data
    assert (french["title"], french["overview"]) == ("La Lanterne de papier", "")
    spanish = ask(server, "movie/53", language="es-ES").data
    assert (spanish["title"], spanish["overview"], spanish["tagline"]) == ("鷺", "", "")


def test_a_movie_is_found_by_its_imdb_id(server: SimulatorServer) -> None:
    assert ask(server, "movie/tt0000051").data["id"] == 51
    hits = ask(server, "find/tt0000051", external_source="imdb_id").data["movie_results"]
    assert [(hit["id"], hit["media_type"]) for hit in hits] == [(51, "movie")]
    assert ask(server, "find/tt0000099", external_source="imdb_id").data["movie_results"] == []


def test_a_collection_has_its_parts(server: SimulatorServer) -> None:
    data = ask(server, "collection/7").data
    assert (data["name"], [part["id"] for part in data["parts"]]) == ("Lanterns", [50, 51])
    assert ask(server, "collection/8").status == 404


def test_the_configuration_has_the_url_of_the_same_server(server: SimulatorServer) -> None:
    data = ask(server, "configuration").data["images"]
    assert data["secure_base_url"] == f"{server.url}/t/p/"
    assert "w500" in data["poster_sizes"]


def test_responses_have_a_cache_lifetime(server: SimulatorServer) -> None:
    first, again = ask(server, "movie/50"), ask(server, "movie/50")
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    assert first.headers["ETag"] == again.headers["ETag"]
    assert first.headers["ETag"] != ask(server, "movie/51").headers["ETag"]
    assert "Authorization" not in first.headers["Vary"]


# Refusals


def test_requests_without_the_right_secret_are_rejected(server: SimulatorServer) -> None:
    for secret in ("", "wrong"):
        answer = ask(server, "movie/50", secret=secret)
        assert (answer.status, answer.data["status_code"]) == (401, 7)
    assert ask(server, "movie/50", secret="", api_key=app.API_KEY).status == 200
    assert ask(server, "movie/50", secret="", api_key="f" * 32).status == 401


@each_row("path", ["movie/99", "movie/0", "movie/x", "movie/", "collection/x"])
def test_a_missing_resource_is_404_with_code_34(server: SimulatorServer, path: str) -> None:
    answer = ask(server, path)
    assert (answer.status, answer.data["status_code"], answer.data["success"]) == (404, 34, False)


def test_unknown_paths_and_methods_are_rejected(server: SimulatorServer) -> None:
    assert ask(server, "tv/1").status == 501
    assert ask(server, "movie/50", method="POST").status == 405
    assert ask(server, "movie/50", method="HEAD").body == b""


def test_at_most_twenty_can_be_appended(server: SimulatorServer) -> None:
    assert ask(server, "movie/50", append_to_response=",".join(["videos"] * 20)).status == 200
    answer = ask(server, "movie/50", append_to_response=",".join(["videos"] * 21))
    assert (answer.status, answer.data["status_code"]) == (422, 27)


def test_each_service_has_its_own_rate_limit() -> None:
    with SimulatorServer(
        MusicBrainzCatalogue(), FaultInjector(0.1, retry_hint="seconds"), movies=MOVIES
    ) as server:
        assert ask(server, "movie/50").status == 200
        answer = ask(server, "movie/50")
        assert (answer.status, answer.data["status_code"]) == (429, 25)
        assert int(answer.headers["Retry-After"]) >= 1
        assert get(server, "/ws/2/artist/x", fmt="json").status == 400  # no MBID, but no rate
        assert get(server, "/ws/2/artist/x", fmt="json").status == 503
        assert ask(server, "/t/p/original/b.jpg").status == 200  # pictures have no rate


def test_an_outage_has_the_error_format_of_tmdb() -> None:
    faults = FaultInjector()
    faults.fail_share(60, 1.0)
    with SimulatorServer(MusicBrainzCatalogue(), faults, movies=MOVIES) as server:
        answer = ask(server, "movie/50")
        assert (answer.status, answer.data["status_code"]) == (503, 9)


def test_no_secret_is_logged(server: SimulatorServer) -> None:
    ask(server, "movie/50", language="de-DE", api_key=app.API_KEY)
    assert server.requests[-1].query == "language=de-DE&api_key=REDACTED"
    assert app.API_KEY not in repr(server.requests)
    assert app.READ_ACCESS_TOKEN not in repr(server.requests)


def test_without_a_movie_catalogue_there_is_no_tmdb() -> None:
    with SimulatorServer(MusicBrainzCatalogue()) as server:
        assert ask(server, "movie/50").status == 404
