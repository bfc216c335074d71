"""Responses of TMDb, reduced to the used fields.

Names are those of developer.themoviedb.org/reference. Missing or null fields get their defaults; a
field of another type makes the whole response invalid.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mediakeep.lookups import valid_entries

T = TypeVar("T")


class Movie(msgspec.Struct):
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


class Page(msgspec.Struct):
    """A page of search results."""

    results: list[Movie]


class Finds(msgspec.Struct):
    """Movies with the id of another database."""

    movie_results: list[Movie]


class Collection(msgspec.Struct):
    """A collection, requested by itself or as part of a movie; invalid without an id."""

    id: int = 0
    name: str = ""
    overview: str = ""
    poster_path: str = ""
    backdrop_path: str = ""
    parts: list[Movie] = []


class Named(msgspec.Struct):
    """A genre, a company, a country or a keyword."""

    name: str = ""
    id: int = 0
    iso_3166_1: str = ""


class Language(msgspec.Struct):
    """A spoken language."""

    iso_639_1: str = ""


class Person(msgspec.Struct):
    """A member of the cast (with a character) or of the crew (with a job)."""

    id: int = 0
    name: str = ""
    character: str = ""
    order: int = 0
    profile_path: str = ""
    job: str = ""
    department: str = ""


class Credits(msgspec.Struct):
    """Cast and crew."""

    cast: list[Person] = []
    crew: list[Person] = []


class Image(msgspec.Struct):
    """An image."""

    file_path: str = ""
    width: int = 0
    height: int = 0
    iso_639_1: str = ""
    vote_count: int = 0
    vote_average: float = 0.0


class Images(msgspec.Struct):
    """All images of a movie in the requested languages."""

    posters: list[Image] = []
    backdrops: list[Image] = []
    logos: list[Image] = []


class Release(msgspec.Struct):
    """A release in a country."""

    certification: str = ""
    type: int = 0
    release_date: str = ""


class Country(msgspec.Struct):
    """The releases of a country."""

    iso_3166_1: str = ""
    release_dates: list[Release] = []


class Countries(msgspec.Struct):
    """The releases of all countries."""

    results: list[Country] = []


class Video(msgspec.Struct):
    """A trailer or clip on a video site."""

    key: str = ""
    site: str = ""
    type: str = ""
    official: bool = False
    iso_639_1: str = ""


class Videos(msgspec.Struct):
    """All videos in the requested languages."""

    results: list[Video] = []


class Keywords(msgspec.Struct):
    """All keywords."""

    keywords: list[Named] = []


class Texts(msgspec.Struct):
    """The texts of one translation."""

    title: str = ""
    overview: str = ""
    tagline: str = ""


class Translation(msgspec.Struct):
    """A translation, for a language and a country."""

    iso_639_1: str = ""
    iso_3166_1: str = ""
    data: Texts = msgspec.field(default_factory=Texts)


class Translations(msgspec.Struct):
    """All translations."""

    translations: list[Translation] = []


class Title(msgspec.Struct):
    """An alternative title."""

    title: str = ""
    iso_3166_1: str = ""
    type: str = ""


class Titles(msgspec.Struct):
    """All alternative titles."""

    titles: list[Title] = []


class Details(Movie, kw_only=True):
    """A movie with the appended responses."""

    imdb_id: str = ""
    tagline: str = ""
    runtime: int = 0
    status: str = ""
    homepage: str = ""
    adult: bool = False
    vote_average: float = 0.0
    genres: list[Named] = []
    production_countries: list[Named] = []
    production_companies: list[Named] = []
    spoken_languages: list[Language] = []
    belongs_to_collection: Collection | None = None
    keywords: Keywords = msgspec.field(default_factory=Keywords)
    credits: Credits = msgspec.field(default_factory=Credits)
    images: Images = msgspec.field(default_factory=Images)
    release_dates: Countries = msgspec.field(default_factory=Countries)
    alternative_titles: Titles = msgspec.field(default_factory=Titles)
    translations: Translations = msgspec.field(default_factory=Translations)
    videos: Videos = msgspec.field(default_factory=Videos)
    external_ids: dict[str, str | int] = {}


_MOVIES: dict[type[Any], str] = {Page: "results", Finds: "movie_results", Collection: "parts"}


def read(content: bytes, kind: type[T], odd: list[str] | None = None) -> T:
    """Decode a response; raise ValueError or RecursionError if it is invalid.

    The reasons why movies of a list were skipped are added to `odd`, one for each.
    """
    data = _filled(msgspec.json.decode(content))
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError:
        if odd is None or kind not in _MOVIES or not isinstance(data, dict):
            raise
        movies = valid_entries.keep_valid(data, _MOVIES[kind], Movie, odd)
        return msgspec.convert({**data, **movies}, kind)


def _filled(thing: Any) -> Any:
    """Remove null values."""
    if isinstance(thing, dict):
        return {name: _filled(value) for name, value in thing.items() if value is not None}
    if isinstance(thing, list):
        return [_filled(value) for value in thing if value is not None]
    return thing
