"""Posters and fanart: which one is wanted, fetched from TMDb, and checked by its bytes.

1. The language that was asked for comes first, then the original one, English, and no text at all;
   of fanart that without text comes first. Among equals TMDb's own order decides.
2. What was fetched is a whole JPEG or PNG of a fair size, or the next picture is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mediakeep.errors import NotThere
from mediakeep.lookups.tmdb.films import Movie, Picture
from mediakeep.lookups.tmdb.service import TMDb
from mediakeep.media import pictures

POSTER, FANART = "poster", "fanart"
ROLES = (POSTER, FANART)

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}
# How each ends (ITU-T T.81, B.1.1.3; PNG, 11.2.5).
_ENDS = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND\xaeB`\x82"}
_NARROWEST = {POSTER: 500, FANART: 1280}  # pixels; smaller ones only where TMDb has no other
_TRIES = 3


class Art(msgspec.Struct, frozen=True):
    """A picture that was fetched: its bytes, its MIME type, and where it lies at TMDb."""

    role: str
    data: bytes
    mime: str
    path: str

    @property
    def suffix(self) -> str:
        """The suffix of a file of it."""
        return SUFFIXES[self.mime]


def ranked(movie: Movie, role: str, language: str) -> tuple[Picture, ...]:
    """Return the pictures for a role, the one that is wanted most first."""
    found = movie.posters if role == POSTER else movie.backdrops
    wanted = _languages(movie, language)
    order = [*wanted, ""] if role == POSTER else ["", *wanted]
    usable = [one for one in found if not one.path.endswith(".svg")]

    def rank(one: Picture) -> tuple[bool, int]:
        small = 0 < one.width < _NARROWEST[role]
        place = order.index(one.language) if one.language in order else len(order)
        return small, place

    return tuple(sorted(usable, key=rank))


def fetched(tmdb: TMDb, movie: Movie, role: str, language: str) -> Art | None:
    """Fetch the picture for a role; None where there is none that is any good.

    NotAsked and ServiceFailed where it cannot be asked for.
    """
    for one in ranked(movie, role, language)[:_TRIES]:
        try:
            data = tmdb.image(one.path)
        except NotThere:
            continue
        if mime := _whole(data):
            return Art(role, data, mime, one.path)
    return None


def _whole(data: bytes) -> str:
    """Return the MIME type of a picture that is whole, else ""."""
    mime, width, height = pictures.described(lambda at, size: data[at : at + size])
    ends = mime in _ENDS and data.rstrip(b"\0").endswith(_ENDS[mime])
    return mime if ends and width and height else ""


def _languages(movie: Movie, language: str) -> Sequence[str]:
    """Return the languages of texts in pictures, the one that is wanted most first."""
    return tuple(_distinct((language.partition("-")[0], movie.original_language, "en")))


def _distinct(names: Iterable[str]) -> Iterator[str]:
    yield from dict.fromkeys(filter(None, names))
