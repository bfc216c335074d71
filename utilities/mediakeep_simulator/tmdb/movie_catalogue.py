"""A movie catalogue file: load, validate and write it, or generate a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.errors import BadSetting
from mediakeep_simulator.tmdb import movie_factory, title_generator
from mediakeep_simulator.tmdb.model import (
    CatalogueCollection,
    CatalogueImage,
    CatalogueMovie,
    MovieCatalogue,
)

CATALOGUE_FORMAT = 1
DEFAULT_MOVIES = 400  # default size of the catalogue, enough for a library of 200 movies

_FIRST_COLLECTION_ID = 700
_MOVIES_PER_REMOVED = 10  # movies per removed ID
_IMDB_ID = re.compile(r"tt[0-9]{7,10}")
_DATE_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PATH_PATTERN = re.compile(r"/[A-Za-z0-9_-]+\.(jpg|png)")
_MAX_ID = 2**31 - 1
_MAX_PIXELS = 8192  # maximum width or height of an image


class MovieCatalogueFile(MovieCatalogue, frozen=True, kw_only=True):
    """The content of a movie catalogue file."""

    format: int


def generate_catalogue(movies: int = 12, seed: int = 1) -> MovieCatalogue:
    """Generate a number of movies, always the same; they start every larger catalogue.

    Some are remakes, parts of a series, in other languages, or hardly known (see
    `title_generator`).
    """
    generated: list[CatalogueMovie] = []
    series: list[CatalogueCollection] = []
    number = 0
    while len(generated) < movies:
        rng = Random(f"{seed}/{number}")
        group = title_generator.generate_group(number, rng)[: movies - len(generated)]
        collection = _FIRST_COLLECTION_ID + number if group[0].kind == "series" else 0
        if collection:
            name = f"{group[0].titles['en']} Collection"
            series.append(CatalogueCollection(collection, name, f"All of {group[0].titles['en']}."))
        for plot in group:
            generated.append(movie_factory.build_movie(len(generated), plot, collection, rng))
        number += 1
    removed = tuple(
        movie_factory.removed_id(place) for place in range(0, movies, _MOVIES_PER_REMOVED)
    )
    return MovieCatalogue(films=tuple(generated), series=tuple(series), removed=removed)


def load(path: Path) -> MovieCatalogue:
    """Read a catalogue file; raise BadSetting, naming the place, if it is invalid."""
    try:
        page = msgspec.json.decode(path.read_bytes(), type=MovieCatalogueFile)
    except (OSError, msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadSetting(path, error) from error
    if page.format != CATALOGUE_FORMAT:
        raise BadSetting(path, f"this catalogue has format {page.format}, not {CATALOGUE_FORMAT}")
    catalogue = MovieCatalogue(films=page.films, series=page.series, removed=page.removed)
    for problem in _find_problems(catalogue):
        raise BadSetting(path, problem)
    return catalogue


def dump(catalogue: MovieCatalogue, path: Path) -> None:
    """Write a catalogue file that `load` reads back."""
    page = msgspec.json.encode({"format": CATALOGUE_FORMAT, **msgspec.to_builtins(catalogue)})
    atomic_files.write_atomic(path, msgspec.json.format(page, indent=1) + b"\n")


def _find_problems(catalogue: MovieCatalogue) -> Iterator[str]:
    """Yield what is wrong with a catalogue."""
    yield from _check_ids("films", (movie.id for movie in catalogue.films))
    yield from _check_ids("series", (entry.id for entry in catalogue.series))
    series, movies = (
        {entry.id for entry in entries} for entries in (catalogue.series, catalogue.films)
    )
    for number, movie in enumerate(catalogue.films):
        place = f"$.films[{number}]"
        if movie.collection and movie.collection not in series:
            yield f"there is no series {movie.collection} - at `{place}.collection`"
        yield from _check_movie(place, movie)
    for number, tmdb_id in enumerate(catalogue.removed):
        if tmdb_id in movies:
            yield f"there is a movie {tmdb_id} - at `$.removed[{number}]`"


def _check_ids(field: str, ids: Iterable[int]) -> Iterator[str]:
    seen: set[int] = set()
    for number, tmdb_id in enumerate(ids):
        if not 0 < tmdb_id <= _MAX_ID:
            yield f"{tmdb_id} is no id - at `$.{field}[{number}].id`"
        if tmdb_id in seen:
            yield f"{tmdb_id} is there twice - at `$.{field}[{number}].id`"
        seen.add(tmdb_id)


def _check_movie(place: str, movie: CatalogueMovie) -> Iterator[str]:
    if movie.imdb_id and not _IMDB_ID.fullmatch(movie.imdb_id):
        yield f'"{path_text.to_printable(movie.imdb_id[:80])}" is no IMDb id - at `{place}.imdb_id`'
    if movie.release_date and not _DATE_PATTERN.fullmatch(movie.release_date):
        date = path_text.to_printable(movie.release_date[:80])
        yield f'"{date}" is no date such as 1977-05-02 - at `{place}.release_date`'
    for field in ("posters", "backdrops", "logos"):
        for number, art in enumerate(getattr(movie, field)):
            if problem := _check_image(art):
                yield f"{problem} - at `{place}.{field}[{number}]`"


def _check_image(art: CatalogueImage) -> str:
    if not _PATH_PATTERN.fullmatch(art.path):
        return f'"{path_text.to_printable(art.path[:80])}" is no path such as /a1.jpg'
    if not (0 < art.width <= _MAX_PIXELS and 0 < art.height <= _MAX_PIXELS):
        return f"{art.width} x {art.height} is no size of a picture"
    return ""
