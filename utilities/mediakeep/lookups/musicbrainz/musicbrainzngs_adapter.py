"""musicbrainzngs builds each MusicBrainz request and validates its parameters; `read` fetches it.

The format is JSON, because its XML parser drops genres and first release dates. Its own transport
has no timeout, ignores Retry-After and limits the rate of one process only; its rate limiter and
its lock are removed.

WS/2 supports genres (https://musicbrainz.org/doc/MusicBrainz_API#Subqueries), but musicbrainzngs
refuses to request them, so they are added to its tables of valid includes.

`_safe_read(opener, request, body)`, `_mb_request.fun` and the two tables are internals of
musicbrainzngs 0.7.1, its last version;
tests/lookups/musicbrainz/test_musicbrainzngs_adapter.py checks them.
"""

from __future__ import annotations

import urllib.request
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import musicbrainzngs
from musicbrainzngs import musicbrainz

from mediakeep import __version__

FetchFunction = Callable[[str], bytes]  # returns the content of a URL


def install(host: str, read: FetchFunction, contact: str = "") -> None:
    """Make musicbrainzngs send all its requests to the URL `host` by calling `read`.

    The functions of musicbrainzngs then return what `read` returns. `contact` is an e-mail address
    or URL for the User-Agent header.
    """

    def fetch(_opener: object, request: urllib.request.Request, _body: Any = None) -> bytes:
        return read(request.full_url)

    service = urlsplit(host)
    musicbrainzngs.set_hostname(service.netloc, use_https=service.scheme == "https")
    musicbrainzngs.set_useragent("mediakeep", __version__, contact or None)
    musicbrainzngs.set_rate_limit(False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that JSON is unofficial, which is outdated
        musicbrainzngs.set_format("json")
    musicbrainzngs.set_parser(lambda content: content)
    for table in (musicbrainz.VALID_INCLUDES, musicbrainz.VALID_BROWSE_INCLUDES):
        for entity in ("release", "release-group"):
            table[entity] = [*dict.fromkeys((*table[entity], "genres"))]
    musicbrainz._safe_read = fetch
    musicbrainz._mb_request = getattr(musicbrainz._mb_request, "fun", musicbrainz._mb_request)
