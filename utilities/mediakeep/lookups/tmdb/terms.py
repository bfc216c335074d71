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
_PICTURE = re.compile(r"/[A-Za-z0-9_-]{1,80}\.[A-Za-z]{3,4}")
MOST = 2**31 - 1  # of an id


def is_imdb_id(text: str) -> bool:
    """Tell whether a text has the form of the id of a title at IMDb, such as tt0133093."""
    return _IMDB_ID.fullmatch(text) is not None


def is_picture(path: str) -> bool:
    """Tell whether a text has the form of the path of a picture at TMDb, such as /aB3.jpg."""
    return _PICTURE.fullmatch(path) is not None
