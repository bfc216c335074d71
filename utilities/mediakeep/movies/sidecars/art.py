"""Posters and fanart: which one is wanted, fetched from TMDb, and checked by its bytes.

1. The language that was asked for comes first, then the original one, English, and no text at all;
   of fanart that without text comes first. Small ones are taken last; among equals TMDb's own order
   decides.
2. What was fetched is a whole JPEG or PNG, or the next picture is tried.
"""

from __future__ import annotations

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


def languages(movie: Movie, role: str, language: str) -> list[str]:
    """Return the languages of texts in pictures for a role, best first; "" is no text at all."""
    told = dict.fromkeys(filter(None, (language, movie.original_language, "en")))
    return [*told, ""] if role == POSTER else ["", *told]


def ranked(movie: Movie, role: str, language: str) -> tuple[Picture, ...]:
    """Return the pictures for a role, the one that is wanted most first."""
    found = movie.posters if role == POSTER else movie.backdrops
    order = languages(movie, role, language)
    usable = [one for one in found if not one.path.endswith(".svg")]

    def rank(one: Picture) -> tuple[bool, int]:
        small = 0 < one.width < _NARROWEST[role]
        place = order.index(one.language) if one.language in order else len(order)
        return small, place

    return tuple(sorted(usable, key=rank))


def fetched(tmdb: TMDb, movie: Movie, role: str, language: str, suffix: str = "") -> Art | None:
    """Fetch the picture for a role; None where there is none that is any good.

    With a `suffix` it is one whose file bears that. NotAsked and ServiceFailed where it cannot be
    asked for.
    """
    for one in ranked(movie, role, language)[:_TRIES]:
        try:
            data = tmdb.image(one.path)
        except NotThere:
            continue
        mime = _whole(data)
        if mime and suffix in ("", SUFFIXES[mime]):
            return Art(role, data, mime, one.path)
    return None


def _whole(data: bytes) -> str:
    """Return the MIME type of a picture that is whole, else ""."""
    mime, width, height = pictures.described(lambda at, size: data[at : at + size])
    ends = mime in _ENDS and data.rstrip(b"\0").endswith(_ENDS[mime])
    return mime if ends and width and height else ""
