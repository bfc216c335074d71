"""Posters and fanart: choose them, fetch them from TMDb and check them.

1. The configured language comes first, then the original one, English, and no text; for fanart,
   no text comes first. Small pictures come last; among equals, TMDb's order decides.
2. If a fetched picture is not a complete JPEG or PNG, the next one is tried.
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
# End markers (ITU-T T.81, B.1.1.3; PNG, 11.2.5).
_ENDS = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND\xaeB`\x82"}
_NARROWEST = {POSTER: 500, FANART: 1280}  # pixels; smaller ones only if TMDb has no others
_TRIES = 3


class Art(msgspec.Struct, frozen=True):
    """A fetched picture: its content, MIME type and path at TMDb."""

    role: str
    data: bytes
    mime: str
    path: str

    @property
    def suffix(self) -> str:
        """The suffix of its file."""
        return SUFFIXES[self.mime]


def languages(movie: Movie, role: str, language: str) -> list[str]:
    """Return the languages of text in pictures for a role, best first; "" is no text."""
    preferred = dict.fromkeys(filter(None, (language, movie.original_language, "en")))
    return [*preferred, ""] if role == POSTER else ["", *preferred]


def ranked(movie: Movie, role: str, language: str) -> tuple[Picture, ...]:
    """Return the pictures for a role, best first."""
    available = movie.posters if role == POSTER else movie.backdrops
    order = languages(movie, role, language)
    usable = [picture for picture in available if not picture.path.endswith(".svg")]

    def rank(picture: Picture) -> tuple[bool, int]:
        is_small = 0 < picture.width < _NARROWEST[role]
        known = picture.language in order
        return is_small, order.index(picture.language) if known else len(order)

    return tuple(sorted(usable, key=rank))


def fetched(tmdb: TMDb, movie: Movie, role: str, language: str, suffix: str = "") -> Art | None:
    """Fetch the picture for a role; return None if there is no usable one.

    With a `suffix`, only pictures of that file type are used. Raise NotAsked or ServiceFailed if
    TMDb cannot be queried.
    """
    for picture in ranked(movie, role, language)[:_TRIES]:
        try:
            data = tmdb.image(picture.path)
        except NotThere:
            continue
        mime = _whole(data)
        if mime and suffix in ("", SUFFIXES[mime]):
            return Art(role, data, mime, picture.path)
    return None


def _whole(data: bytes) -> str:
    """Return the MIME type of a complete picture, or ""."""
    mime, width, height = pictures.described(lambda at, size: data[at : at + size])
    ends = mime in _ENDS and data.rstrip(b"\0").endswith(_ENDS[mime])
    return mime if ends and width and height else ""
