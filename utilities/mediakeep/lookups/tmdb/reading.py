"""From TMDb's answers to the movies that are worked with: what is odd in them is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mediakeep.lookups.tmdb import shapes, terms
from mediakeep.lookups.tmdb.films import (
    Actor,
    Certificate,
    Collection,
    Hit,
    Member,
    Movie,
    Named,
    Picture,
    Title,
    Translation,
)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_TEXT = "xx"  # stands for "no language" in some older entries
_SITE, _TRAILER = "YouTube", "Trailer"
_VIDEO = re.compile(r"[A-Za-z0-9_-]{5,20}")


def hit(one: shapes.Movie) -> Hit:
    """Read a movie of a list."""
    return Hit(
        id=one.id,
        title=one.title,
        original_title=one.original_title,
        original_language=one.original_language,
        release_date=_date(one.release_date),
        popularity=one.popularity,
        vote_count=one.vote_count,
        overview=one.overview,
        poster=_path(one.poster_path),
    )


def collection(one: shapes.Collection) -> Collection:
    """Read a collection."""
    return Collection(
        id=one.id,
        name=one.name,
        overview=one.overview,
        parts=tuple(map(hit, one.parts)),
        poster=_path(one.poster_path),
        backdrop=_path(one.backdrop_path),
    )


def movie(one: shapes.Details, language: str) -> Movie:
    """Read a movie that was asked for in a language."""
    ids = _ids(one)
    return Movie(
        id=one.id,
        imdb_id=ids.get("imdb", ""),
        asked=language,
        title=one.title,
        original_title=one.original_title,
        original_language=one.original_language,
        overview=one.overview,
        tagline=one.tagline,
        release_date=_date(one.release_date),
        runtime=max(one.runtime, 0),
        status=one.status,
        homepage=one.homepage,
        adult=one.adult,
        rating=min(max(one.vote_average, 0.0), 10.0),
        votes=max(one.vote_count, 0),
        popularity=one.popularity,
        genres=_named(one.genres),
        countries=_named(one.production_countries),
        studios=_named(one.production_companies),
        keywords=_named(one.keywords.keywords),
        spoken_languages=tuple(it.iso_639_1 for it in one.spoken_languages if it.iso_639_1),
        collection=_collection(one.belongs_to_collection),
        cast=_cast(one.credits.cast),
        crew=tuple(Member(it.name, it.job, it.department, it.id) for it in _real(one.credits.crew)),
        posters=_pictures(one.images.posters),
        backdrops=_pictures(one.images.backdrops),
        logos=_pictures(one.images.logos),
        certificates=tuple(_certificates(one.release_dates.results)),
        alternative_titles=_titles(one.alternative_titles),
        translations=_translations(one.translations),
        trailer=_trailer(one.videos.results, language),
        external_ids=ids,
    )


def _date(text: str) -> str:
    return text[:10] if _DATE.fullmatch(text[:10]) else ""


def _path(path: str) -> str:
    return path if terms.is_picture(path) else ""


def _ids(one: shapes.Details) -> dict[str, str]:
    """Return its ids in other databases by their names: "imdb", "wikidata"..."""
    told = {"imdb_id": one.imdb_id} | one.external_ids
    ids = {name.removesuffix("_id"): str(value) for name, value in told.items() if value}
    if not terms.is_imdb_id(ids.get("imdb", "")):
        ids.pop("imdb", None)
        if terms.is_imdb_id(one.imdb_id):
            ids["imdb"] = one.imdb_id
    ids.pop("id", None)  # its own
    return ids


def _named(told: Iterable[shapes.Named]) -> tuple[Named, ...]:
    return tuple(Named(name=it.name, id=it.id, code=it.iso_3166_1) for it in told if it.name)


def _collection(one: shapes.Collection | None) -> Named | None:
    if one is None or not one.name or one.id <= 0:
        return None
    poster, backdrop = _path(one.poster_path), _path(one.backdrop_path)
    return Named(one.name, one.id, overview=one.overview, poster=poster, backdrop=backdrop)


def _real(people: Iterable[shapes.Person]) -> Iterable[shapes.Person]:
    return (one for one in people if one.name)


def _cast(people: Iterable[shapes.Person]) -> tuple[Actor, ...]:
    in_order = sorted(_real(people), key=lambda one: one.order)
    return tuple(
        Actor(one.name, one.character, one.order, _path(one.profile_path), one.id)
        for one in in_order
    )


def _pictures(told: Iterable[shapes.Image]) -> tuple[Picture, ...]:
    return tuple(
        Picture(
            path=it.file_path,
            width=max(it.width, 0),
            height=max(it.height, 0),
            language="" if it.iso_639_1 == _NO_TEXT else it.iso_639_1,
            votes=it.vote_count,
            rating=it.vote_average,
        )
        for it in told
        if terms.is_picture(it.file_path)
    )


def _certificates(told: Iterable[shapes.Country]) -> Iterable[Certificate]:
    for country in told:
        for one in country.release_dates:
            mark, date = one.certification.strip(), _date(one.release_date)
            if mark or date:  # most releases bear no mark, but tell the year
                yield Certificate(country.iso_3166_1, mark, one.type, date)


def _titles(told: shapes.Titles) -> tuple[Title, ...]:
    return tuple(Title(it.title, it.iso_3166_1, it.type) for it in told.titles if it.title)


def _translations(told: shapes.Translations) -> tuple[Translation, ...]:
    return tuple(
        Translation(
            language=it.iso_639_1,
            country=it.iso_3166_1,
            title=it.data.title,
            overview=it.data.overview,
            tagline=it.data.tagline,
        )
        for it in told.translations
        if it.iso_639_1
    )


def _trailer(videos: Iterable[shapes.Video], language: str) -> str:
    """Return the key of the first official trailer in a language, else of the nearest to that."""
    wanted = language.partition("-")[0]
    found = [
        one
        for one in videos
        if one.site == _SITE and one.type == _TRAILER and _VIDEO.fullmatch(one.key)
    ]
    best = sorted(found, key=lambda one: (one.iso_639_1 != wanted, not one.official))
    return best[0].key if best else ""
