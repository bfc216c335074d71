"""Convert responses of TMDb to the model; invalid values are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mediakeep.lookups.tmdb import constants, wire
from mediakeep.lookups.tmdb.model import (
    AlternativeTitle,
    CastMember,
    Certification,
    CrewMember,
    Movie,
    MovieCollection,
    MovieSummary,
    NamedEntity,
    TmdbImage,
    Translation,
)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_LANGUAGE = "xx"  # means "no language" in some older entries
_TRAILER_SITE, _TRAILER_TYPE = "YouTube", "Trailer"
_VIDEO_KEY = re.compile(r"[A-Za-z0-9_-]{5,20}")


def convert_summary(movie: wire.MovieJson) -> MovieSummary:
    """Convert a movie in a list of TMDb to the model."""
    return MovieSummary(
        id=movie.id,
        title=movie.title,
        original_title=movie.original_title,
        original_language=movie.original_language,
        release_date=_valid_date(movie.release_date),
        popularity=movie.popularity,
        vote_count=movie.vote_count,
        overview=movie.overview,
        poster=_valid_image_path(movie.poster_path),
    )


def convert_collection(data: wire.CollectionJson) -> MovieCollection:
    """Convert a collection of TMDb to the model."""
    return MovieCollection(
        id=data.id,
        name=data.name,
        overview=data.overview,
        parts=tuple(map(convert_summary, data.parts)),
        poster=_valid_image_path(data.poster_path),
        backdrop=_valid_image_path(data.backdrop_path),
    )


def convert_movie(details: wire.MovieDetailsJson, language: str) -> Movie:
    """Convert the details of a movie at TMDb to the model; texts are in `language`."""
    ids = _external_ids(details)
    return Movie(
        id=details.id,
        imdb_id=ids.get("imdb", ""),
        asked=language,
        title=details.title,
        original_title=details.original_title,
        original_language=details.original_language,
        overview=details.overview,
        tagline=details.tagline,
        release_date=_valid_date(details.release_date),
        runtime=max(details.runtime, 0),
        status=details.status,
        homepage=details.homepage,
        adult=details.adult,
        rating=min(max(details.vote_average, 0.0), 10.0),
        votes=max(details.vote_count, 0),
        popularity=details.popularity,
        genres=_convert_named(details.genres),
        countries=_convert_named(details.production_countries),
        studios=_convert_named(details.production_companies),
        keywords=_convert_named(details.keywords.keywords),
        spoken_languages=tuple(it.iso_639_1 for it in details.spoken_languages if it.iso_639_1),
        collection=_convert_parent_collection(details.belongs_to_collection),
        cast=_convert_cast(details.credits.cast),
        crew=tuple(
            CrewMember(it.name, it.job, it.department, it.id)
            for it in _drop_unnamed(details.credits.crew)
        ),
        posters=_convert_images(details.images.posters),
        backdrops=_convert_images(details.images.backdrops),
        logos=_convert_images(details.images.logos),
        certificates=tuple(_convert_certifications(details.release_dates.results)),
        alternative_titles=_convert_titles(details.alternative_titles),
        translations=_convert_translations(details.translations),
        trailer=_find_trailer(details.videos.results, language),
        external_ids=ids,
    )


def _valid_date(text: str) -> str:
    return text[:10] if _DATE.fullmatch(text[:10]) else ""


def _valid_image_path(path: str) -> str:
    return path if constants.is_image_path(path) else ""


def _external_ids(details: wire.MovieDetailsJson) -> dict[str, str]:
    """Return the movie's ids in other databases by name: "imdb", "wikidata"..."""
    values = {"imdb_id": details.imdb_id} | details.external_ids
    ids = {name.removesuffix("_id"): str(value) for name, value in values.items() if value}
    if not constants.is_imdb_id(ids.get("imdb", "")):
        ids.pop("imdb", None)
        if constants.is_imdb_id(details.imdb_id):
            ids["imdb"] = details.imdb_id
    ids.pop("id", None)  # the TMDb id
    return ids


def _convert_named(entries: Iterable[wire.NamedJson]) -> tuple[NamedEntity, ...]:
    return tuple(
        NamedEntity(name=it.name, id=it.id, code=it.iso_3166_1) for it in entries if it.name
    )


def _convert_parent_collection(data: wire.CollectionJson | None) -> NamedEntity | None:
    if data is None or not data.name or data.id <= 0:
        return None
    poster, backdrop = _valid_image_path(data.poster_path), _valid_image_path(data.backdrop_path)
    return NamedEntity(data.name, data.id, overview=data.overview, poster=poster, backdrop=backdrop)


def _drop_unnamed(people: Iterable[wire.PersonJson]) -> Iterable[wire.PersonJson]:
    return (person for person in people if person.name)


def _convert_cast(people: Iterable[wire.PersonJson]) -> tuple[CastMember, ...]:
    in_order = sorted(_drop_unnamed(people), key=lambda person: person.order)
    return tuple(
        CastMember(
            person.name,
            person.character,
            person.order,
            _valid_image_path(person.profile_path),
            person.id,
        )
        for person in in_order
    )


def _convert_images(images: Iterable[wire.ImageJson]) -> tuple[TmdbImage, ...]:
    return tuple(
        TmdbImage(
            path=it.file_path,
            width=max(it.width, 0),
            height=max(it.height, 0),
            language="" if it.iso_639_1 == _NO_LANGUAGE else it.iso_639_1,
            votes=it.vote_count,
            rating=it.vote_average,
        )
        for it in images
        if constants.is_image_path(it.file_path)
    )


def _convert_certifications(
    countries: Iterable[wire.CountryReleasesJson],
) -> Iterable[Certification]:
    for country in countries:
        for release in country.release_dates:
            mark, date = release.certification.strip(), _valid_date(release.release_date)
            if mark or date:  # most releases have no rating, but a date
                yield Certification(country.iso_3166_1, mark, release.type, date)


def _convert_titles(titles: wire.TitlesJson) -> tuple[AlternativeTitle, ...]:
    return tuple(
        AlternativeTitle(it.title, it.iso_3166_1, it.type) for it in titles.titles if it.title
    )


def _convert_translations(translations: wire.TranslationsJson) -> tuple[Translation, ...]:
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


def _find_trailer(videos: Iterable[wire.VideoJson], language: str) -> str:
    """Return the key of the best trailer, or "" if there is none.

    Trailers in `language` come first, then official ones, then the others in their order.
    """
    wanted = language.partition("-")[0]
    trailers = [
        video
        for video in videos
        if video.site == _TRAILER_SITE
        and video.type == _TRAILER_TYPE
        and _VIDEO_KEY.fullmatch(video.key)
    ]
    best = sorted(trailers, key=lambda video: (video.iso_639_1 != wanted, not video.official))
    return best[0].key if best else ""
