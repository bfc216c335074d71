"""Constants and id formats of TMDb.

Responses may be cached for six months (themoviedb.org/api-terms-of-use); those of searches and
finds expire after a week, so that new movies are found.
"""

from __future__ import annotations

import re

SERVICE_NAME, IMAGE_SERVICE_NAME = "TMDb", "TMDb's image server"
HOST, IMAGE_HOST = "https://api.themoviedb.org", "https://image.tmdb.org"
API_VERSION = "3"

_DAY = 86400.0
MAX_LIFETIME = 180 * _DAY  # seconds
SEARCH_LIFETIME = 7 * _DAY  # seconds
SEARCH_PATH = f"/{API_VERSION}/search/"
# Cache lifetimes in seconds by a substring of the URL; the first match counts.
CACHE_LIFETIMES = (
    (SEARCH_PATH, SEARCH_LIFETIME),
    (f"/{API_VERSION}/find/", SEARCH_LIFETIME),
    ("", MAX_LIFETIME),
)

_IMDB_ID = re.compile(r"tt[0-9]{7,10}")
_PAGE_URL = (
    r"(?:https?://)?(?:www\.|m\.)?%s/(?:[a-z]{2}(?:-[a-z]{2})?/)?%s(?:/[^?#\s]*)?(?:[?#]\S*)?"
)
_TMDB_PAGE = re.compile(
    _PAGE_URL % (r"themoviedb\.org", r"movie/([1-9][0-9]{0,9})(?:-[^/?#\s]*)?"), re.IGNORECASE
)
_IMDB_PAGE = re.compile(_PAGE_URL % (r"imdb\.com", r"title/(tt[0-9]{7,10})"), re.IGNORECASE)
_TMDB_ID = re.compile(r"([1-9][0-9]{0,9})(?:-\S*)?")
_IMAGE_PATH = re.compile(r"/[A-Za-z0-9_-]{1,80}\.[A-Za-z]{3,4}")
MAX_ID = 2**31 - 1  # the largest id


def is_imdb_id(text: str) -> bool:
    """Return whether a text has the form of an IMDb title id, such as tt0133093."""
    return _IMDB_ID.fullmatch(text) is not None


def parse_tmdb_id(text: str) -> int:
    """Return the TMDb id in a text, which is the id or the URL of a movie's page.

    Return 0 if the text is invalid. The title may follow the id, as in such URLs: "603-the-matrix".
    """
    match = _TMDB_PAGE.fullmatch(text.strip()) or _TMDB_ID.fullmatch(text.strip())
    number = int(match[1]) if match else 0
    return number if number <= MAX_ID else 0


def parse_imdb_id(text: str) -> str:
    """Return the IMDb id in a text, which is the id or the URL of a title's page.

    Return "" if the text is invalid.
    """
    match = _IMDB_PAGE.fullmatch(text.strip())
    imdb_id = match[1].lower() if match else text.strip()
    return imdb_id if is_imdb_id(imdb_id) else ""


def parse_movie_id(text: str) -> tuple[int, str] | None:
    """Parse a TMDb or IMDb id, or the URL of its page; the other id is 0 or "".

    Return None if it is neither.
    """
    ids = parse_tmdb_id(text), parse_imdb_id(text)
    return ids if any(ids) else None


def is_image_path(path: str) -> bool:
    """Return whether a text has the form of a TMDb image path, such as /aB3.jpg."""
    return _IMAGE_PATH.fullmatch(path) is not None
