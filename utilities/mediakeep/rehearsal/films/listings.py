"""The lists of TMDb: search results, pages and collections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediakeep.rehearsal.films.film import Film, Series, Text
from mediakeep.rehearsal.films.statuses import Failed
from mediakeep.rehearsal.films.vocabulary import GENRES

_PAGE = 20
_PAGES = 500  # highest page


def hit(film: Film, language: str) -> dict[str, Any]:
    """Return a movie as a search result."""
    texts = text(film, language)
    return {
        "adult": film.adult,
        "backdrop_path": film.backdrops[0].path if film.backdrops else None,
        "genre_ids": [GENRES[name][0] for name in film.genres if name in GENRES],
        "id": film.id,
        "original_language": film.original_language,
        "original_title": film.original_title or film.title,
        "overview": texts.overview,
        "popularity": film.popularity,
        "poster_path": poster(film, language),
        "release_date": film.release_date,
        "title": texts.title,
        "video": False,
        "vote_average": film.rating,
        "vote_count": film.votes,
    }


def listed(film: Film, language: str) -> dict[str, Any]:
    """Return a movie as a result among other media types."""
    return {**hit(film, language), "media_type": "movie"}


def page(results: Sequence[Film], number: str, language: str) -> dict[str, Any]:
    """Return a page of results; raise TmdbApiError for an invalid page."""
    if not number.isascii() or not number.isdigit() or not 1 <= int(number[:9]) <= _PAGES:
        raise Failed(22)
    first = (int(number) - 1) * _PAGE
    return {
        "page": int(number),
        "results": [hit(film, language) for film in results[first : first + _PAGE]],
        "total_pages": max(1, -(-len(results) // _PAGE)),
        "total_results": len(results),
    }


def collection(series: Series, films: Sequence[Film], language: str) -> dict[str, Any]:
    """Return a collection and its movies."""
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
    """Return the texts of a movie in a language such as "de-DE"; the title is never empty."""
    wanted = language.partition("-")[0].lower()
    if wanted in ("", "en"):
        return Text("en", "US", film.title, film.overview, film.tagline)
    original = film.original_title or film.title
    for told in film.texts:
        if told.language == wanted:
            return told if told.title else Text(wanted, told.country, original, told.overview)
    return Text(wanted, "", original)


def poster(film: Film, language: str) -> str | None:
    """Return the path of the poster in a language, else of the first one."""
    wanted = language.partition("-")[0].lower() or "en"
    of_language = (art for art in film.posters if art.language == wanted)
    art = next(of_language, film.posters[0] if film.posters else None)
    return art.path if art else None
