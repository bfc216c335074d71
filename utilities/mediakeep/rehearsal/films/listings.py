"""What TMDb lists: a movie as one hit of many, a page of hits, a collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediakeep.rehearsal.films.film import Film, Series, Text
from mediakeep.rehearsal.films.statuses import Failed
from mediakeep.rehearsal.films.vocabulary import GENRES

_PAGE = 20
_PAGES = 500  # the last that may be asked for


def hit(film: Film, language: str) -> dict[str, Any]:
    """Tell of a movie in short."""
    told = text(film, language)
    return {
        "adult": film.adult,
        "backdrop_path": film.backdrops[0].path if film.backdrops else None,
        "genre_ids": [GENRES[name][0] for name in film.genres if name in GENRES],
        "id": film.id,
        "original_language": film.original_language,
        "original_title": film.original_title or film.title,
        "overview": told.overview,
        "popularity": film.popularity,
        "poster_path": poster(film, language),
        "release_date": film.release_date,
        "title": told.title,
        "video": False,
        "vote_average": film.rating,
        "vote_count": film.votes,
    }


def listed(film: Film, language: str) -> dict[str, Any]:
    """Tell of a movie where there are other things besides movies."""
    return {**hit(film, language), "media_type": "movie"}


def page(found: Sequence[Film], number: str, language: str) -> dict[str, Any]:
    """Tell a page of what was found; Failed where there can be no such page."""
    if not number.isascii() or not number.isdigit() or not 1 <= int(number[:9]) <= _PAGES:
        raise Failed(22)
    first = (int(number) - 1) * _PAGE
    return {
        "page": int(number),
        "results": [hit(film, language) for film in found[first : first + _PAGE]],
        "total_pages": max(1, -(-len(found) // _PAGE)),
        "total_results": len(found),
    }


def collection(series: Series, films: Sequence[Film], language: str) -> dict[str, Any]:
    """Tell of a collection and the movies in it."""
    pictured = next((film for film in films if film.posters), None)
    return {
        "id": series.id,
        "name": series.name,
        "original_language": "en",
        "original_name": series.name,
        "overview": series.overview,
        "poster_path": poster(pictured, language) if pictured else None,
        "backdrop_path": pictured.backdrops[0].path if pictured and pictured.backdrops else None,
        "parts": [listed(film, language) for film in films],
    }


def text(film: Film, language: str) -> Text:
    """Return a movie's texts in a language such as "de-DE"; the title is never missing."""
    wanted = language.partition("-")[0].lower()
    if wanted in ("", "en"):
        return Text("en", "US", film.title, film.overview, film.tagline)
    original = film.original_title or film.title
    for told in film.texts:
        if told.language == wanted:
            return told if told.title else Text(wanted, told.country, original, told.overview)
    return Text(wanted, "", original)


def poster(film: Film, language: str) -> str | None:
    """Return the path of the poster in a language, else of the first."""
    wanted = language.partition("-")[0].lower() or "en"
    of_language = (art for art in film.posters if art.language == wanted)
    art = next(of_language, film.posters[0] if film.posters else None)
    return art.path if art else None
