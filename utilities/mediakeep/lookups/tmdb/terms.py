"""What TMDb's terms and its programming interface ask of those who use it.

Its answers may be kept for six months (themoviedb.org/api-terms-of-use); a search or a find brings
new movies to light, and is good for a week.
"""

from __future__ import annotations

import re

NAME, IMAGES = "TMDb", "TMDb's pictures"
HOST, IMAGE_HOST = "https://api.themoviedb.org", "https://image.tmdb.org"
VERSION = "3"

_DAY = 86400.0
LONGEST = 180 * _DAY  # seconds
# Seconds for which answers are good, of the first text that an address holds.
KEPT = (
    (f"/{VERSION}/search/", 7 * _DAY),
    (f"/{VERSION}/find/", 7 * _DAY),
    ("", LONGEST),
)

_IMDB_ID = re.compile(r"tt[0-9]{7,10}")
_SITE = r"(?:https?://)?(?:www\.|m\.)?%s/(?:[a-z]{2}(?:-[a-z]{2})?/)?%s(?:/[^?#\s]*)?(?:[?#]\S*)?"
_TMDB_PAGE = re.compile(
    _SITE % (r"themoviedb\.org", r"movie/([1-9][0-9]{0,9})(?:-[^/?#\s]*)?"), re.IGNORECASE
)
_IMDB_PAGE = re.compile(_SITE % (r"imdb\.com", r"title/(tt[0-9]{7,10})"), re.IGNORECASE)
_TMDB_ID = re.compile(r"([1-9][0-9]{0,9})(?:-\S*)?")
_PICTURE = re.compile(r"/[A-Za-z0-9_-]{1,80}\.[A-Za-z]{3,4}")
MOST = 2**31 - 1  # of an id


def is_imdb_id(text: str) -> bool:
    """Tell whether a text has the form of the id of a title at IMDb, such as tt0133093."""
    return _IMDB_ID.fullmatch(text) is not None


def read_tmdb_id(text: str) -> int:
    """Read an id of TMDb, or the address of a movie's page as a browser shows it; 0 if neither.

    The id may have the title behind it, as in such addresses: "603-the-matrix".
    """
    found = _TMDB_PAGE.fullmatch(text.strip()) or _TMDB_ID.fullmatch(text.strip())
    number = int(found[1]) if found else 0
    return number if number <= MOST else 0


def read_imdb_id(text: str) -> str:
    """Read an id of IMDb, or the address of a title's page as a browser shows it; "" if neither."""
    found = _IMDB_PAGE.fullmatch(text.strip())
    told = found[1].lower() if found else text.strip()
    return told if is_imdb_id(told) else ""


def is_picture(path: str) -> bool:
    """Tell whether a text has the form of the path of a picture at TMDb, such as /aB3.jpg."""
    return _PICTURE.fullmatch(path) is not None
