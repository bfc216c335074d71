"""A movie catalogue file: load, validate and write it, or generate a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import msgspec

from mediakeep import files
from mediakeep.errors import BadSetting
from mediakeep.rehearsal.films import plots, studio
from mediakeep.rehearsal.films.film import Art, Cinema, Film, Series

FORMAT = 1
FILMS = 400  # default size of the catalogue, enough for a library of 200 movies

_FIRST_SERIES = 700
_REMOVED_EACH = 10  # movies per removed ID
_IMDB = re.compile(r"tt[0-9]{7,10}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PATH = re.compile(r"/[A-Za-z0-9_-]+\.(jpg|png)")
_LARGEST = 2**31 - 1
_PIXELS = 8192  # maximum width or height of an image


class Page(Cinema, frozen=True, kw_only=True):
    """The content of a catalogue file."""

    format: int


def sampled(films: int = 12, seed: int = 1) -> Cinema:
    """Generate a number of movies, always the same; they start every larger catalogue.

    Some are remakes, parts of a series, in other languages, or hardly known (see
    `title_generator`).
    """
    made: list[Film] = []
    series: list[Series] = []
    number = 0
    while len(made) < films:
        rng = Random(f"{seed}/{number}")
        group = plots.group(number, rng)[: films - len(made)]
        collection = _FIRST_SERIES + number if group[0].kind == "series" else 0
        if collection:
            name = f"{group[0].titles['en']} Collection"
            series.append(Series(collection, name, f"All of {group[0].titles['en']}."))
        for plot in group:
            made.append(studio.film(len(made), plot, collection, rng))
        number += 1
    removed = tuple(studio.removed_id(place) for place in range(0, films, _REMOVED_EACH))
    return Cinema(films=tuple(made), series=tuple(series), removed=removed)


def load(path: Path) -> Cinema:
    """Load a catalogue file; raise BadSetting with the file and the invalid place."""
    try:
        page = msgspec.json.decode(path.read_bytes(), type=Page)
    except (OSError, msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadSetting(path, error) from error
    if page.format != FORMAT:
        raise BadSetting(path, f"this catalogue has format {page.format}, not {FORMAT}")
    cinema = Cinema(films=page.films, series=page.series, removed=page.removed)
    for problem in _problems(cinema):
        raise BadSetting(path, problem)
    return cinema


def dump(cinema: Cinema, path: Path) -> None:
    """Write a catalogue file that `load` reads back."""
    page = msgspec.json.encode({"format": FORMAT, **msgspec.to_builtins(cinema)})
    files.write_atomic(path, msgspec.json.format(page, indent=1) + b"\n")


def _problems(cinema: Cinema) -> Iterator[str]:
    """Yield what is wrong with a catalogue."""
    yield from _wrong_ids("films", (film.id for film in cinema.films))
    yield from _wrong_ids("series", (one.id for one in cinema.series))
    series, films = ({one.id for one in found} for found in (cinema.series, cinema.films))
    for number, film in enumerate(cinema.films):
        place = f"$.films[{number}]"
        if film.collection and film.collection not in series:
            yield f"there is no series {film.collection} - at `{place}.collection`"
        yield from _wrong_film(place, film)
    for number, gone in enumerate(cinema.removed):
        if gone in films:
            yield f"there is a movie {gone} - at `$.removed[{number}]`"


def _wrong_ids(field: str, ids: Iterable[int]) -> Iterator[str]:
    seen: set[int] = set()
    for number, one in enumerate(ids):
        if not 0 < one <= _LARGEST:
            yield f"{one} is no id - at `$.{field}[{number}].id`"
        if one in seen:
            yield f"{one} is there twice - at `$.{field}[{number}].id`"
        seen.add(one)


def _wrong_film(place: str, film: Film) -> Iterator[str]:
    if film.imdb_id and not _IMDB.fullmatch(film.imdb_id):
        yield f'"{files.printable(film.imdb_id[:80])}" is no IMDb id - at `{place}.imdb_id`'
    if film.release_date and not _DATE.fullmatch(film.release_date):
        told = files.printable(film.release_date[:80])
        yield f'"{told}" is no date such as 1977-05-02 - at `{place}.release_date`'
    for field in ("posters", "backdrops", "logos"):
        for number, art in enumerate(getattr(film, field)):
            if problem := _wrong_art(art):
                yield f"{problem} - at `{place}.{field}[{number}]`"


def _wrong_art(art: Art) -> str:
    if not _PATH.fullmatch(art.path):
        return f'"{files.printable(art.path[:80])}" is no path such as /a1.jpg'
    if not (0 < art.width <= _PIXELS and 0 < art.height <= _PIXELS):
        return f"{art.width} x {art.height} is no size of a picture"
    return ""
