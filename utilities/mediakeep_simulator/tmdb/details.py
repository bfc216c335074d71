"""The JSON of a movie's details, as served by TMDb, with appended parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediakeep_simulator.http_types import SimulatorRequest
from mediakeep_simulator.tmdb import appended, listings
from mediakeep_simulator.tmdb.appended import LANGUAGE_NAMES
from mediakeep_simulator.tmdb.errors import TmdbApiError
from mediakeep_simulator.tmdb.model import CatalogueCollection, CatalogueMovie
from mediakeep_simulator.tmdb.vocabulary import GENRES

_MAX_APPENDED = 20  # maximum of appended parts per request

_COUNTRY_NAMES = {"US": "United States", "DE": "Germany", "GB": "United Kingdom"}
_COUNTRY_NAMES |= {"FR": "France", "JP": "Japan"}


def movie_json(
    movie: CatalogueMovie, series: Mapping[int, CatalogueCollection], request: SimulatorRequest
) -> dict[str, Any]:
    """Return a movie in the requested language; raise TmdbApiError for too many parts."""
    names = [name for name in request.get_param("append_to_response").split(",") if name]
    if len(names) > _MAX_APPENDED:
        raise TmdbApiError(27)
    parts = {
        name: appended.APPENDED_PARTS[name](movie, request)
        for name in names
        if name in appended.APPENDED_PARTS
    }
    return {
        **_details_json(movie, request.get_param("language")),
        **_collection_json(movie, series),
        **parts,
    }


def _details_json(movie: CatalogueMovie, language: str) -> dict[str, Any]:
    details = listings.hit_json(movie, language)
    del details["genre_ids"]
    return {
        **details,
        "budget": 0,
        "genres": [_genre_json(name, language) for name in movie.genres],
        "homepage": "",
        "imdb_id": movie.imdb_id or None,
        "origin_country": list(movie.countries),
        "production_companies": [
            {"id": 1 + place, "logo_path": None, "name": name, "origin_country": ""}
            for place, name in enumerate(movie.studios)
        ],
        "production_countries": [
            {"iso_3166_1": code, "name": _COUNTRY_NAMES.get(code, code)} for code in movie.countries
        ],
        "revenue": 0,
        "runtime": movie.runtime,
        "spoken_languages": [
            {
                "english_name": LANGUAGE_NAMES.get(movie.original_language, ""),
                "iso_639_1": movie.original_language,
                "name": LANGUAGE_NAMES.get(movie.original_language, ""),
            }
        ],
        "status": "Released",
        "tagline": listings.localized_text(movie, language).tagline,
    }


def _genre_json(name: str, language: str) -> dict[str, Any]:
    number, names = GENRES.get(name, (0, {}))
    return {"id": number, "name": names.get(language.partition("-")[0], name)}


def _collection_json(
    movie: CatalogueMovie, series: Mapping[int, CatalogueCollection]
) -> dict[str, Any]:
    collection = series.get(movie.collection)
    if collection is None:
        return {"belongs_to_collection": None}
    result = {
        "id": collection.id,
        "name": collection.name,
        "poster_path": None,
        "backdrop_path": None,
    }
    return {"belongs_to_collection": result}
