"""The simulated API of TMDb, version 3: search, movies, find, collections, images."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec

from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse
from mediakeep_simulator.tmdb import appended, errors, image_factory, listings
from mediakeep_simulator.tmdb.appended import LANGUAGE_NAMES
from mediakeep_simulator.tmdb.errors import TmdbApiError
from mediakeep_simulator.tmdb.model import CatalogueCollection, CatalogueMovie, MovieCatalogue
from mediakeep_simulator.tmdb.title_search import TitleSearch, release_dates
from mediakeep_simulator.tmdb.vocabulary import GENRES

READ_ACCESS_TOKEN = "rehearsal.read-access-token.of-nobody"  # sent as a bearer token
API_KEY = "0123456789abcdef0123456789abcdef"  # the older kind of key, sent as api_key

IMAGE_ROOT = "/t/p/"
ROOTS = (errors.API_ROOT, IMAGE_ROOT)

_JSON_TYPE = "application/json;charset=utf-8"
_MIN_AGE = 26_804  # maximum cache lifetime of responses in seconds
_MOVIE_PATH = re.compile(r"movie/([0-9]{1,10}|tt[0-9]+)(?:/([a-z_]+))?")
_MAX_APPENDED = 20  # maximum of appended parts per request

_COUNTRY_NAMES = {"US": "United States", "DE": "Germany", "GB": "United Kingdom"}
SIZES = {
    "backdrop_sizes": ["w300", "w780", "w1280", "original"],
    "logo_sizes": ["w45", "w92", "w154", "w185", "w300", "w500", "original"],
    "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
    "profile_sizes": ["w45", "w185", "h632", "original"],
    "still_sizes": ["w92", "w185", "w300", "original"],
}

_KNOWN_SIZES = {size for sizes in SIZES.values() for size in sizes}
_PORTRAIT_SIZE = (1000, 1500)
_CACHE_HEADERS = {"Cache-Control": "public, max-age=31536000"}
_NOT_FOUND = SimulatorResponse(404, b"<h1>File not Found</h1>", {"Content-Type": "text/html"})


class TmdbApp:
    """Responds to requests for one movie catalogue like the API of TMDb."""

    def __init__(self, catalogue: MovieCatalogue) -> None:
        self._finder, self._image_host = TitleSearch(catalogue), ImageHostApp(catalogue)
        self._movies: dict[str, CatalogueMovie] = {
            str(movie.id): movie for movie in catalogue.films
        }
        self._by_imdb = {movie.imdb_id: movie for movie in catalogue.films if movie.imdb_id}
        self._series = {series.id: series for series in catalogue.series}
        self._parts: dict[int, list[CatalogueMovie]] = defaultdict(list)
        for movie in catalogue.films:
            self._parts[movie.collection].append(movie)

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Handle one request; errors have TMDb's codes."""
        if request.path.startswith(IMAGE_ROOT):
            return self._image_host.handle(request)
        try:
            return _json_response(self._route(request), request)
        except TmdbApiError as failed:
            return errors.error_response(failed.code)

    def _route(self, request: SimulatorRequest) -> dict[str, Any]:
        if not _is_authorized(request):
            raise TmdbApiError(7)
        if request.method not in ("GET", "HEAD"):
            raise TmdbApiError(4)
        kind, _, rest = request.path.removeprefix(errors.API_ROOT).partition("/")
        match kind:
            case "search" if rest == "movie":
                return self._search_movies(request)
            case "movie":
                return self._movie_details(f"{kind}/{rest}", request)
            case "find":
                return self._find_by_id(rest, request)
            case "collection":
                return self._collection_details(rest, request)
            case "configuration" if not rest:
                return _configuration_json(request.host)
            case "authentication" if not rest:
                return {"success": True, "status_code": 1, "status_message": "Success."}
        raise TmdbApiError(2)

    def _search_movies(self, request: SimulatorRequest) -> dict[str, Any]:
        adult = request.get_param("include_adult") == "true"
        primary, year = request.get_param("primary_release_year"), request.get_param("year")

        def fits(movie: CatalogueMovie) -> bool:
            if movie.adult and not adult:
                return False
            if primary and movie.release_date[:4] != primary:
                return False
            return not year or year in {date[:4] for date in release_dates(movie).values()}

        results = self._finder.search(request.get_param("query"), fits)
        return listings.page_json(
            results, request.get_param("page", "1"), request.get_param("language")
        )

    def _movie_details(self, path: str, request: SimulatorRequest) -> dict[str, Any]:
        match = _MOVIE_PATH.fullmatch(path)
        movie = self._movies.get(match[1]) or self._by_imdb.get(match[1]) if match else None
        if not match or movie is None:
            raise TmdbApiError(34)
        if not match[2]:
            return movie_json(movie, self._series, request)
        if match[2] not in appended.APPENDED_PARTS:
            raise TmdbApiError(34)
        return {"id": movie.id, **appended.APPENDED_PARTS[match[2]](movie, request)}

    def _find_by_id(self, wanted: str, request: SimulatorRequest) -> dict[str, Any]:
        source = request.get_param("external_source")
        movie = self._by_imdb.get(wanted) if source == "imdb_id" else None
        hits = [listings.multi_hit_json(movie, request.get_param("language"))] if movie else []
        others = ("person_results", "tv_results", "tv_episode_results", "tv_season_results")
        return {"movie_results": hits, **{name: [] for name in others}}

    def _collection_details(self, wanted: str, request: SimulatorRequest) -> dict[str, Any]:
        number = int(wanted) if re.fullmatch("[0-9]{1,10}", wanted) else 0
        if number not in self._series:
            raise TmdbApiError(34)
        movies = sorted(self._parts[number], key=lambda movie: movie.release_date)
        return listings.collection_json(self._series[number], movies, request.get_param("language"))


def _is_authorized(request: SimulatorRequest) -> bool:
    bearer = request.authorization.removeprefix("Bearer ")
    return bearer == READ_ACCESS_TOKEN or request.get_param("api_key") == API_KEY


def _configuration_json(host: str) -> dict[str, Any]:
    base = f"http://{host}{IMAGE_ROOT}"
    return {
        "images": {"base_url": base, "secure_base_url": base, **SIZES},
        "change_keys": ["images", "overview", "title"],
    }


def _json_response(data: dict[str, Any], request: SimulatorRequest) -> SimulatorResponse:
    """Build a response with a cache lifetime, which differs between responses."""
    body = msgspec.json.encode(data)
    total = zlib.crc32(body)
    headers = {
        "Content-Type": _JSON_TYPE,
        "Cache-Control": f"public, max-age={zlib.crc32(request.path.encode()) % _MIN_AGE}",
        "ETag": f'W/"{total:08x}"',
        "Vary": "Accept-Encoding, Origin",
    }
    return SimulatorResponse(200, body, headers)


_COUNTRY_NAMES |= {"FR": "France", "JP": "Japan"}


def movie_json(
    movie: CatalogueMovie, series: Mapping[int, CatalogueCollection], request: SimulatorRequest
) -> dict[str, Any]:
    """Return a movie in the requested language; raise TmdbApiError for too many parts."""
    names = [name for name in request.get_param("append_to_response").split(",") if name]
    if len(names) > _MAX_APPENDED:
        raise TmdbApiError(27)
    parts = {
        name: appended.APPENDED_PARTS[name](movie, request)
        for name in names
        if name in appended.APPENDED_PARTS
    }
    return {
        **_details_json(movie, request.get_param("language")),
        **_collection_json(movie, series),
        **parts,
    }


def _details_json(movie: CatalogueMovie, language: str) -> dict[str, Any]:
    details = listings.hit_json(movie, language)
    del details["genre_ids"]
    return {
        **details,
        "budget": 0,
        "genres": [_genre_json(name, language) for name in movie.genres],
        "homepage": "",
        "imdb_id": movie.imdb_id or None,
        "origin_country": list(movie.countries),
        "production_companies": [
            {"id": 1 + place, "logo_path": None, "name": name, "origin_country": ""}
            for place, name in enumerate(movie.studios)
        ],
        "production_countries": [
            {"iso_3166_1": code, "name": _COUNTRY_NAMES.get(code, code)} for code in movie.countries
        ],
        "revenue": 0,
        "runtime": movie.runtime,
        "spoken_languages": [
            {
                "english_name": LANGUAGE_NAMES.get(movie.original_language, ""),
                "iso_639_1": movie.original_language,
                "name": LANGUAGE_NAMES.get(movie.original_language, ""),
            }
        ],
        "status": "Released",
        "tagline": listings.localized_text(movie, language).tagline,
    }


def _genre_json(name: str, language: str) -> dict[str, Any]:
    number, names = GENRES.get(name, (0, {}))
    return {"id": number, "name": names.get(language.partition("-")[0], name)}


def _collection_json(
    movie: CatalogueMovie, series: Mapping[int, CatalogueCollection]
) -> dict[str, Any]:
    collection = series.get(movie.collection)
    if collection is None:
        return {"belongs_to_collection": None}
    result = {
        "id": collection.id,
        "name": collection.name,
        "poster_path": None,
        "backdrop_path": None,
    }
    return {"belongs_to_collection": result}


class ImageHostApp:
    """Serves the images of one movie catalogue; no key is required."""

    def __init__(self, catalogue: MovieCatalogue) -> None:
        self._sizes: dict[str, tuple[int, int]] = {}
        for movie in catalogue.films:
            for art in (*movie.posters, *movie.backdrops, *movie.logos):
                self._sizes[art.path] = (art.width, art.height)
            for person in movie.people:
                if path := appended.portrait_path(person):
                    self._sizes[path] = _PORTRAIT_SIZE

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Respond with an image of the requested size, or 404."""
        size, _, name = request.path.removeprefix(IMAGE_ROOT).partition("/")
        original = self._sizes.get(f"/{name}")
        if original is None or size not in _KNOWN_SIZES or request.method not in ("GET", "HEAD"):
            return _NOT_FOUND
        width, height = _scale_size(original, size)
        if name.endswith(".png"):
            return SimulatorResponse(
                200,
                image_factory.render_png(name, width, height),
                {"Content-Type": "image/png"} | _CACHE_HEADERS,
            )
        return SimulatorResponse(
            200,
            image_factory.render_jpeg(name, width, height),
            {"Content-Type": "image/jpeg"} | _CACHE_HEADERS,
        )


def _scale_size(original: tuple[int, int], size: str) -> tuple[int, int]:
    """Return width and height of an image at a size: "w500", "h632" or "original"."""
    width, height = original
    if size == "original":
        return original
    pixels = int(size[1:])
    if size[0] == "w":
        return pixels, max(1, round(height * pixels / width))
    return max(1, round(width * pixels / height)), pixels
