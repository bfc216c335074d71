"""Route the requests of tmdbsimple through our HTTP client.

tmdbsimple builds each request, and `read` fetches it. Its public hook REQUESTS_SESSION accepts any
object with the method `request` of a requests session; of the result it uses only raise_for_status,
encoding and json. Its host is hard-coded, so the URL is rebuilt here; it requires a key, so it gets
a placeholder that is never sent: the real secret is added on the connection.

Its module variables are read when one of its objects is created.
tests/lookups/tmdb/test_tmdb_seam.py checks all this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import tmdbsimple

from mediakeep.lookups.tmdb import terms

Read = Callable[[str], bytes]  # returns the content of a URL

_ITS_OWN = f"https://api.themoviedb.org/{terms.VERSION}"
_NO_KEY = "placeholder"


class _Answer:
    """Response for tmdbsimple, whose functions then return the raw content."""

    encoding = ""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def raise_for_status(self) -> None:
        """Do nothing: `read` has already raised."""

    def json(self) -> bytes:
        """Return the raw content, which is decoded elsewhere."""
        return self._content


class Session:
    """Session for tmdbsimple that sends requests to `host`, a URL, by calling `read`."""

    def __init__(self, host: str, read: Read) -> None:
        self._base = f"{host}/{terms.VERSION}"
        self._read = read

    def request(
        self, method: str, url: str, params: Mapping[str, object] | None = None, **_: Any
    ) -> _Answer:
        """Fetch a URL of tmdbsimple from the configured host."""
        if method != "GET" or not url.startswith(f"{_ITS_OWN}/"):
            raise ValueError(f"unexpected request of tmdbsimple: {method} {url}")
        query = urlencode(params or {}, quote_via=quote)
        path = url.removeprefix(_ITS_OWN)
        return _Answer(self._read(f"{self._base}{path}" + (f"?{query}" if query else "")))


def made(group: str, *ids: object, session: Session) -> Any:
    """Create an object of a tmdbsimple class that uses our session."""
    tmdbsimple.API_KEY = _NO_KEY
    tmdbsimple.API_VERSION = terms.VERSION
    tmdbsimple.USE_BEARER_AUTH = True  # otherwise the placeholder is part of each URL
    tmdbsimple.REQUESTS_SESSION = session
    return getattr(tmdbsimple, group)(*ids)
