"""Build the content of a movie's NFO, from TMDb in the configured language and from its files."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from mediakeep.lookups.access import Locale
from mediakeep.lookups.tmdb.films import Movie as Film
from mediakeep.lookups.tmdb.films import Picture
from mediakeep.media.nfo.details import Actor, Details, Rating, Set, Streams, Thumb
from mediakeep.movies.model import Movie
from mediakeep.movies.sidecars import art, certificates, sorting, texts

_PICTURES = "https://image.tmdb.org/t/p"
_MOST_PICTURES = 5  # of each kind
_MOST_ACTORS = 50
_WRITING = ("Screenplay", "Writer", "Author", "Story", "Novel")
_TRAILER = "plugin://plugin.video.youtube/?action=play_video&videoid="  # for Kodi's add-on
_VIDEO = re.compile(r"[\w-]{5,20}", re.ASCII)
_PATH = re.compile(r"/[\w.-]{1,100}", re.ASCII)


def details(film: Film, local: Movie, locale: Locale) -> Details:
    """Return the intended content of an NFO, without values that are unknown."""
    title = texts.title(film, locale)
    certificate = certificates.chosen(film.certificates, locale.country)
    return Details(
        title=title.text,
        original_title=film.original_title,
        sort_title=sorting.title(title.text, title.language),
        ratings=_ratings(film),
        plot=texts.plot(film, locale),
        tagline=texts.tagline(film, locale),
        runtime=film.runtime or round(local.duration / 60),
        thumbs=tuple(_posters(film, locale)),
        fanart=tuple(_fanart(film, locale)),
        mpaa=certificates.shown(certificate),
        ids=_ids(film),
        genres=_names(genre.name for genre in film.genres),
        countries=_names(country.name for country in film.countries),
        collection=_collection(film),
        tags=_names(keyword.name for keyword in film.keywords),
        credits=_names(
            member.name for member in film.crew if _wrote(member.department, member.job)
        ),
        directors=film.directors,
        premiered=film.release_date,
        year=film.year,
        studios=_names(studio.name for studio in film.studios),
        trailer=_TRAILER + film.trailer if _VIDEO.fullmatch(film.trailer) else "",
        streams=_streams(local),
        actors=tuple(_actors(film)),
    )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (name.strip() for name in names))))


def _wrote(department: str, job: str) -> bool:
    return department == "Writing" and job in _WRITING


def _ratings(film: Film) -> tuple[Rating, ...]:
    rating = Rating("themoviedb", round(film.rating, 3), film.votes)
    return (rating,) if film.rating and film.votes else ()


def _ids(film: Film) -> dict[str, str]:
    imdb = film.imdb_id or film.external_ids.get("imdb", "")
    return {"tmdb": str(film.id)} | ({"imdb": imdb} if imdb else {})


def _collection(film: Film) -> Set | None:
    collection = film.collection
    return (
        Set(collection.name, collection.overview, collection.id)
        if collection and collection.name
        else None
    )


def _actors(film: Film) -> Iterable[Actor]:
    cast = sorted(film.cast, key=lambda actor: actor.order)
    for number, actor in enumerate(cast[:_MOST_ACTORS]):
        yield Actor(actor.name, actor.role, number, _address(actor.portrait))


def _posters(film: Film, locale: Locale) -> Iterable[Thumb]:
    for path in _ranked(film.posters, art.languages(film, art.POSTER, locale.tongue)):
        yield Thumb(_address(path), "poster", _address(path, "w500"))


def _fanart(film: Film, locale: Locale) -> Iterable[Thumb]:
    for path in _ranked(film.backdrops, art.languages(film, art.FANART, locale.tongue)):
        yield Thumb(_address(path), preview=_address(path, "w780"))


def _ranked(pictures: tuple[Picture, ...], order: list[str]) -> list[str]:
    """Return the paths of the best pictures; within a language in TMDb's order."""
    usable = [
        picture for picture in pictures if picture.language in order and _address(picture.path)
    ]
    usable.sort(key=lambda picture: order.index(picture.language))
    return list(dict.fromkeys(picture.path for picture in usable))[:_MOST_PICTURES]


def _address(path: str, size: str = "original") -> str:
    """Return the URL of a picture, or "" if players cannot show it."""
    fits = _PATH.fullmatch(path) and not path.lower().endswith(".svg")
    return f"{_PICTURES}/{size}{path}" if fits else ""


def _streams(local: Movie) -> Streams:
    """Return the streams of the first version, or of its first part.

    The duration is the sum of all parts.
    """
    facts = local.videos[0].facts if local.videos else None
    if facts is None:
        return Streams()
    video = facts.video
    if local.videos[0].part and local.duration:
        video = tuple(msgspec.structs.replace(stream, duration=local.duration) for stream in video)
    return Streams(video, facts.audio, facts.subtitles)
