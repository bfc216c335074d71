"""TMDb's answers as they come, reduced to the fields that are used.

Names as in developer.themoviedb.org/reference. Fields that are missing or null have their defaults;
one of another type makes the whole answer unusable.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mediakeep.lookups import valid_entries

T = TypeVar("T")


class Movie(msgspec.Struct):
    """A movie in a list: of a search, of a find, or of a collection."""

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
    """A page of a search."""

    results: list[Movie]


class Finds(msgspec.Struct):
    """What another database's id leads to."""

    movie_results: list[Movie]


class Collection(msgspec.Struct):
    """A collection, in an answer of its own or in that of a movie; without an id it is none."""

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
    """A language that is spoken."""

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
    """Who is in it and who made it."""

    cast: list[Person] = []
    crew: list[Person] = []


class Image(msgspec.Struct):
    """A picture."""

    file_path: str = ""
    width: int = 0
    height: int = 0
    iso_639_1: str = ""
    vote_count: int = 0
    vote_average: float = 0.0


class Images(msgspec.Struct):
    """All pictures of a movie in the languages that were asked for."""

    posters: list[Image] = []
    backdrops: list[Image] = []
    logos: list[Image] = []


class Release(msgspec.Struct):
    """One release in a country."""

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
    """A trailer, a clip or the like, at another site."""

    key: str = ""
    site: str = ""
    type: str = ""
    official: bool = False
    iso_639_1: str = ""


class Videos(msgspec.Struct):
    """All videos in the languages that were asked for."""

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
    """Another title."""

    title: str = ""
    iso_3166_1: str = ""
    type: str = ""


class Titles(msgspec.Struct):
    """All other titles."""

    titles: list[Title] = []


class Details(Movie, kw_only=True):
    """A movie with all that is appended to it."""

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
    """Read an answer; ValueError or RecursionError where it is none of that kind.

    The reasons why movies of a list were left out are added to `odd`, one for each.
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
    """Leave out whatever is null."""
    if isinstance(thing, dict):
        return {name: _filled(value) for name, value in thing.items() if value is not None}
    if isinstance(thing, list):
        return [_filled(value) for value in thing if value is not None]
    return thing
