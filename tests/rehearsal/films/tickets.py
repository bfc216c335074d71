"""A plain client of TMDb for tests, and a few movies to ask it for."""

from __future__ import annotations

import http.client
from urllib.parse import quote, urlencode

from mediakeep.rehearsal.films import tmdb
from mediakeep.rehearsal.films.film import Art, Cinema, Film, Person, Series, Text
from mediakeep.rehearsal.server import Server
from tests.rehearsal.asking import AGENT, Got

LANTERN = Film(
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
        Person(1, "Edda Quist", role="The Keeper", portrait=True),
        Person(2, "Ivo Tamura", job="Director", department="Directing"),
    ),
    certificates={"US": "PG", "DE": "12"},
    alternative_titles=(("GB", "A Light at Zennor"),),
    texts=(
        Text("de", "DE", "Die Papierlaterne", "Eine Laterne.", "Glüh."),
        Text("fr", "FR", "La Lanterne de papier"),
        Text("ja", "JP", "紙の灯籠", "灯籠。"),
    ),
    posters=(
        Art("/p-en.jpg", 600, 900, "en", 5, 5.2),
        Art("/p-de.jpg", 1000, 1500, "de", 2, 5.9),
        Art("/p-none.jpg", 600, 900, "", 9, 5.5),
    ),
    backdrops=(Art("/b.jpg", 1280, 720),),
    logos=(Art("/l.png", 800, 300, "en"),),
    trailer="made0000050",
)
REMAKE = Film(
    id=51,
    imdb_id="tt0000051",
    title="The Paper Lantern",
    release_date="1999-10-10",
    popularity=80.0,
    collection=7,
)
LONGER = Film(id=52, title="The Paper Lantern of Ulmenau", popularity=900.0)
FOREIGN = Film(
    id=53,
    title="The Heron",
    original_title="鷺",
    original_language="ja",
    release_date="2001-01-01",
    texts=(Text("ja", "JP", "鷺", "鳥。"),),
)
HIDDEN = Film(id=54, title="Paper", release_date="1999-01-01", adult=True)
CINEMA = Cinema(
    films=(LANTERN, REMAKE, LONGER, FOREIGN, HIDDEN),
    series=(Series(7, "Lanterns", "All of them."),),
    removed=(99,),
)


def ask(
    server: Server, path: str, *, secret: str = tmdb.TOKEN, method: str = "GET", **query: object
) -> Got:
    """Ask a server for something below /3, or for a picture."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    headers = {"User-Agent": AGENT} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    line = path if path.startswith("/") else f"/3/{path}"
    try:
        connection.request(
            method, quote(line) + (f"?{urlencode(query)}" if query else ""), headers=headers
        )
        answer = connection.getresponse()
        return Got(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
