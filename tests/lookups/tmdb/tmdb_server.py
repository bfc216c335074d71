"""Sample responses of TMDb, and a context that uses a scripted server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mediakeep.lookups.http.models import HttpEnvironment, Secret, Service
from mediakeep.lookups.service_config import Locale, ServiceConfig
from mediakeep.lookups.tmdb import constants
from mediakeep.lookups.tmdb.context import TmdbContext
from tests.lookups.conftest import Manner, Scripted, answer

TOKEN = "header-of-it.body-of-the-token.signature_of_it"
KEY = "00112233445566778899aabbccddeeff"
SOURCE = "MEDIAKEEP_TMDB_TOKEN"
BEARER, PARAMETER = Secret(TOKEN, SOURCE), Secret(KEY, SOURCE, "api_key")

ROOM = {
    "id": 71,
    "title": "Das Zimmer am Kai",
    "original_title": "The Quayside Room",
    "original_language": "en",
    "release_date": "1974-03-09",
    "popularity": 7,
    "vote_count": 12,
    "overview": "A room is let twice.",
    "poster_path": "/roomPoster1.jpg",
    "genre_ids": [18],
}
SEARCH = (
    "/3/search/movie?query=The%20Quayside%20Room&include_adult=false&language=de-DE"
    "&primary_release_year=1974"
)
MOVIE = (
    "/3/movie/{}?language=de-DE&append_to_response=credits%2Cimages%2Crelease_dates%2Cvideos"
    "%2Cexternal_ids%2Ckeywords%2Ctranslations%2Calternative_titles"
    "&include_image_language=de%2Cen%2Cnull&include_video_language=de%2Cen"
)
FIND = "/3/find/tt0071071?external_source=imdb_id&language=de-DE"
COLLECTION = "/3/collection/9?language=de-DE"


def said(told: Any, status: int = 200) -> Manner:
    """Answer with JSON, as TMDb does."""
    return answer(status, json.dumps(told).encode(), Content_Type="application/json;charset=utf-8")


def refused(status: int, code: int) -> Manner:
    """Answer with one of TMDb's errors."""
    told = {"success": False, "status_code": code, "status_message": "No."}
    return said(told, status)


def access(server: Scripted, secret: Secret | None = BEARER, **more: Any) -> ServiceConfig:
    """Return a configuration that uses a server as TMDb and its image host."""
    return ServiceConfig(
        Service("TMDb", server.host, secret=secret, cache_lifetimes=constants.CACHE_LIFETIMES),
        Service(constants.IMAGE_SERVICE_NAME, server.host),
        locale=Locale("de-DE", "DE"),
        **more,
    )


def desk(
    folder: Path,
    server: Scripted,
    machine: HttpEnvironment,
    secret: Secret | None = BEARER,
    **more: Any,
) -> TmdbContext:
    """Open a context below a home's status folder."""
    return TmdbContext(folder / "status" / "cache", access(server, secret, **more), machine)
