"""The lists of TMDb: search results, pages and collections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediakeep_simulator.tmdb.errors import TmdbApiError
from mediakeep_simulator.tmdb.model import CatalogueCollection, CatalogueMovie, CatalogueText
from mediakeep_simulator.tmdb.vocabulary import GENRES

_PAGE_SIZE = 20
_MAX_PAGES = 500  # highest page


def hit_json(film: CatalogueMovie, language: str) -> dict[str, Any]:
    """Return a movie as a search result."""
    texts = localized_text(film, language)
    return {
        "adult": film.adult,
        "backdrop_path": film.backdrops[0].path if film.backdrops else None,
        "genre_ids": [GENRES[name][0] for name in film.genres if name in GENRES],
        "id": film.id,
        "original_language": film.original_language,
        "original_title": film.original_title or film.title,
        "overview": texts.overview,
        "popularity": film.popularity,
        "poster_path": poster_path(film, language),
        "release_date": film.release_date,
        "title": texts.title,
        "video": False,
        "vote_average": film.rating,
        "vote_count": film.votes,
    }


def multi_hit_json(film: CatalogueMovie, language: str) -> dict[str, Any]:
    """Return a movie as a result among other media types."""
    return {**hit_json(film, language), "media_type": "movie"}


def page_json(results: Sequence[CatalogueMovie], number: str, language: str) -> dict[str, Any]:
    """Return a page of results; raise TmdbApiError for an invalid page."""
    if not number.isascii() or not number.isdigit() or not 1 <= int(number[:9]) <= _MAX_PAGES:
        raise TmdbApiError(22)
    first = (int(number) - 1) * _PAGE_SIZE
    return {
        "page": int(number),
        "results": [hit_json(film, language) for film in results[first : first + _PAGE_SIZE]],
        "total_pages": max(1, -(-len(results) // _PAGE_SIZE)),
        "total_results": len(results),
    }


def collection_json(
    series: CatalogueCollection, films: Sequence[CatalogueMovie], language: str
) -> dict[str, Any]:
    """Return a collection and its movies."""
    pictured = next((film for film in films if film.posters), None)
    return {
        "id": series.id,
        "name": series.name,
        "original_language": "en",
        "original_name": series.name,
        "overview": series.overview,
        "poster_path": poster_path(pictured, language) if pictured else None,
        "backdrop_path": pictured.backdrops[0].path if pictured and pictured.backdrops else None,
        "parts": [multi_hit_json(film, language) for film in films],
    }


def localized_text(film: CatalogueMovie, language: str) -> CatalogueText:
    """Return the texts of a movie in a language such as "de-DE"; the title is never empty."""
    wanted = language.partition("-")[0].lower()
    if wanted in ("", "en"):
        return CatalogueText("en", "US", film.title, film.overview, film.tagline)
    original = film.original_title or film.title
    for told in film.texts:
        if told.language == wanted:
            return (
                told if told.title else CatalogueText(wanted, told.country, original, told.overview)
            )
    return CatalogueText(wanted, "", original)


def poster_path(film: CatalogueMovie, language: str) -> str | None:
    """Return the path of the poster in a language, else of the first one."""
    wanted = language.partition("-")[0].lower() or "en"
    of_language = (art for art in film.posters if art.language == wanted)
    art = next(of_language, film.posters[0] if film.posters else None)
    return art.path if art else None
