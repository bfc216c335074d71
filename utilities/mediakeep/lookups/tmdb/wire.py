"""Responses of TMDb, reduced to the used fields.

Names are those of developer.themoviedb.org/reference. Missing or null fields get their defaults; a
field of another type makes the whole response invalid.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mediakeep.lookups import valid_entries

T = TypeVar("T")


class MovieJson(msgspec.Struct):
    """A movie in search results, find results or a collection."""

    id: int
    title: str = ""
    original_title: str = ""
    original_language: str = ""
    release_date: str = ""
    popularity: float = 0.0
    vote_count: int = 0
    overview: str = ""
    poster_path: str = ""


class SearchPageJson(msgspec.Struct):
    """A page of search results."""

    results: list[MovieJson]


class FindResultsJson(msgspec.Struct):
    """The movies found by the id of another database, such as IMDb."""

    movie_results: list[MovieJson]


class CollectionJson(msgspec.Struct):
    """A collection, requested by itself or as part of a movie; invalid without an id."""

    id: int = 0
    name: str = ""
    overview: str = ""
    poster_path: str = ""
    backdrop_path: str = ""
    parts: list[MovieJson] = []


class NamedJson(msgspec.Struct):
    """A genre, a company, a country or a keyword."""

    name: str = ""
    id: int = 0
    iso_3166_1: str = ""


class LanguageJson(msgspec.Struct):
    """A spoken language."""

    iso_639_1: str = ""


class PersonJson(msgspec.Struct):
    """A member of the cast (with a character) or of the crew (with a job)."""

    id: int = 0
    name: str = ""
    character: str = ""
    order: int = 0
    profile_path: str = ""
    job: str = ""
    department: str = ""


class CreditsJson(msgspec.Struct):
    """Cast and crew."""

    cast: list[PersonJson] = []
    crew: list[PersonJson] = []


class ImageJson(msgspec.Struct):
    """An image."""

    file_path: str = ""
    width: int = 0
    height: int = 0
    iso_639_1: str = ""
    vote_count: int = 0
    vote_average: float = 0.0


class ImagesJson(msgspec.Struct):
    """All images of a movie in the requested languages."""

    posters: list[ImageJson] = []
    backdrops: list[ImageJson] = []
    logos: list[ImageJson] = []


class ReleaseDateJson(msgspec.Struct):
    """A release in a country."""

    certification: str = ""
    type: int = 0
    release_date: str = ""


class CountryReleasesJson(msgspec.Struct):
    """The releases of a country."""

    iso_3166_1: str = ""
    release_dates: list[ReleaseDateJson] = []


class ReleaseDatesJson(msgspec.Struct):
    """The releases of all countries."""

    results: list[CountryReleasesJson] = []


class VideoJson(msgspec.Struct):
    """A trailer or clip on a video site."""

    key: str = ""
    site: str = ""
    type: str = ""
    official: bool = False
    iso_639_1: str = ""


class VideosJson(msgspec.Struct):
    """All videos in the requested languages."""

    results: list[VideoJson] = []


class KeywordsJson(msgspec.Struct):
    """All keywords."""

    keywords: list[NamedJson] = []


class TranslatedTextsJson(msgspec.Struct):
    """The texts of one translation."""

    title: str = ""
    overview: str = ""
    tagline: str = ""


class TranslationJson(msgspec.Struct):
    """A translation, for a language and a country."""

    iso_639_1: str = ""
    iso_3166_1: str = ""
    data: TranslatedTextsJson = msgspec.field(default_factory=TranslatedTextsJson)


class TranslationsJson(msgspec.Struct):
    """All translations."""

    translations: list[TranslationJson] = []


class TitleJson(msgspec.Struct):
    """An alternative title."""

    title: str = ""
    iso_3166_1: str = ""
    type: str = ""


class TitlesJson(msgspec.Struct):
    """All alternative titles."""

    titles: list[TitleJson] = []


class MovieDetailsJson(MovieJson, kw_only=True):
    """A movie with the appended responses."""

    imdb_id: str = ""
    tagline: str = ""
    runtime: int = 0
    status: str = ""
    homepage: str = ""
    adult: bool = False
    vote_average: float = 0.0
    genres: list[NamedJson] = []
    production_countries: list[NamedJson] = []
    production_companies: list[NamedJson] = []
    spoken_languages: list[LanguageJson] = []
    belongs_to_collection: CollectionJson | None = None
    keywords: KeywordsJson = msgspec.field(default_factory=KeywordsJson)
    credits: CreditsJson = msgspec.field(default_factory=CreditsJson)
    images: ImagesJson = msgspec.field(default_factory=ImagesJson)
    release_dates: ReleaseDatesJson = msgspec.field(default_factory=ReleaseDatesJson)
    alternative_titles: TitlesJson = msgspec.field(default_factory=TitlesJson)
    translations: TranslationsJson = msgspec.field(default_factory=TranslationsJson)
    videos: VideosJson = msgspec.field(default_factory=VideosJson)
    external_ids: dict[str, str | int] = {}


_MOVIE_LISTS: dict[type[Any], str] = {
    SearchPageJson: "results",
    FindResultsJson: "movie_results",
    CollectionJson: "parts",
}


def decode(content: bytes, kind: type[T], skip_reasons: list[str] | None = None) -> T:
    """Decode a JSON response of TMDb; raise ValueError or RecursionError if it is invalid.

    The reasons why movies of a list were skipped are added to the list `skip_reasons`.
    """
    data = _without_nulls(msgspec.json.decode(content))
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError:
        if skip_reasons is None or kind not in _MOVIE_LISTS or not isinstance(data, dict):
            raise
        movies = valid_entries.keep_valid_entries(data, _MOVIE_LISTS[kind], MovieJson, skip_reasons)
        return msgspec.convert({**data, **movies}, kind)


def _without_nulls(thing: Any) -> Any:
    """Return a JSON value without its null values."""
    if isinstance(thing, dict):
        return {name: _without_nulls(value) for name, value in thing.items() if value is not None}
    if isinstance(thing, list):
        return [_without_nulls(value) for value in thing if value is not None]
    return thing
