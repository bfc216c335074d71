"""A minimal TMDb client for tests, and a small movie catalogue."""

from __future__ import annotations

import http.client
from urllib.parse import quote, urlencode

from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb import app
from mediakeep_simulator.tmdb.model import (
    CatalogueCollection,
    CatalogueImage,
    CatalogueMovie,
    CataloguePerson,
    CatalogueText,
    MovieCatalogue,
)
from tests.simulator.http_client import AGENT, HttpReply

LANTERN = CatalogueMovie(
    id=50,
    imdb_id="tt0000050",
    title="The Paper Lantern",
    release_date="1961-03-04",
    runtime=101,
    popularity=2.0,
    overview="A lantern.",
    tagline="Glow.",
    genres=("Drama",),
    countries=("US",),
    studios=("Two Gulls",),
    keywords=("night train",),
    collection=7,
    people=(
        CataloguePerson(1, "Edda Quist", role="The Keeper", portrait=True),
        CataloguePerson(2, "Ivo Tamura", job="Director", department="Directing"),
    ),
    certificates={"US": "PG", "DE": "12"},
    alternative_titles=(("GB", "A Light at Zennor"),),
    texts=(
        CatalogueText("de", "DE", "Die Papierlaterne", "Eine Laterne.", "Glüh."),
        CatalogueText("fr", "FR", "La Lanterne de papier"),
        CatalogueText("ja", "JP", "紙の灯籠", "灯籠。"),
    ),
    posters=(
        CatalogueImage("/p-en.jpg", 600, 900, "en", 5, 5.2),
        CatalogueImage("/p-de.jpg", 1000, 1500, "de", 2, 5.9),
        CatalogueImage("/p-none.jpg", 600, 900, "", 9, 5.5),
    ),
    backdrops=(CatalogueImage("/b.jpg", 1280, 720),),
    logos=(CatalogueImage("/l.png", 800, 300, "en"),),
    trailer="made0000050",
)
REMAKE = CatalogueMovie(
    id=51,
    imdb_id="tt0000051",
    title="The Paper Lantern",
    release_date="1999-10-10",
    popularity=80.0,
    collection=7,
)
LONGER = CatalogueMovie(id=52, title="The Paper Lantern of Ulmenau", popularity=900.0)
FOREIGN = CatalogueMovie(
    id=53,
    title="The Heron",
    original_title="鷺",
    original_language="ja",
    release_date="2001-01-01",
    texts=(CatalogueText("ja", "JP", "鷺", "鳥。"),),
)
HIDDEN = CatalogueMovie(id=54, title="Paper", release_date="1999-01-01", adult=True)
MOVIES = MovieCatalogue(
    films=(LANTERN, REMAKE, LONGER, FOREIGN, HIDDEN),
    series=(CatalogueCollection(7, "Lanterns", "All of them."),),
    removed=(99,),
)


def ask(
    server: SimulatorServer,
    path: str,
    *,
    secret: str = app.READ_ACCESS_TOKEN,
    method: str = "GET",
    **query: object,
) -> HttpReply:
    """Request a resource below /3, or an image."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    headers = {"User-Agent": AGENT} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    line = path if path.startswith("/") else f"/3/{path}"
    try:
        connection.request(
            method, quote(line) + (f"?{urlencode(query)}" if query else ""), headers=headers
        )
        answer = connection.getresponse()
        return HttpReply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
