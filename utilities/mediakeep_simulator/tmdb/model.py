"""The entities of an invented movie catalogue."""

from __future__ import annotations

import msgspec


class CataloguePerson(msgspec.Struct, frozen=True, omit_defaults=True):
    """An actor (with a role) or a crew member (with a job)."""

    id: int
    name: str
    role: str = ""
    job: str = ""
    department: str = ""
    portrait: bool = False


class CatalogueImage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A poster, backdrop or logo; sizes are in pixels.

    `language` is "" if the image has no text.
    """

    path: str  # "/abc.jpg"
    width: int
    height: int
    language: str = ""
    votes: int = 0
    rating: float = 0.0


class CatalogueText(msgspec.Struct, frozen=True, omit_defaults=True):
    """The texts of a movie in a language, such as "de" of the country "DE"."""

    language: str
    country: str
    title: str = ""
    overview: str = ""
    tagline: str = ""


class CatalogueMovie(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An invented movie.

    Dates are YYYY-MM-DD, runtimes are in minutes, languages and countries are ISO codes.
    """

    id: int
    title: str
    imdb_id: str = ""
    original_title: str = ""  # "": same as the title
    original_language: str = "en"
    release_date: str = ""
    runtime: int = 0
    popularity: float = 1.0
    rating: float = 0.0
    votes: int = 0
    overview: str = ""
    tagline: str = ""
    genres: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    collection: int = 0
    people: tuple[CataloguePerson, ...] = ()
    certificates: dict[str, str] = {}  # by country
    alternative_titles: tuple[tuple[str, str], ...] = ()  # country and title
    texts: tuple[CatalogueText, ...] = ()
    posters: tuple[CatalogueImage, ...] = ()
    backdrops: tuple[CatalogueImage, ...] = ()
    logos: tuple[CatalogueImage, ...] = ()
    trailer: str = ""
    adult: bool = False


class CatalogueCollection(msgspec.Struct, frozen=True, omit_defaults=True):
    """An invented collection of movies, such as a series."""

    id: int
    name: str
    overview: str = ""


class MovieCatalogue(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A catalogue of invented movies; requests for the ids in `removed` return 404."""

    films: tuple[CatalogueMovie, ...] = ()
    series: tuple[CatalogueCollection, ...] = ()
    removed: tuple[int, ...] = ()
