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


def build_nfo_content(movie: Film, local: LocalMovie, locale: Locale) -> NfoMovie:
    """Return the content that a movie's NFO should have, without values that are unknown."""
    title = localized_text.choose_title(movie, locale)
    certificate = localized_text.choose_certificate(movie.certificates, locale.country)
    return NfoMovie(
        title=title.text,
        original_title=movie.original_title,
        sort_title=localized_text.build_sort_title(title.text, title.language),
        ratings=_build_ratings(movie),
        plot=localized_text.choose_plot(movie, locale),
        tagline=localized_text.choose_tagline(movie, locale),
        runtime=movie.runtime or round(local.duration / 60),
        thumbs=tuple(_build_posters(movie, locale)),
        fanart=tuple(_build_fanart(movie, locale)),
        mpaa=localized_text.format_certificate(certificate),
        ids=_build_ids(movie),
        genres=_distinct_names(genre.name for genre in movie.genres),
        countries=_distinct_names(country.name for country in movie.countries),
        collection=_build_collection(movie),
        tags=_distinct_names(keyword.name for keyword in movie.keywords),
        credits=_distinct_names(
            member.name for member in movie.crew if _is_writer(member.department, member.job)
        ),
        directors=movie.directors,
        premiered=movie.release_date,
        year=movie.year,
        studios=_distinct_names(studio.name for studio in movie.studios),
        trailer=_TRAILER_URL + movie.trailer if _VIDEO_ID.fullmatch(movie.trailer) else "",
        streams=_build_streams(local),
        actors=tuple(_build_actors(movie)),
    )


def _distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (name.strip() for name in names))))


def _is_writer(department: str, job: str) -> bool:
    return department == "Writing" and job in _WRITING_JOBS


def _build_ratings(movie: Film) -> tuple[NfoRating, ...]:
    rating = NfoRating("themoviedb", round(movie.rating, 3), movie.votes)
    return (rating,) if movie.rating and movie.votes else ()


def _build_ids(movie: Film) -> dict[str, str]:
    imdb = movie.imdb_id or movie.external_ids.get("imdb", "")
    return {"tmdb": str(movie.id)} | ({"imdb": imdb} if imdb else {})


def _build_collection(movie: Film) -> NfoSet | None:
    collection = movie.collection
    return (
        NfoSet(collection.name, collection.overview, collection.id)
        if collection and collection.name
        else None
    )


def _build_actors(movie: Film) -> Iterable[NfoActor]:
    cast = sorted(movie.cast, key=lambda actor: actor.order)
    for number, actor in enumerate(cast[:_MOST_ACTORS]):
        yield NfoActor(actor.name, actor.role, number, _picture_url(actor.portrait))


def _build_posters(movie: Film, locale: Locale) -> Iterable[NfoThumb]:
    for path in _best_paths(
        movie.posters, artwork.list_text_languages(movie, artwork.POSTER, locale.language_code)
    ):
        yield NfoThumb(_picture_url(path), "poster", _picture_url(path, "w500"))


def _build_fanart(movie: Film, locale: Locale) -> Iterable[NfoThumb]:
    for path in _best_paths(
        movie.backdrops, artwork.list_text_languages(movie, artwork.FANART, locale.language_code)
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
