"""TMDb's API, version 3, for a movie catalogue: search, movies, find, collections, images."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from typing import Any

import msgspec

from mediakeep.rehearsal.films import appended, details, gallery, listings, statuses
from mediakeep.rehearsal.films.film import Cinema, Film
from mediakeep.rehearsal.films.finder import Finder, releases
from mediakeep.rehearsal.films.gallery import Gallery
from mediakeep.rehearsal.films.statuses import Failed
from mediakeep.rehearsal.reply import Question, Reply

TOKEN = "rehearsal.read-access-token.of-nobody"  # sent as a bearer token
KEY = "0123456789abcdef0123456789abcdef"  # the older kind of key, sent as api_key

ROOTS = (statuses.ROOT, gallery.ROOT)

_JSON = "application/json;charset=utf-8"
_OLDEST = 26_804  # maximum cache lifetime of responses in seconds
_MOVIE = re.compile(r"movie/([0-9]{1,10}|tt[0-9]+)(?:/([a-z_]+))?")


class Booth:
    """Handle requests for one catalogue like TMDb."""

    def __init__(self, cinema: Cinema) -> None:
        self._finder, self._gallery = Finder(cinema), Gallery(cinema)
        self._films: dict[str, Film] = {str(film.id): film for film in cinema.films}
        self._by_imdb = {film.imdb_id: film for film in cinema.films if film.imdb_id}
        self._series = {series.id: series for series in cinema.series}
        self._parts: dict[int, list[Film]] = defaultdict(list)
        for film in cinema.films:
            self._parts[film.collection].append(film)

    def answer(self, question: Question) -> Reply:
        """Handle one request; errors have TMDb's codes."""
        if question.path.startswith(gallery.ROOT):
            return self._gallery.answer(question)
        try:
            return _told(self._answer(question), question)
        except Failed as failed:
            return statuses.reply(failed.code)

    def _answer(self, question: Question) -> dict[str, Any]:
        if not _is_known(question):
            raise Failed(7)
        if question.method not in ("GET", "HEAD"):
            raise Failed(4)
        kind, _, rest = question.path.removeprefix(statuses.ROOT).partition("/")
        match kind:
            case "search" if rest == "movie":
                return self._search(question)
            case "movie":
                return self._movie(f"{kind}/{rest}", question)
            case "find":
                return self._find(rest, question)
            case "collection":
                return self._collection(rest, question)
            case "configuration" if not rest:
                return _configuration(question.host)
            case "authentication" if not rest:
                return {"success": True, "status_code": 1, "status_message": "Success."}
        raise Failed(2)

    def _search(self, question: Question) -> dict[str, Any]:
        adult = question.one("include_adult") == "true"
        primary, year = question.one("primary_release_year"), question.one("year")

        def fits(film: Film) -> bool:
            if film.adult and not adult:
                return False
            if primary and film.release_date[:4] != primary:
                return False
            return not year or year in {date[:4] for date in releases(film).values()}

        results = self._finder.found(question.one("query"), fits)
        return listings.page(results, question.one("page", "1"), question.one("language"))

    def _movie(self, path: str, question: Question) -> dict[str, Any]:
        match = _MOVIE.fullmatch(path)
        film = self._films.get(match[1]) or self._by_imdb.get(match[1]) if match else None
        if not match or film is None:
            raise Failed(34)
        if not match[2]:
            return details.movie(film, self._series, question)
        if match[2] not in appended.PARTS:
            raise Failed(34)
        return {"id": film.id, **appended.PARTS[match[2]](film, question)}

    def _find(self, wanted: str, question: Question) -> dict[str, Any]:
        source = question.one("external_source")
        film = self._by_imdb.get(wanted) if source == "imdb_id" else None
        hits = [listings.listed(film, question.one("language"))] if film else []
        others = ("person_results", "tv_results", "tv_episode_results", "tv_season_results")
        return {"movie_results": hits, **{name: [] for name in others}}

    def _collection(self, wanted: str, question: Question) -> dict[str, Any]:
        number = int(wanted) if re.fullmatch("[0-9]{1,10}", wanted) else 0
        if number not in self._series:
            raise Failed(34)
        films = sorted(self._parts[number], key=lambda film: film.release_date)
        return listings.collection(self._series[number], films, question.one("language"))


def _is_known(question: Question) -> bool:
    bearer = question.authorization.removeprefix("Bearer ")
    return bearer == TOKEN or question.one("api_key") == KEY


def _configuration(host: str) -> dict[str, Any]:
    base = f"http://{host}{gallery.ROOT}"
    return {
        "images": {"base_url": base, "secure_base_url": base, **gallery.SIZES},
        "change_keys": ["images", "overview", "title"],
    }


def _told(data: dict[str, Any], question: Question) -> Reply:
    """Build a response with a cache lifetime, which differs between responses."""
    body = msgspec.json.encode(data)
    total = zlib.crc32(body)
    headers = {
        "Content-Type": _JSON,
        "Cache-Control": f"public, max-age={zlib.crc32(question.path.encode()) % _OLDEST}",
        "ETag": f'W/"{total:08x}"',
        "Vary": "Accept-Encoding, Origin",
    }
    return Reply(200, body, headers)
