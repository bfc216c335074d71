"""Client for TMDb.

All data of a movie takes one request, because everything is appended to the response
(developer.themoviedb.org/docs/append-to-response). Images are not cached: they become files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mediakeep.errors import BadAnswer, NoSuchMovie, NotThere
from mediakeep.lookups.access import Access
from mediakeep.lookups.http import Http
from mediakeep.lookups.tmdb import reading, shapes, terms
from mediakeep.lookups.tmdb.films import Collection, Hit, Movie

T = TypeVar("T")

# The order is part of the URL, by which responses are cached.
APPENDED = (
    *("credits", "images", "release_dates", "videos", "external_ids", "keywords"),
    *("translations", "alternative_titles"),
)
PAGE = 20  # results on a page of a search
_LONGEST = 200  # characters of a title in a search


class TMDb:
    """Client for TMDb; all methods may raise LookupSkipped, Outage or ServiceFailed."""

    def __init__(self, http: Http, access: Access) -> None:
        from mediakeep.lookups.tmdb import seam  # deferred: importing takes 0.1 s

        self._http, self._access = http, access
        self._session = seam.Session(access.catalogue.host, self._read)
        self._anew = set[str]()  # URLs that bypassed the cache once
        self._url = ""  # of the last response

    def search(self, title: str, year: int = 0, *, primary: bool = True) -> tuple[Hit, ...]:
        """Search movies by title; return at most 20, in the order of TMDb.

        `year` is the year of the first release, or of any release without `primary`.
        """
        query = _searchable(title)
        if not query:
            return ()
        parameters = {"query": query, "include_adult": False, "language": self._language}
        if year:
            parameters["primary_release_year" if primary else "year"] = year
        try:
            page = self._asked(shapes.Page, self._made("Search").movie, parameters)
        except NotThere as error:  # a search without results is not a 404
            raise self._unusable("the search endpoint is missing") from error
        return self._hits(page.results)

    def find(self, imdb_id: str) -> tuple[Hit, ...]:
        """Return the movies with an IMDb id; none if it is not a valid id."""
        if not terms.is_imdb_id(imdb_id):
            return ()
        parameters = {"external_source": "imdb_id", "language": self._language}
        try:
            results = self._asked(shapes.Finds, self._made("Find", imdb_id).info, parameters)
        except NotThere:
            return ()
        return self._hits(results.movie_results)

    def movie(self, ident: int | str) -> Movie:
        """Return a movie by its TMDb or IMDb id; raise NoSuchMovie if unknown."""
        movie_id = str(ident)
        is_own = movie_id.isascii() and movie_id.isdigit() and 0 < int(movie_id[:11]) <= terms.MOST
        if not (is_own or terms.is_imdb_id(movie_id)):
            raise NoSuchMovie("movie", movie_id)
        movie_id = str(int(movie_id)) if is_own else movie_id  # one URL for each id
        parameters, before = self._wanted(), self._http.spent.requests
        try:
            details = self._asked(shapes.Details, self._made("Movies", movie_id).info, parameters)
        except NotThere as error:
            raise NoSuchMovie("movie", movie_id) from error
        if details.id <= 0 or (is_own and details.id != int(movie_id)):
            raise self._unusable(f"the response is about movie {details.id}")
        if not is_own and self._http.spent.requests > before:
            self._http.repeat(self._url, self._url.replace(f"/{movie_id}?", f"/{details.id}?"))
        return reading.movie(details, self._language)

    def collection(self, ident: int) -> Collection:
        """Return a collection with its movies; raise NoSuchMovie if unknown."""
        if not 0 < ident <= terms.MOST:
            raise NoSuchMovie("collection", ident)
        ask, parameters = self._made("Collections", ident).info, {"language": self._language}
        try:
            data = self._asked(shapes.Collection, ask, parameters)
        except NotThere as error:
            raise NoSuchMovie("collection", ident) from error
        if data.id != ident:
            raise self._unusable(f"the response is about collection {data.id}")
        data.parts = self._usable(data.parts)
        return reading.collection(data)

    def image(self, path: str, size: str = "original") -> bytes:
        """Fetch an image by path, such as "/aB3.jpg", in a size such as "w500"; raise NotFound."""
        pictures = self._access.pictures
        url = picture_url(pictures.host, path, size)
        if not terms.is_picture(path):
            raise NotThere(pictures.name, url)
        return self._http.get(pictures, url, fresh=self._access.fresh, keep=False).content

    def _wanted(self) -> dict[str, str]:
        """Return the query parameters that request all data of a movie."""
        short = self._access.locale.tongue
        return {
            "language": self._language,
            "append_to_response": ",".join(APPENDED),
            "include_image_language": ",".join(dict.fromkeys((short, "en", "null"))),
            "include_video_language": ",".join(dict.fromkeys((short, "en"))),
        }

    @property
    def _language(self) -> str:
        return self._access.locale.language

    def _hits(self, movies: list[shapes.Movie]) -> tuple[Hit, ...]:
        return tuple(map(reading.hit, self._usable(movies)[:PAGE]))

    def _usable(self, movies: list[shapes.Movie]) -> list[shapes.Movie]:
        """Return the movies with a valid id; raise InvalidResponse if none has one."""
        usable = [movie for movie in movies if 0 < movie.id <= terms.MOST]
        odd = [str(movie.id) for movie in movies if not 0 < movie.id <= terms.MOST]
        if odd and not usable:
            raise self._unusable(f"invalid id {odd[0]}")
        self._note([f"invalid id {ident}" for ident in odd])
        return usable

    def _note(self, odd: Sequence[str]) -> None:
        """Record the skipped entries of the last response, and remove it from the cache."""
        if odd:
            self._http.forget(self._url)
            self._http.spent.note_odd(self._access.catalogue.name, odd, self._url)

    def _made(self, group: str, *ids: object) -> Any:
        """Create an object of a tmdbsimple class that uses our session."""
        from mediakeep.lookups.tmdb import seam

        return seam.made(group, *ids, session=self._session)

    def _asked(self, kind: type[T], ask: Callable[..., Any], parameters: dict[str, Any]) -> T:
        """Call a function of tmdbsimple, and decode the response."""
        content = ask(**parameters)
        try:
            odd: list[str] = []
            data = shapes.read(content, kind, odd)
            self._note(odd)
            return data
        except (ValueError, RecursionError) as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, why: str) -> BadAnswer:
        """Remove the last response from the cache, and return the error for it."""
        self._http.forget(self._url)
        return BadAnswer(self._access.catalogue.name, why, self._url)

    def _read(self, url: str) -> bytes:
        self._url = url
        fresh = self._access.fresh and url not in self._anew
        response = self._http.get(self._access.catalogue, url, fresh=fresh)
        self._anew.add(url)
        return response.content


def picture_url(host: str, path: str, size: str = "original") -> str:
    """Return the URL of an image, or "" without a path."""
    return f"{host}/t/p/{size}{path}" if path else ""


def _searchable(title: str) -> str:
    """Return a title on one line with a limited length."""
    plain = "".join(char if char.isprintable() else " " for char in title)
    return " ".join(plain.split())[:_LONGEST]
