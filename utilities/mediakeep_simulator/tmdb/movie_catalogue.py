"""A movie catalogue file: load, validate and write it, or generate a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import msgspec
from msgspec.structs import replace

from mediakeep import atomic_files, path_text
from mediakeep.errors import BadSetting
from mediakeep_simulator.tmdb import title_generator
from mediakeep_simulator.tmdb.model import (
    CatalogueCollection,
    CatalogueImage,
    CatalogueMovie,
    CataloguePerson,
    CatalogueText,
    MovieCatalogue,
)
from mediakeep_simulator.tmdb.title_generator import MoviePlot, generate_title
from mediakeep_simulator.tmdb.vocabulary import (
    CERTIFICATES,
    GENRES,
    KEYWORDS,
    LANGUAGES,
    NAMES,
    OVERVIEWS,
    PLACES,
    STUDIOS,
    SURNAMES,
    TAGLINES,
    TextsByLanguage,
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
_FIRST_ID, _ID_STEP = 2001, 37  # so that no ID is a year, a count or adjacent to another
_REMOVED_OFFSET = 11  # offset from an ID to a removed one
_POPULARITY_SPREAD = (1.0, 1.2)  # mean and deviation of the logarithm of popularity
_POPULAR_FACTOR = (4.0, 25.0)  # factor of popularity over the others of a group
_TRANSLATION_SHARES = {"de": 0.8, "fr": 0.6, "ja": 0.5}  # share with a text in that language
_CREW_JOBS = (("Director", "Directing"), ("Screenplay", "Writing"), ("Editor", "Editing"))


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
            generated.append(build_movie(len(generated), plot, collection, rng))
        number += 1
    removed = tuple(removed_id(place) for place in range(0, movies, _MOVIES_PER_REMOVED))
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


def build_movie(number: int, plot: MoviePlot, collection: int, rng: Random) -> CatalogueMovie:
    """Build an invented movie from its titles and year.

    `number` is its number in the catalogue.
    """
    original = rng.choice(("de", "fr", "ja")) if plot.kind == "foreign" else "en"
    date = f"{plot.year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    words = _generate_texts(rng)
    movie = CatalogueMovie(
        id=movie_id(number),
        imdb_id=f"tt{1_000_000 + 13 * movie_id(number)}" if rng.random() < 0.95 else "",
        title=plot.titles["en"],
        original_title=plot.titles[original] if original != "en" else "",
        original_language=original,
        release_date=date,
        runtime=rng.randint(72, 168),
        popularity=round(_draw_popularity(plot, rng), 4),
        rating=round(rng.uniform(3.5, 8.9), 3),
        votes=int(rng.lognormvariate(5, 2)),
        overview=words[0]["en"],
        tagline=words[1]["en"],
        collection=collection,
        texts=tuple(_translate(plot, words, original, rng)),
        certificates={
            country: rng.choice(grades)
            for country, grades in CERTIFICATES.items()
            if rng.random() < 0.8
        },
        adult=plot.kind == "plain" and rng.random() < 0.04,
    )
    movie = _add_images(_add_people(movie, original, rng), rng)
    return _remove_unknown(movie, number, rng) if plot.kind == "bare" else movie


def movie_id(number: int) -> int:
    """Return the TMDb id of the movie with this number in a catalogue."""
    return _FIRST_ID + _ID_STEP * number


def removed_id(number: int) -> int:
    """Return an unused TMDb id close to that of the movie with this number."""
    return movie_id(number) + _REMOVED_OFFSET


def _draw_popularity(plot: MoviePlot, rng: Random) -> float:
    return rng.lognormvariate(*_POPULARITY_SPREAD) * (
        rng.uniform(*_POPULAR_FACTOR) if plot.is_popular else 1.0
    )


def _generate_texts(rng: Random) -> tuple[dict[str, str], TextsByLanguage]:
    """Generate an overview and a tagline of a movie in all languages."""
    shape, name, place = rng.choice(OVERVIEWS), rng.choice(NAMES), rng.choice(PLACES)
    overview = {
        language: text.format(name=getattr(name, language), place=getattr(place, language))
        for language, text in shape.items()
    }
    return overview, rng.choice(TAGLINES)


def _translate(
    plot: MoviePlot, words: tuple[dict[str, str], TextsByLanguage], original: str, rng: Random
) -> list[CatalogueText]:
    """Translate a movie; the original language is always included, others may lack texts."""
    translations = []
    for language, share in _TRANSLATION_SHARES.items():
        if language != original and rng.random() > share:
            continue
        is_complete = language == original or rng.random() < 0.8
        overview, tagline = (texts.get(language, "") if is_complete else "" for texts in words)
        title = plot.titles.get(language, "")
        translations.append(CatalogueText(language, LANGUAGES[language], title, overview, tagline))
    return translations


def _add_people(movie: CatalogueMovie, original: str, rng: Random) -> CatalogueMovie:
    """Add cast and crew, studios, countries, genres and other titles."""
    session = [
        _generate_person(rng, job=job, department=department) for job, department in _CREW_JOBS
    ]
    cast = [_generate_person(rng, role=rng.choice(NAMES).en) for _ in range(rng.randint(3, 9))]
    other = (("GB", generate_title(rng)["en"]),) if rng.random() < 0.3 else ()
    return replace(
        movie,
        people=(*cast, *session),
        studios=tuple(rng.sample(STUDIOS, rng.randint(1, 2))),
        countries=(LANGUAGES[original],),
        genres=tuple(rng.sample(list(GENRES), rng.randint(1, 3))),
        keywords=tuple(rng.sample(KEYWORDS, rng.randint(0, 3))),
        alternative_titles=other,
    )


def _generate_person(
    rng: Random, *, role: str = "", job: str = "", department: str = ""
) -> CataloguePerson:
    first, last = rng.randrange(len(NAMES)), rng.randrange(len(SURNAMES))
    number = 100 + first * len(SURNAMES) + last  # same name, same person
    name = f"{NAMES[first].en} {SURNAMES[last]}"
    return CataloguePerson(number, name, role, job, department, portrait=number % 3 > 0)


def _add_images(movie: CatalogueMovie, rng: Random) -> CatalogueMovie:
    """Add images: some in a language, some without text, in several sizes."""
    languages = dict.fromkeys(("en", movie.original_language, "de", ""))
    chosen = [
        language
        for language in languages
        if language == movie.original_language or rng.random() < 0.75
    ]
    posters = [
        _build_image(movie, "p", place, language, rng) for place, language in enumerate(chosen)
    ]
    backdrops = [
        _build_image(movie, "b", place, language, rng)
        for place, language in enumerate(("", "", "en"))
    ]
    trailer = f"made{movie.id:07}" if rng.random() < 0.6 else ""
    logos = [_build_image(movie, "l", 0, "en", rng)] if rng.random() < 0.3 else []
    return replace(
        movie,
        posters=tuple(posters),
        backdrops=tuple(backdrops),
        logos=tuple(logos),
        trailer=trailer,
    )


def _build_image(
    movie: CatalogueMovie, kind: str, place: int, language: str, rng: Random
) -> CatalogueImage:
    sizes = {
        "p": ((1000, 1500), (2000, 3000), (600, 900)),
        "b": ((1920, 1080), (3840, 2160), (1280, 720)),
        "l": ((800, 300),),
    }
    width, height = rng.choice(sizes[kind])
    suffix = "png" if kind == "l" else "jpg"
    path = f"/{kind}{movie.id}x{place}.{suffix}"
    votes, rating = rng.randint(0, 40), round(rng.uniform(4, 6), 3)
    return CatalogueImage(path, width, height, language, votes, rating)


def _remove_unknown(movie: CatalogueMovie, number: int, rng: Random) -> CatalogueMovie:
    """Remove what TMDb lacks for many movies; of the first movie, everything."""
    empty = {
        "runtime": 0,
        "overview": "",
        "release_date": "",
        "posters": (),
        "backdrops": (),
        "people": (),
        "certificates": {},
        "texts": (),
    }
    names = list(empty) if number < 12 else rng.sample(list(empty), rng.randint(2, len(empty)))
    return replace(movie, tagline="", **{name: empty[name] for name in names})
