"""TMDb: what is asked of it, movie by movie.

A known movie is one request, whatever is wanted of it, as everything is appended to the answer
(developer.themoviedb.org/docs/append-to-response). Pictures are not kept: they become files.
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

# In this order, as an answer is known by its address.
APPENDED = (
    *("credits", "images", "release_dates", "videos", "external_ids", "keywords"),
    *("translations", "alternative_titles"),
)
PAGE = 20  # the most that a search answers with at once
_LONGEST = 200  # characters of a title that is searched for


class TMDb:
    """What can be asked of TMDb; NotAsked, Outage, ServiceFailed everywhere."""

    def __init__(self, http: Http, access: Access) -> None:
        from mediakeep.lookups.tmdb import seam  # what it loads takes a tenth of a second

        self._http, self._access = http, access
        self._seam = seam
        self._session = seam.Session(access.catalogue.host, self._read)
        self._anew = set[str]()  # the addresses that were asked anew: once is enough
        self._url = ""  # of the last answer

    def search(self, title: str, year: int = 0, *, primary: bool = True) -> tuple[Hit, ...]:
        """Return the movies that TMDb finds by a title, in its order, at most 20.

        `year` is that of the first release, or without `primary` of any.
        """
        query = _searchable(title)
        if not query:
            return ()
        given = {"query": query, "include_adult": False, "language": self._language}
        if year:
            given["primary_release_year" if primary else "year"] = year
        try:
            found = self._asked(shapes.Page, self._made("Search").movie, given)
        except NotThere as error:  # which is not how a search says that it found nothing
            raise self._unusable("there is no search") from error
        return self._hits(found.results)

    def find(self, imdb_id: str) -> tuple[Hit, ...]:
        """Return the movies that bear an id of IMDb; none where it is no such id."""
        if not terms.is_imdb_id(imdb_id):
            return ()
        given = {"external_source": "imdb_id", "language": self._language}
        try:
            found = self._asked(shapes.Finds, self._made("Find", imdb_id).info, given)
        except NotThere:
            return ()
        return self._hits(found.movie_results)

    def movie(self, ident: int | str) -> Movie:
        """Return a movie by its id at TMDb or IMDb; NoSuchMovie."""
        who = str(ident)
        is_own = who.isascii() and who.isdigit() and 0 < int(who[:11]) <= terms.MOST
        if not (is_own or terms.is_imdb_id(who)):
            raise NoSuchMovie("movie", who)
        who = str(int(who)) if is_own else who  # one address for each
        given, before = self._wanted(), self._http.spent.requests
        try:
            found = self._asked(shapes.Details, self._made("Movies", who).info, given)
        except NotThere as error:
            raise NoSuchMovie("movie", who) from error
        if found.id <= 0 or (is_own and found.id != int(who)):
            raise self._unusable(f"it tells of movie {found.id}")
        if not is_own and self._http.spent.requests > before:
            self._http.repeat(self._url, self._url.replace(f"/{who}?", f"/{found.id}?"))
        return reading.movie(found, self._language)

    def collection(self, ident: int) -> Collection:
        """Return a collection with its movies; NoSuchMovie."""
        if not 0 < ident <= terms.MOST:
            raise NoSuchMovie("collection", ident)
        given = {"language": self._language}
        try:
            found = self._asked(shapes.Collection, self._made("Collections", ident).info, given)
        except NotThere as error:
            raise NoSuchMovie("collection", ident) from error
        if found.id != ident:
            raise self._unusable(f"it tells of collection {found.id}")
        found.parts = self._usable(found.parts)
        return reading.collection(found)

    def image(self, path: str, size: str = "original") -> bytes:
        """Fetch a picture by its path, such as "/aB3.jpg"; NotThere. `size` as "w500"."""
        pictures = self._access.pictures
        url = picture_url(pictures.host, path, size)
        if not terms.is_picture(path):
            raise NotThere(pictures.name, url)
        return self._http.get(pictures, url, fresh=self._access.fresh, keep=False).content

    def _wanted(self) -> dict[str, str]:
        """Say in one request all that is wanted of a movie."""
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

    def _hits(self, told: list[shapes.Movie]) -> tuple[Hit, ...]:
        return tuple(map(reading.hit, self._usable(told)[:PAGE]))

    def _usable(self, told: list[shapes.Movie]) -> list[shapes.Movie]:
        """Return the movies of a list that can be asked for; BadAnswer if there is none of them."""
        found = [one for one in told if 0 < one.id <= terms.MOST]
        odd = [str(one.id) for one in told if not 0 < one.id <= terms.MOST]
        if odd and not found:
            raise self._unusable(f"it names {odd[0]} as an id")
        self._note([f"it names {ident} as an id" for ident in odd])
        return found

    def _note(self, odd: Sequence[str]) -> None:
        """Note what was left out of the last answer, which is kept no longer."""
        if odd:
            self._http.forget(self._url)
            self._http.spent.note_odd(self._access.catalogue.name, odd, self._url)

    def _made(self, group: str, *who: object) -> Any:
        """Make an object of tmdbsimple of a class, which asks through our session."""
        return self._seam.made(group, *who, session=self._session)

    def _asked(self, kind: type[T], ask: Callable[..., Any], given: dict[str, Any]) -> T:
        """Ask by a function of tmdbsimple, and read the answer as one of a kind."""
        content = ask(**given)
        try:
            odd: list[str] = []
            found = shapes.read(content, kind, odd)
            self._note(odd)
            return found
        except (ValueError, RecursionError) as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, why: str) -> BadAnswer:
        """Say that an answer cannot be used, and keep it no longer."""
        self._http.forget(self._url)
        return BadAnswer(self._access.catalogue.name, why, self._url)

    def _read(self, url: str) -> bytes:
        self._url = url
        fresh = self._access.fresh and url not in self._anew
        found = self._http.get(self._access.catalogue, url, fresh=fresh)
        self._anew.add(url)
        return found.content


def picture_url(host: str, path: str, size: str = "original") -> str:
    """Return the address of a picture, "" where there is no path."""
    return f"{host}/t/p/{size}{path}" if path else ""


def _searchable(title: str) -> str:
    """Write a title in one line, of a length that is still a title's."""
    plain = "".join(char if char.isprintable() else " " for char in title)
    return " ".join(plain.split())[:_LONGEST]
