"""Posters and fanart: choose them, fetch them from TMDb and check them.

1. The configured language comes first, then the original one, English, and no text; for fanart,
   no text comes first. Small pictures come last; among equals, TMDb's order decides.
2. If a fetched picture is not a complete JPEG or PNG, the next one is tried.
"""

from __future__ import annotations

import msgspec

from mediakeep.errors import NotFound
from mediakeep.lookups.tmdb.client import TmdbClient
from mediakeep.lookups.tmdb.model import Movie, TmdbImage
from mediakeep.media import pictures

POSTER, FANART = "poster", "fanart"
PICTURE_ROLES = (POSTER, FANART)

SUFFIX_BY_MIME = {"image/jpeg": ".jpg", "image/png": ".png"}
# End markers (ITU-T T.81, B.1.1.3; PNG, 11.2.5).
_END_MARKERS = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND\xaeB`\x82"}
_MIN_WIDTH = {POSTER: 500, FANART: 1280}  # pixels; smaller ones only if TMDb has no others
_MAX_TRIES = 3


class FetchedPicture(msgspec.Struct, frozen=True):
    """A picture of a movie fetched from TMDb: its content, MIME type and path at TMDb."""

    role: str
    data: bytes
    mime: str
    path: str

    @property
    def suffix(self) -> str:
        """The suffix of the picture's file, such as ".jpg"."""
        return SUFFIX_BY_MIME[self.mime]


def list_text_languages(movie: Movie, role: str, language: str) -> list[str]:
    """Return the languages of the text in a movie's pictures, the preferred one first.

    `role` is "poster" or "fanart". "" stands for pictures without text.
    """
    preferred = dict.fromkeys(filter(None, (language, movie.original_language, "en")))
    return [*preferred, ""] if role == POSTER else ["", *preferred]


def rank_pictures(movie: Movie, role: str, language: str) -> tuple[TmdbImage, ...]:
    """Return a movie's pictures for a role such as "poster", best first."""
    available = movie.posters if role == POSTER else movie.backdrops
    order = list_text_languages(movie, role, language)
    usable = [picture for picture in available if not picture.path.endswith(".svg")]

    def rank(picture: TmdbImage) -> tuple[bool, int]:
        is_small = 0 < picture.width < _MIN_WIDTH[role]
        languages = picture.language in order
        return is_small, order.index(picture.language) if languages else len(order)

    return tuple(sorted(usable, key=rank))


def fetch_picture(
    tmdb: TmdbClient, movie: Movie, role: str, language: str, suffix: str = ""
) -> FetchedPicture | None:
    """Fetch the best usable picture of a movie for a role; return None if there is none.

    With a `suffix`, only pictures of that file type are used. Raise LookupSkipped or ServiceFailed
    if TMDb cannot be queried.
    """
    for picture in rank_pictures(movie, role, language)[:_MAX_TRIES]:
        try:
            data = tmdb.fetch_image(picture.path)
        except NotFound:
            continue
        mime = _complete_mime_type(data)
        if mime and suffix in ("", SUFFIX_BY_MIME[mime]):
            return FetchedPicture(role, data, mime, picture.path)
    return None


def _complete_mime_type(data: bytes) -> str:
    """Return the MIME type of a picture, or "" if it is incomplete or not a picture."""
    mime, width, height = pictures.identify_picture(lambda at, size: data[at : at + size])
    ends = mime in _END_MARKERS and data.rstrip(b"\0").endswith(_END_MARKERS[mime])
    return mime if ends and width and height else ""
