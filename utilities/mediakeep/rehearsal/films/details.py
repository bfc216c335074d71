"""The details of a movie as served by TMDb, with appended parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediakeep.rehearsal.films import appended, listings
from mediakeep.rehearsal.films.appended import SPOKEN
from mediakeep.rehearsal.films.film import Film, Series
from mediakeep.rehearsal.films.statuses import Failed
from mediakeep.rehearsal.films.vocabulary import GENRES
from mediakeep.rehearsal.reply import Question

_APPENDED = 20  # maximum of appended parts per request

_COUNTRIES = {"US": "United States", "DE": "Germany", "GB": "United Kingdom"}
_COUNTRIES |= {"FR": "France", "JP": "Japan"}


def movie(film: Film, series: Mapping[int, Series], question: Question) -> dict[str, Any]:
    """Return a movie in the requested language; raise TmdbApiError for too many parts."""
    wanted = [name for name in question.one("append_to_response").split(",") if name]
    if len(wanted) > _APPENDED:
        raise Failed(27)
    parts = {
        name: appended.PARTS[name](film, question) for name in wanted if name in appended.PARTS
    }
    return {**_facts(film, question.one("language")), **_belongs(film, series), **parts}


def _facts(film: Film, language: str) -> dict[str, Any]:
    details = listings.hit(film, language)
    del details["genre_ids"]
    return {
        **details,
        "budget": 0,
        "genres": [_genre(name, language) for name in film.genres],
        "homepage": "",
        "imdb_id": film.imdb_id or None,
        "origin_country": list(film.countries),
        "production_companies": [
            {"id": 1 + place, "logo_path": None, "name": name, "origin_country": ""}
            for place, name in enumerate(film.studios)
        ],
        "production_countries": [
            {"iso_3166_1": code, "name": _COUNTRIES.get(code, code)} for code in film.countries
        ],
        "revenue": 0,
        "runtime": film.runtime,
        "spoken_languages": [
            {
                "english_name": SPOKEN.get(film.original_language, ""),
                "iso_639_1": film.original_language,
                "name": SPOKEN.get(film.original_language, ""),
            }
        ],
        "status": "Released",
        "tagline": listings.text(film, language).tagline,
    }


def _genre(name: str, language: str) -> dict[str, Any]:
    number, names = GENRES.get(name, (0, {}))
    return {"id": number, "name": names.get(language.partition("-")[0], name)}


def _belongs(film: Film, series: Mapping[int, Series]) -> dict[str, Any]:
    collection = series.get(film.collection)
    if collection is None:
        return {"belongs_to_collection": None}
    result = {
        "id": collection.id,
        "name": collection.name,
        "poster_path": None,
        "backdrop_path": None,
    }
    return {"belongs_to_collection": result}
