"""The JSON of TMDb's lists: search results, pages and collections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediakeep_simulator.tmdb.errors import TmdbApiError
from mediakeep_simulator.tmdb.model import CatalogueCollection, CatalogueMovie, CatalogueText
from mediakeep_simulator.tmdb.vocabulary import GENRES

_PAGE_SIZE = 20
_MAX_PAGES = 500  # highest page


def hit_json(movie: CatalogueMovie, language: str) -> dict[str, Any]:
    """Return a movie as a search result."""
    texts = localized_text(movie, language)
    return {
        "adult": movie.adult,
        "backdrop_path": movie.backdrops[0].path if movie.backdrops else None,
        "genre_ids": [GENRES[name][0] for name in movie.genres if name in GENRES],
        "id": movie.id,
        "original_language": movie.original_language,
        "original_title": movie.original_title or movie.title,
        "overview": texts.overview,
        "popularity": movie.popularity,
        "poster_path": poster_path(movie, language),
        "release_date": movie.release_date,
        "title": texts.title,
        "video": False,
        "vote_average": movie.rating,
        "vote_count": movie.votes,
    }


def multi_hit_json(movie: CatalogueMovie, language: str) -> dict[str, Any]:
    """Return a movie as a result among other media types."""
    return {**hit_json(movie, language), "media_type": "movie"}


def page_json(results: Sequence[CatalogueMovie], number: str, language: str) -> dict[str, Any]:
    """Return a page of search results as JSON; raise TmdbApiError if its number is invalid."""
    if not number.isascii() or not number.isdigit() or not 1 <= int(number[:9]) <= _MAX_PAGES:
        raise TmdbApiError(22)
    first = (int(number) - 1) * _PAGE_SIZE
    return {
        "page": int(number),
        "results": [hit_json(movie, language) for movie in results[first : first + _PAGE_SIZE]],
        "total_pages": max(1, -(-len(results) // _PAGE_SIZE)),
        "total_results": len(results),
    }


def collection_json(
    series: CatalogueCollection, movies: Sequence[CatalogueMovie], language: str
) -> dict[str, Any]:
    """Return a collection and its movies."""
    pictured = next((movie for movie in movies if movie.posters), None)
    return {
        "id": series.id,
        "name": series.name,
        "original_language": "en",
        "original_name": series.name,
        "overview": series.overview,
        "poster_path": poster_path(pictured, language) if pictured else None,
        "backdrop_path": pictured.backdrops[0].path if pictured and pictured.backdrops else None,
        "parts": [multi_hit_json(movie, language) for movie in movies],
    }


def localized_text(movie: CatalogueMovie, language: str) -> CatalogueText:
    """Return the texts of a movie in a language such as "de-DE"; the title is never empty."""
    code = language.partition("-")[0].lower()
    if code in ("", "en"):
        return CatalogueText("en", "US", movie.title, movie.overview, movie.tagline)
    original = movie.original_title or movie.title
    for text in movie.texts:
        if text.language == code:
            return (
                text if text.title else CatalogueText(code, text.country, original, text.overview)
            )
    return CatalogueText(code, "", original)


def poster_path(movie: CatalogueMovie, language: str) -> str | None:
    """Return the path of the poster in a language, else of the first one."""
    code = language.partition("-")[0].lower() or "en"
    of_language = (art for art in movie.posters if art.language == code)
    art = next(of_language, movie.posters[0] if movie.posters else None)
    return art.path if art else None
