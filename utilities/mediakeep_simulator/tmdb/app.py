"""TMDb's API, version 3, for a movie catalogue: search, movies, find, collections, images."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from typing import Any

import msgspec

from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse
from mediakeep_simulator.tmdb import appended, details, errors, image_host, listings
from mediakeep_simulator.tmdb.errors import TmdbApiError
from mediakeep_simulator.tmdb.image_host import ImageHostApp
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue
from mediakeep_simulator.tmdb.title_search import TitleSearch, release_dates

READ_ACCESS_TOKEN = "rehearsal.read-access-token.of-nobody"  # sent as a bearer token
API_KEY = "0123456789abcdef0123456789abcdef"  # the older kind of key, sent as api_key

ROOTS = (errors.API_ROOT, image_host.ROOT)

_JSON_TYPE = "application/json;charset=utf-8"
_MIN_AGE = 26_804  # maximum cache lifetime of responses in seconds
_MOVIE_PATH = re.compile(r"movie/([0-9]{1,10}|tt[0-9]+)(?:/([a-z_]+))?")


class TmdbApp:
    """Handle requests for one catalogue like TMDb."""

    def __init__(self, cinema: MovieCatalogue) -> None:
        self._finder, self._gallery = TitleSearch(cinema), ImageHostApp(cinema)
        self._films: dict[str, CatalogueMovie] = {str(film.id): film for film in cinema.films}
        self._by_imdb = {film.imdb_id: film for film in cinema.films if film.imdb_id}
        self._series = {series.id: series for series in cinema.series}
        self._parts: dict[int, list[CatalogueMovie]] = defaultdict(list)
        for film in cinema.films:
            self._parts[film.collection].append(film)

    def handle(self, question: SimulatorRequest) -> SimulatorResponse:
        """Handle one request; errors have TMDb's codes."""
        if question.path.startswith(image_host.ROOT):
            return self._gallery.handle(question)
        try:
            return _json_response(self._route(question), question)
        except TmdbApiError as failed:
            return errors.error_response(failed.code)

    def _route(self, question: SimulatorRequest) -> dict[str, Any]:
        if not _is_authorized(question):
            raise TmdbApiError(7)
        if question.method not in ("GET", "HEAD"):
            raise TmdbApiError(4)
        kind, _, rest = question.path.removeprefix(errors.API_ROOT).partition("/")
        match kind:
            case "search" if rest == "movie":
                return self._search_movies(question)
            case "movie":
                return self._movie_details(f"{kind}/{rest}", question)
            case "find":
                return self._find_by_id(rest, question)
            case "collection":
                return self._collection_details(rest, question)
            case "configuration" if not rest:
                return _configuration_json(question.host)
            case "authentication" if not rest:
                return {"success": True, "status_code": 1, "status_message": "Success."}
        raise TmdbApiError(2)

    def _search_movies(self, question: SimulatorRequest) -> dict[str, Any]:
        adult = question.get_param("include_adult") == "true"
        primary, year = question.get_param("primary_release_year"), question.get_param("year")

        def fits(film: CatalogueMovie) -> bool:
            if film.adult and not adult:
                return False
            if primary and film.release_date[:4] != primary:
                return False
            return not year or year in {date[:4] for date in release_dates(film).values()}

        results = self._finder.search(question.get_param("query"), fits)
        return listings.page_json(
            results, question.get_param("page", "1"), question.get_param("language")
        )

    def _movie_details(self, path: str, question: SimulatorRequest) -> dict[str, Any]:
        match = _MOVIE_PATH.fullmatch(path)
        film = self._films.get(match[1]) or self._by_imdb.get(match[1]) if match else None
        if not match or film is None:
            raise TmdbApiError(34)
        if not match[2]:
            return details.movie_json(film, self._series, question)
        if match[2] not in appended.APPENDED_PARTS:
            raise TmdbApiError(34)
        return {"id": film.id, **appended.APPENDED_PARTS[match[2]](film, question)}

    def _find_by_id(self, wanted: str, question: SimulatorRequest) -> dict[str, Any]:
        source = question.get_param("external_source")
        film = self._by_imdb.get(wanted) if source == "imdb_id" else None
        hits = [listings.multi_hit_json(film, question.get_param("language"))] if film else []
        others = ("person_results", "tv_results", "tv_episode_results", "tv_season_results")
        return {"movie_results": hits, **{name: [] for name in others}}

    def _collection_details(self, wanted: str, question: SimulatorRequest) -> dict[str, Any]:
        number = int(wanted) if re.fullmatch("[0-9]{1,10}", wanted) else 0
        if number not in self._series:
            raise TmdbApiError(34)
        films = sorted(self._parts[number], key=lambda film: film.release_date)
        return listings.collection_json(self._series[number], films, question.get_param("language"))


def _is_authorized(question: SimulatorRequest) -> bool:
    bearer = question.authorization.removeprefix("Bearer ")
    return bearer == READ_ACCESS_TOKEN or question.get_param("api_key") == API_KEY


def _configuration_json(host: str) -> dict[str, Any]:
    base = f"http://{host}{image_host.ROOT}"
    return {
        "images": {"base_url": base, "secure_base_url": base, **image_host.SIZES},
        "change_keys": ["images", "overview", "title"],
    }


def _json_response(data: dict[str, Any], question: SimulatorRequest) -> SimulatorResponse:
    """Build a response with a cache lifetime, which differs between responses."""
    body = msgspec.json.encode(data)
    total = zlib.crc32(body)
    headers = {
        "Content-Type": _JSON_TYPE,
        "Cache-Control": f"public, max-age={zlib.crc32(question.path.encode()) % _MIN_AGE}",
        "ETag": f'W/"{total:08x}"',
        "Vary": "Accept-Encoding, Origin",
    }
    return SimulatorResponse(200, body, headers)
