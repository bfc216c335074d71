"""Client for TMDb, The Movie Database.

All data of a movie takes one request, because everything is appended to the response
(developer.themoviedb.org/docs/append-to-response). Images are not cached: they become files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mediakeep.errors import InvalidResponse, NoSuchMovie, NotFound
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.lookups.tmdb import constants, convert, wire
from mediakeep.lookups.tmdb.model import Movie, MovieCollection, MovieSummary

T = TypeVar("T")

# The order is part of the URL, by which responses are cached.
APPENDED_RESPONSES = (
    *("credits", "images", "release_dates", "videos", "external_ids", "keywords"),
    *("translations", "alternative_titles"),
)
PAGE_SIZE = 20  # results on a page of a search
_MAX_TITLE_CHARS = 200  # characters of a title in a search


class TmdbClient:
    """Client for TMDb; all methods may raise LookupSkipped, Outage or ServiceFailed."""

    def __init__(self, http: CachedHttp, config: ServiceConfig) -> None:
        from mediakeep.lookups.tmdb import tmdbsimple_adapter  # deferred: importing takes 0.1 s

        self._http, self._config = http, config
        self._session = tmdbsimple_adapter.TmdbsimpleSession(
            config.catalogue.host, self._fetch, config.catalogue.secret
        )
        self._refreshed_urls = set[str]()  # URLs that bypassed the cache once
        self._last_url = ""  # of the last response

    def search_movies(
        self, title: str, year: int = 0, *, primary: bool = True
    ) -> tuple[MovieSummary, ...]:
        """Search movies by title; return at most 20, in the order of TMDb.

        `year` is the year of the movie's first release. With `primary` off, it is the year of any
        release.
        """
        query = _clean_title(title)
        if not query:
            return ()
        parameters = {"query": query, "include_adult": False, "language": self._language}
        if year:
            parameters["primary_release_year" if primary else "year"] = year
        try:
            page = self._request(
                wire.SearchPageJson, self._create_endpoint("Search").movie, parameters
            )
        except NotFound as error:  # a search without results is not a 404
            raise self._invalid_response("the search endpoint is missing") from error
        return self._convert_summaries(page.results)

    def find_by_imdb_id(self, imdb_id: str) -> tuple[MovieSummary, ...]:
        """Return the movies with an IMDb id; () if there is none or the id is invalid."""
        if not constants.is_imdb_id(imdb_id):
            return ()
        parameters = {"external_source": "imdb_id", "language": self._language}
        try:
            results = self._request(
                wire.FindResultsJson, self._create_endpoint("Find", imdb_id).info, parameters
            )
        except NotFound:
            return ()
        return self._convert_summaries(results.movie_results)

    def get_movie(self, ident: int | str) -> Movie:
        """Return the movie with a TMDb id (number) or IMDb id (text).

        Raise NoSuchMovie if TMDb does not know it.
        """
        movie_id = str(ident)
        is_own = (
            movie_id.isascii() and movie_id.isdigit() and 0 < int(movie_id[:11]) <= constants.MAX_ID
        )
        if not (is_own or constants.is_imdb_id(movie_id)):
            raise NoSuchMovie("movie", movie_id)
        movie_id = str(int(movie_id)) if is_own else movie_id  # one URL for each id
        parameters, before = self._movie_parameters(), self._http.stats.requests
        try:
            details = self._request(
                wire.MovieDetailsJson, self._create_endpoint("Movies", movie_id).info, parameters
            )
        except NotFound as error:
            raise NoSuchMovie("movie", movie_id) from error
        if details.id <= 0 or (is_own and details.id != int(movie_id)):
            raise self._invalid_response(f"the response is about movie {details.id}")
        if not is_own and self._http.stats.requests > before:
            self._http.store_alias(
                self._last_url, self._last_url.replace(f"/{movie_id}?", f"/{details.id}?")
            )
        return convert.convert_movie(details, self._language)

    def get_collection(self, ident: int) -> MovieCollection:
        """Return the collection with a TMDb id, with its movies; raise NoSuchMovie if unknown."""
        if not 0 < ident <= constants.MAX_ID:
            raise NoSuchMovie("collection", ident)
        ask, parameters = (
            self._create_endpoint("Collections", ident).info,
            {"language": self._language},
        )
        try:
            data = self._request(wire.CollectionJson, ask, parameters)
        except NotFound as error:
            raise NoSuchMovie("collection", ident) from error
        if data.id != ident:
            raise self._invalid_response(f"the response is about collection {data.id}")
        data.parts = self._drop_invalid_ids(data.parts)
        return convert.convert_collection(data)

    def fetch_image(self, path: str, size: str = "original") -> bytes:
        """Fetch an image by its path, such as "/aB3.jpg", in a size such as "w500".

        Raise NotFound if it does not exist.
        """
        pictures = self._config.pictures
        url = picture_url(pictures.host, path, size)
        if not constants.is_image_path(path):
            raise NotFound(pictures.name, url)
        return self._http.get(pictures, url, fresh=self._config.fresh, keep=False).content

    def _movie_parameters(self) -> dict[str, str]:
        """Return the query parameters that request all data of a movie."""
        short = self._config.locale.language_code
        return {
            "language": self._language,
            "append_to_response": ",".join(APPENDED_RESPONSES),
            "include_image_language": ",".join(dict.fromkeys((short, "en", "null"))),
            "include_video_language": ",".join(dict.fromkeys((short, "en"))),
        }

    @property
    def _language(self) -> str:
        return self._config.locale.language

    def _convert_summaries(self, movies: list[wire.MovieJson]) -> tuple[MovieSummary, ...]:
        return tuple(map(convert.convert_summary, self._drop_invalid_ids(movies)[:PAGE_SIZE]))

    def _drop_invalid_ids(self, movies: list[wire.MovieJson]) -> list[wire.MovieJson]:
        """Return the movies with a valid id; raise InvalidResponse if none has one."""
        usable = [movie for movie in movies if 0 < movie.id <= constants.MAX_ID]
        odd = [str(movie.id) for movie in movies if not 0 < movie.id <= constants.MAX_ID]
        if odd and not usable:
            raise self._invalid_response(f"invalid id {odd[0]}")
        self._note_skipped([f"invalid id {ident}" for ident in odd])
        return usable

    def _note_skipped(self, skip_reasons: Sequence[str]) -> None:
        """Record why entries of the last response were skipped, and remove it from the cache."""
        if skip_reasons:
            self._http.remove_cached(self._last_url)
            self._http.stats.note_skipped_entries(
                self._config.catalogue.name, skip_reasons, self._last_url
            )

    def _create_endpoint(self, group: str, *ids: object) -> Any:
        """Create an object of a tmdbsimple class that uses our HTTP session."""
        from mediakeep.lookups.tmdb import tmdbsimple_adapter

        return tmdbsimple_adapter.create_endpoint(group, *ids, session=self._session)

    def _request(self, kind: type[T], ask: Callable[..., Any], parameters: dict[str, Any]) -> T:
        """Call a function of tmdbsimple, and return the response decoded to the type `kind`."""
        content = ask(**parameters)
        try:
            odd: list[str] = []
            data = wire.decode(content, kind, odd)
            self._note_skipped(odd)
            return data
        except (ValueError, RecursionError) as error:
            raise self._invalid_response(str(error)) from error

    def _invalid_response(self, why: str) -> InvalidResponse:
        """Remove the last response from the cache, and return the error for it."""
        self._http.remove_cached(self._last_url)
        return InvalidResponse(self._config.catalogue.name, why, self._last_url)

    def _fetch(self, url: str) -> bytes:
        self._last_url = url
        fresh = self._config.fresh and url not in self._refreshed_urls
        response = self._http.get(self._config.catalogue, url, fresh=fresh)
        self._refreshed_urls.add(url)
        return response.content


def picture_url(host: str, path: str, size: str = "original") -> str:
    """Return the URL of an image, or "" without a path."""
    return f"{host}/t/p/{size}{path}" if path else ""


def _clean_title(title: str) -> str:
    """Return a title as one line of limited length, to be searched for."""
    plain = "".join(char if char.isprintable() else " " for char in title)
    return " ".join(plain.split())[:_MAX_TITLE_CHARS]
