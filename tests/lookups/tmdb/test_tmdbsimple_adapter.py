"""The adapter of tmdbsimple: its internals are as expected, and no request bypasses it."""

from __future__ import annotations

from tests.lookups.musicbrainz.test_musicbrainzngs_adapter import told

SCRIPT = """
import inspect, json, requests, socket
from importlib.metadata import version
import tmdbsimple
from tmdbsimple import base
from mediakeep.lookups.http.models import Secret
from mediakeep.lookups.tmdb import tmdbsimple_adapter

def refuse(*_, **__):
    raise SystemExit("it went out by itself")

requests.Session.send = socket.socket.connect = refuse
fresh = base.TMDB.__init__
urls = []

def read(url):
    urls.append(url)
    return b"as it came"

secret = Secret("token.of-nobody")
session = tmdbsimple_adapter.TmdbsimpleSession("http://127.0.0.1:9", read, secret)
create = tmdbsimple_adapter.create_endpoint
answers = [
    create("Search", session=session).movie(query="a b/c&d", include_adult=False),
    create("Movies", "550", session=session).info(language="de-DE", append_to_response="a,b"),
    create("Find", "tt0012345", session=session).info(external_source="imdb_id"),
    create("Collections", 7, session=session).info(),
]
assert set(answers) == {b"as it came"}
try:
    tmdbsimple_adapter.create_endpoint("Movies", 5, session=session).rating(value=1)
except ValueError as error:
    refused = str(error)
token = create("Movies", 5, session=session).headers["Authorization"]
print(json.dumps([version("tmdbsimple"), urls, refused, token]))
"""


def test_all_requests_go_through_our_session_to_our_host_and_hold_no_key() -> None:
    version, urls, refused, token = told(SCRIPT)
    assert version.startswith("2.9.")
    host = "http://127.0.0.1:9/3"
    assert urls == [
        f"{host}/search/movie?query=a%20b%2Fc%26d&include_adult=false",
        f"{host}/movie/550?language=de-DE&append_to_response=a%2Cb",
        f"{host}/find/tt0012345?external_source=imdb_id",
        f"{host}/collection/7",
    ]
    assert token == "Bearer token.of-nobody"
    assert refused.startswith("unexpected request of tmdbsimple: POST http")


GUARD = """
import inspect, json, os
os.environ["TMDB_API_KEY"] = os.environ["TMDB_REQUESTS_TIMEOUT"] = "3"
import tmdbsimple
from tmdbsimple.base import TMDB
tmdbsimple.API_KEY = None
print(json.dumps([
    hasattr(tmdbsimple, name) for name in ("API_KEY", "API_VERSION", "REQUESTS_SESSION",
    "REQUESTS_TIMEOUT", "USE_BEARER_AUTH")
] + [TMDB().base_uri, list(inspect.signature(TMDB._request).parameters)]))
"""


def test_tmdbsimple_has_the_names_that_the_seam_sets() -> None:
    *names, base, request = told(GUARD)
    assert names == [True] * 5
    assert base == "https://api.themoviedb.org/3"
    assert request == ["self", "method", "path", "params", "payload"]
