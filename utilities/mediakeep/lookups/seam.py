"""The one place where musicbrainzngs is bent: its requests go through our own session.

It builds each request and checks it against what WS/2 allows, and `read` fetches it. JSON is asked
for, as its XML parser drops genres and first release dates. Its transport has no timeout, ignores
Retry-After and paces one process alone; its limiter and its lock are taken off.

WS/2 knows genres (https://musicbrainz.org/doc/MusicBrainz_API#Subqueries), and musicbrainzngs
refuses to ask for them: its tables of what may be asked for are added to.

`_safe_read(opener, request, body)`, `_mb_request.fun` and the two tables are names of
musicbrainzngs 0.7.1, which is its last; tests/lookups/test_seam.py guards them.
"""

from __future__ import annotations

import urllib.request
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import musicbrainzngs
from musicbrainzngs import musicbrainz

Read = Callable[[str], bytes]  # a URL's content


def install(host: str, read: Read) -> None:
    """Have musicbrainzngs ask `host`, given as a URL, through `read`.

    What its functions return from then on is what `read` gave.
    """

    def fetch(_opener: object, request: urllib.request.Request, _body: Any = None) -> bytes:
        return read(request.full_url)

    service = urlsplit(host)
    musicbrainzngs.set_hostname(service.netloc, use_https=service.scheme == "https")
    musicbrainzngs.set_useragent("mediakeep", "0")  # `read` sends its own
    musicbrainzngs.set_rate_limit(False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that JSON is not official; it is by now
        musicbrainzngs.set_format("json")
    musicbrainzngs.set_parser(lambda content: content)
    for table in (musicbrainz.VALID_INCLUDES, musicbrainz.VALID_BROWSE_INCLUDES):
        for entity in ("release", "release-group"):
            table[entity] = [*dict.fromkeys((*table[entity], "genres"))]
    musicbrainz._safe_read = fetch
    musicbrainz._mb_request = getattr(musicbrainz._mb_request, "fun", musicbrainz._mb_request)
