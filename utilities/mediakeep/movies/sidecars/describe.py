"""What the NFO of a movie is to say: TMDb's facts in the language asked for, and the file's own."""

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
_TRAILER = "plugin://plugin.video.youtube/?action=play_video&videoid="  # of Kodi's add-on
_VIDEO = re.compile(r"[\w-]{5,20}", re.ASCII)
_PATH = re.compile(r"/[\w.-]{1,100}", re.ASCII)


def details(found: Film, local: Movie, locale: Locale) -> Details:
    """Return what we want an NFO to say; what neither TMDb nor the file tells is left out."""
    title = texts.title(found, locale)
    certificate = certificates.chosen(found.certificates, locale.country)
    return Details(
        title=title.text,
        original_title=found.original_title,
        sort_title=sorting.title(title.text, title.language),
        ratings=_ratings(found),
        plot=texts.plot(found, locale),
        tagline=texts.tagline(found, locale),
        runtime=found.runtime or round(local.duration / 60),
        thumbs=tuple(_posters(found, locale)),
        fanart=tuple(_fanart(found, locale)),
        mpaa=certificates.shown(certificate),
        ids=_ids(found),
        genres=_names(one.name for one in found.genres),
        countries=_names(one.name for one in found.countries),
        collection=_collection(found),
        tags=_names(one.name for one in found.keywords),
        credits=_names(one.name for one in found.crew if _wrote(one.department, one.job)),
        directors=found.directors,
        premiered=found.release_date,
        year=found.year,
        studios=_names(one.name for one in found.studios),
        trailer=_TRAILER + found.trailer if _VIDEO.fullmatch(found.trailer) else "",
        streams=_streams(local),
        actors=tuple(_actors(found)),
    )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (name.strip() for name in names))))


def _wrote(department: str, job: str) -> bool:
    return department == "Writing" and job in _WRITING


def _ratings(found: Film) -> tuple[Rating, ...]:
    rating = Rating("themoviedb", round(found.rating, 3), found.votes)
    return (rating,) if found.rating and found.votes else ()


def _ids(found: Film) -> dict[str, str]:
    imdb = found.imdb_id or found.external_ids.get("imdb", "")
    return {"tmdb": str(found.id)} | ({"imdb": imdb} if imdb else {})


def _collection(found: Film) -> Set | None:
    one = found.collection
    return Set(one.name, one.overview, one.id) if one and one.name else None


def _actors(found: Film) -> Iterable[Actor]:
    cast = sorted(found.cast, key=lambda one: one.order)
    for place, one in enumerate(cast[:_MOST_ACTORS]):
        yield Actor(one.name, one.role, place, _address(one.portrait))


def _posters(found: Film, locale: Locale) -> Iterable[Thumb]:
    for one in _ranked(found.posters, art.languages(found, art.POSTER, locale.tongue)):
        yield Thumb(_address(one), "poster", _address(one, "w500"))


def _fanart(found: Film, locale: Locale) -> Iterable[Thumb]:
    for one in _ranked(found.backdrops, art.languages(found, art.FANART, locale.tongue)):
        yield Thumb(_address(one), preview=_address(one, "w780"))


def _ranked(pictures: tuple[Picture, ...], order: list[str]) -> list[str]:
    """Return the paths of the best pictures, in the order of TMDb within a language."""
    fit = [one for one in pictures if one.language in order and _address(one.path)]
    fit.sort(key=lambda one: order.index(one.language))
    return list(dict.fromkeys(one.path for one in fit))[:_MOST_PICTURES]


def _address(path: str, size: str = "original") -> str:
    """Return the address of a picture, "" for what players cannot show."""
    fits = _PATH.fullmatch(path) and not path.lower().endswith(".svg")
    return f"{_PICTURES}/{size}{path}" if fits else ""


def _streams(local: Movie) -> Streams:
    """Tell of the first version; where it is cut into parts, of the first of them.

    It lasts as long as all parts do.
    """
    facts = local.videos[0].facts if local.videos else None
    if facts is None:
        return Streams()
    video = facts.video
    if local.videos[0].part and local.duration:
        video = tuple(msgspec.structs.replace(one, duration=local.duration) for one in video)
    return Streams(video, facts.audio, facts.subtitles)
