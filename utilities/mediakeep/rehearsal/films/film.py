"""The entities of a made cinema: what a stand-in for TMDb knows. All of it is invented."""

from __future__ import annotations

import msgspec


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody in front of the camera (with a role) or behind it (with a job)."""

    id: int
    name: str
    role: str = ""
    job: str = ""
    department: str = ""
    portrait: bool = False


class Art(msgspec.Struct, frozen=True, omit_defaults=True):
    """A poster, backdrop or logo; `language` "" for one without text; sizes in pixels."""

    path: str  # "/abc.jpg"
    width: int
    height: int
    language: str = ""
    votes: int = 0
    rating: float = 0.0


class Text(msgspec.Struct, frozen=True, omit_defaults=True):
    """A movie's texts in a language, such as "de" of the country "DE"."""

    language: str
    country: str
    title: str = ""
    overview: str = ""
    tagline: str = ""


class Film(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A movie. Dates are YYYY-MM-DD, running times minutes, languages and countries ISO codes."""

    id: int
    title: str
    imdb_id: str = ""
    original_title: str = ""  # "": the same as the title
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
    people: tuple[Person, ...] = ()
    certificates: dict[str, str] = {}  # by country
    alternative_titles: tuple[tuple[str, str], ...] = ()  # country and title
    texts: tuple[Text, ...] = ()
    posters: tuple[Art, ...] = ()
    backdrops: tuple[Art, ...] = ()
    logos: tuple[Art, ...] = ()
    trailer: str = ""
    adult: bool = False


class Series(msgspec.Struct, frozen=True, omit_defaults=True):
    """What TMDb calls a collection."""

    id: int
    name: str
    overview: str = ""


class Cinema(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All that the stand-in knows; of a `removed` id it once had a movie, and answers 404."""

    films: tuple[Film, ...] = ()
    series: tuple[Series, ...] = ()
    removed: tuple[int, ...] = ()
