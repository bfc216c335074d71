"""Movies and collections of TMDb, reduced to the fields used here.

The fields follow the responses of its API, version 3 (developer.themoviedb.org/reference). Missing,
null or empty values are "", 0 or (). Dates are YYYY-MM-DD, running times minutes, languages ISO
639-1, countries ISO 3166-1; the `path` of an image is the part of its URL after the size.
"""

from __future__ import annotations

import msgspec


class MovieSummary(msgspec.Struct, frozen=True, omit_defaults=True):
    """A movie as listed in search results and collections."""

    id: int
    title: str = ""
    original_title: str = ""
    original_language: str = ""
    release_date: str = ""
    popularity: float = 0.0
    vote_count: int = 0
    overview: str = ""
    poster: str = ""  # path

    @property
    def year(self) -> int:
        """The year of the movie's first release, or 0 if unknown."""
        return parse_year(self.release_date)


class TmdbImage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A poster, backdrop or logo of a movie; `language` is "" if the image has no text."""

    path: str
    width: int = 0
    height: int = 0
    language: str = ""
    votes: int = 0
    rating: float = 0.0


class CastMember(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a movie's cast, in the order of the credits."""

    name: str
    role: str = ""
    order: int = 0
    portrait: str = ""  # path
    id: int = 0


class CrewMember(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a movie's crew, such as the director."""

    name: str
    job: str = ""
    department: str = ""
    id: int = 0


class AlternativeTitle(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alternative title of a movie, with its country."""

    title: str
    country: str = ""
    type: str = ""


class Translation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The texts of a movie in another language; missing texts are ""."""

    language: str
    country: str = ""
    title: str = ""
    overview: str = ""
    tagline: str = ""


class Certification(msgspec.Struct, frozen=True, omit_defaults=True):
    """The age rating of a release in a country, or "" if unrated.

    `type` is TMDb's: 1 premiere, 2 limited, 3 theatrical, 4 digital, 5 physical, 6 TV.
    """

    country: str
    certification: str = ""
    type: int = 0
    date: str = ""


class NamedEntity(msgspec.Struct, frozen=True, omit_defaults=True):
    """A genre, country, studio, keyword or collection, with its id or code."""

    name: str
    id: int = 0
    code: str = ""
    overview: str = ""
    poster: str = ""
    backdrop: str = ""


class Movie(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A movie with all data of one request; texts are in the requested language (`asked`)."""

    id: int
    imdb_id: str = ""
    asked: str = ""  # the language, such as "de-DE"
    title: str = ""
    original_title: str = ""
    original_language: str = ""
    overview: str = ""
    tagline: str = ""
    release_date: str = ""
    runtime: int = 0  # minutes
    status: str = ""
    homepage: str = ""
    adult: bool = False
    rating: float = 0.0  # 0 to 10
    votes: int = 0
    popularity: float = 0.0
    genres: tuple[NamedEntity, ...] = ()
    countries: tuple[NamedEntity, ...] = ()
    studios: tuple[NamedEntity, ...] = ()
    keywords: tuple[NamedEntity, ...] = ()
    spoken_languages: tuple[str, ...] = ()
    collection: NamedEntity | None = None
    cast: tuple[CastMember, ...] = ()
    crew: tuple[CrewMember, ...] = ()
    posters: tuple[TmdbImage, ...] = ()
    backdrops: tuple[TmdbImage, ...] = ()
    logos: tuple[TmdbImage, ...] = ()
    certificates: tuple[Certification, ...] = ()
    alternative_titles: tuple[AlternativeTitle, ...] = ()
    translations: tuple[Translation, ...] = ()
    trailer: str = ""  # key of a YouTube video
    external_ids: dict[str, str] = {}  # "imdb", "wikidata"...

    @property
    def year(self) -> int:
        """The year of the movie's first release, or 0 if unknown."""
        return parse_year(self.release_date)

    @property
    def directors(self) -> tuple[str, ...]:
        """The names of the movie's directors."""
        return tuple(dict.fromkeys(it.name for it in self.crew if it.job == "Director"))


class MovieCollection(msgspec.Struct, frozen=True, omit_defaults=True):
    """A collection of movies, such as a series."""

    id: int
    name: str = ""
    overview: str = ""
    parts: tuple[MovieSummary, ...] = ()
    poster: str = ""
    backdrop: str = ""


def parse_year(date: str) -> int:
    """Return the year of a date in the form YYYY-MM-DD, or 0 if it has none."""
    return int(date[:4]) if date[:4].isascii() and date[:4].isdigit() else 0
