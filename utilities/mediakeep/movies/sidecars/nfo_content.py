"""Build the content of a movie's NFO from TMDb, in the configured language, and its files."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from mediakeep.lookups.service_config import Locale
from mediakeep.lookups.tmdb.model import Movie as Film
from mediakeep.lookups.tmdb.model import TmdbImage
from mediakeep.media.nfo.model import NfoActor, NfoMovie, NfoRating, NfoSet, NfoStreams, NfoThumb
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.sidecars import artwork, localized_text

_IMAGE_URL = "https://image.tmdb.org/t/p"
_MOST_PICTURES = 5  # of each kind
_MOST_ACTORS = 50
_WRITING_JOBS = ("Screenplay", "Writer", "Author", "Story", "Novel")
_TRAILER_URL = "plugin://plugin.video.youtube/?action=play_video&videoid="  # for Kodi's add-on
_VIDEO_ID = re.compile(r"[\w-]{5,20}", re.ASCII)
_PICTURE_PATH = re.compile(r"/[\w.-]{1,100}", re.ASCII)


def build_details(film: Film, local: LocalMovie, locale: Locale) -> NfoMovie:
    """Return the content that a movie's NFO should have, without values that are unknown."""
    title = localized_text.choose_title(film, locale)
    certificate = localized_text.choose_certificate(film.certificates, locale.country)
    return NfoMovie(
        title=title.text,
        original_title=film.original_title,
        sort_title=localized_text.sort_title(title.text, title.language),
        ratings=_build_ratings(film),
        plot=localized_text.choose_plot(film, locale),
        tagline=localized_text.choose_tagline(film, locale),
        runtime=film.runtime or round(local.duration / 60),
        thumbs=tuple(_build_posters(film, locale)),
        fanart=tuple(_build_fanart(film, locale)),
        mpaa=localized_text.format_certificate(certificate),
        ids=_build_ids(film),
        genres=_distinct_names(genre.name for genre in film.genres),
        countries=_distinct_names(country.name for country in film.countries),
        collection=_build_collection(film),
        tags=_distinct_names(keyword.name for keyword in film.keywords),
        credits=_distinct_names(
            member.name for member in film.crew if _is_writer(member.department, member.job)
        ),
        directors=film.directors,
        premiered=film.release_date,
        year=film.year,
        studios=_distinct_names(studio.name for studio in film.studios),
        trailer=_TRAILER_URL + film.trailer if _VIDEO_ID.fullmatch(film.trailer) else "",
        streams=_build_streams(local),
        actors=tuple(_build_actors(film)),
    )


def _distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (name.strip() for name in names))))


def _is_writer(department: str, job: str) -> bool:
    return department == "Writing" and job in _WRITING_JOBS


def _build_ratings(film: Film) -> tuple[NfoRating, ...]:
    rating = NfoRating("themoviedb", round(film.rating, 3), film.votes)
    return (rating,) if film.rating and film.votes else ()


def _build_ids(film: Film) -> dict[str, str]:
    imdb = film.imdb_id or film.external_ids.get("imdb", "")
    return {"tmdb": str(film.id)} | ({"imdb": imdb} if imdb else {})


def _build_collection(film: Film) -> NfoSet | None:
    collection = film.collection
    return (
        NfoSet(collection.name, collection.overview, collection.id)
        if collection and collection.name
        else None
    )


def _build_actors(film: Film) -> Iterable[NfoActor]:
    cast = sorted(film.cast, key=lambda actor: actor.order)
    for number, actor in enumerate(cast[:_MOST_ACTORS]):
        yield NfoActor(actor.name, actor.role, number, _picture_url(actor.portrait))


def _build_posters(film: Film, locale: Locale) -> Iterable[NfoThumb]:
    for path in _best_paths(
        film.posters, artwork.text_languages(film, artwork.POSTER, locale.language_code)
    ):
        yield NfoThumb(_picture_url(path), "poster", _picture_url(path, "w500"))


def _build_fanart(film: Film, locale: Locale) -> Iterable[NfoThumb]:
    for path in _best_paths(
        film.backdrops, artwork.text_languages(film, artwork.FANART, locale.language_code)
    ):
        yield NfoThumb(_picture_url(path), preview=_picture_url(path, "w780"))


def _best_paths(pictures: tuple[TmdbImage, ...], order: list[str]) -> list[str]:
    """Return the TMDb paths of the best pictures, by language in the given order.

    Within a language TMDb's order is kept.
    """
    usable = [
        picture for picture in pictures if picture.language in order and _picture_url(picture.path)
    ]
    usable.sort(key=lambda picture: order.index(picture.language))
    return list(dict.fromkeys(picture.path for picture in usable))[:_MOST_PICTURES]


def _picture_url(path: str, size: str = "original") -> str:
    """Return the URL of a picture at TMDb, or "" if players cannot show it."""
    fits = _PICTURE_PATH.fullmatch(path) and not path.lower().endswith(".svg")
    return f"{_IMAGE_URL}/{size}{path}" if fits else ""


def _build_streams(local: LocalMovie) -> NfoStreams:
    """Return the streams of a movie for its NFO, from the first version or its first part.

    The duration is the sum of all parts.
    """
    facts = local.videos[0].facts if local.videos else None
    if facts is None:
        return NfoStreams()
    video = facts.video
    if local.videos[0].part and local.duration:
        video = tuple(msgspec.structs.replace(stream, duration=local.duration) for stream in video)
    return NfoStreams(video, facts.audio, facts.subtitles)
