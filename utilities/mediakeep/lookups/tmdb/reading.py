"""Convert responses of TMDb to the model; invalid values are left out."""

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
_NO_TEXT = "xx"  # means "no language" in some older entries
_SITE, _TRAILER = "YouTube", "Trailer"
_VIDEO = re.compile(r"[A-Za-z0-9_-]{5,20}")


def hit(movie: shapes.Movie) -> Hit:
    """Convert a movie of a list."""
    return Hit(
        id=movie.id,
        title=movie.title,
        original_title=movie.original_title,
        original_language=movie.original_language,
        release_date=_date(movie.release_date),
        popularity=movie.popularity,
        vote_count=movie.vote_count,
        overview=movie.overview,
        poster=_path(movie.poster_path),
    )


def collection(data: shapes.Collection) -> Collection:
    """Convert a collection."""
    return Collection(
        id=data.id,
        name=data.name,
        overview=data.overview,
        parts=tuple(map(hit, data.parts)),
        poster=_path(data.poster_path),
        backdrop=_path(data.backdrop_path),
    )


def movie(details: shapes.Details, language: str) -> Movie:
    """Convert the details of a movie that were requested in a language."""
    ids = _ids(details)
    return Movie(
        id=details.id,
        imdb_id=ids.get("imdb", ""),
        asked=language,
        title=details.title,
        original_title=details.original_title,
        original_language=details.original_language,
        overview=details.overview,
        tagline=details.tagline,
        release_date=_date(details.release_date),
        runtime=max(details.runtime, 0),
        status=details.status,
        homepage=details.homepage,
        adult=details.adult,
        rating=min(max(details.vote_average, 0.0), 10.0),
        votes=max(details.vote_count, 0),
        popularity=details.popularity,
        genres=_named(details.genres),
        countries=_named(details.production_countries),
        studios=_named(details.production_companies),
        keywords=_named(details.keywords.keywords),
        spoken_languages=tuple(it.iso_639_1 for it in details.spoken_languages if it.iso_639_1),
        collection=_collection(details.belongs_to_collection),
        cast=_cast(details.credits.cast),
        crew=tuple(
            Member(it.name, it.job, it.department, it.id) for it in _real(details.credits.crew)
        ),
        posters=_pictures(details.images.posters),
        backdrops=_pictures(details.images.backdrops),
        logos=_pictures(details.images.logos),
        certificates=tuple(_certificates(details.release_dates.results)),
        alternative_titles=_titles(details.alternative_titles),
        translations=_translations(details.translations),
        trailer=_trailer(details.videos.results, language),
        external_ids=ids,
    )


def _date(text: str) -> str:
    return text[:10] if _DATE.fullmatch(text[:10]) else ""


def _path(path: str) -> str:
    return path if terms.is_picture(path) else ""


def _ids(details: shapes.Details) -> dict[str, str]:
    """Return the ids in other databases by name: "imdb", "wikidata"..."""
    values = {"imdb_id": details.imdb_id} | details.external_ids
    ids = {name.removesuffix("_id"): str(value) for name, value in values.items() if value}
    if not terms.is_imdb_id(ids.get("imdb", "")):
        ids.pop("imdb", None)
        if terms.is_imdb_id(details.imdb_id):
            ids["imdb"] = details.imdb_id
    ids.pop("id", None)  # the TMDb id
    return ids


def _named(entries: Iterable[shapes.Named]) -> tuple[Named, ...]:
    return tuple(Named(name=it.name, id=it.id, code=it.iso_3166_1) for it in entries if it.name)


def _collection(data: shapes.Collection | None) -> Named | None:
    if data is None or not data.name or data.id <= 0:
        return None
    poster, backdrop = _path(data.poster_path), _path(data.backdrop_path)
    return Named(data.name, data.id, overview=data.overview, poster=poster, backdrop=backdrop)


def _real(people: Iterable[shapes.Person]) -> Iterable[shapes.Person]:
    return (person for person in people if person.name)


def _cast(people: Iterable[shapes.Person]) -> tuple[Actor, ...]:
    in_order = sorted(_real(people), key=lambda person: person.order)
    return tuple(
        Actor(person.name, person.character, person.order, _path(person.profile_path), person.id)
        for person in in_order
    )


def _convert_crew(people: Iterable[shapes.Person]) -> tuple[Member, ...]:
    return tuple(Member(it.name, it.job, it.department, it.id) for it in _real(people))


def _pictures(images: Iterable[shapes.Image]) -> tuple[Picture, ...]:
    return tuple(
        Picture(
            path=it.file_path,
            width=max(it.width, 0),
            height=max(it.height, 0),
            language="" if it.iso_639_1 == _NO_TEXT else it.iso_639_1,
            votes=it.vote_count,
            rating=it.vote_average,
        )
        for it in images
        if terms.is_picture(it.file_path)
    )


def _certificates(countries: Iterable[shapes.Country]) -> Iterable[Certificate]:
    for country in countries:
        for release in country.release_dates:
            mark, date = release.certification.strip(), _date(release.release_date)
            if mark or date:  # most releases have no rating, but a date
                yield Certificate(country.iso_3166_1, mark, release.type, date)


def _titles(titles: shapes.Titles) -> tuple[Title, ...]:
    return tuple(Title(it.title, it.iso_3166_1, it.type) for it in titles.titles if it.title)


def _translations(translations: shapes.Translations) -> tuple[Translation, ...]:
    return tuple(
        Translation(
            language=it.iso_639_1,
            country=it.iso_3166_1,
            title=it.data.title,
            overview=it.data.overview,
            tagline=it.data.tagline,
        )
        for it in translations.translations
        if it.iso_639_1
    )


def _trailer(videos: Iterable[shapes.Video], language: str) -> str:
    """Return the key of the best trailer: in this language, then official, then first."""
    wanted = language.partition("-")[0]
    trailers = [
        video
        for video in videos
        if video.site == _SITE and video.type == _TRAILER and _VIDEO.fullmatch(video.key)
    ]
    best = sorted(trailers, key=lambda video: (video.iso_639_1 != wanted, not video.official))
    return best[0].key if best else ""
