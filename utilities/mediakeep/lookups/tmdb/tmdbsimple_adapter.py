"""Route the requests of tmdbsimple through our HTTP client.

tmdbsimple builds each request, and `read` fetches it. Its public hook REQUESTS_SESSION accepts any
object with the method `request` of a requests session; of the result it uses only raise_for_status,
encoding and json. Its host is hard-coded, so the URL is rebuilt here; it requires a key, so it gets
a placeholder that is never sent: the real secret is added on the connection.

Its module variables are read when one of its objects is created.
tests/lookups/tmdb/test_tmdbsimple_adapter.py checks all this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import tmdbsimple

from mediakeep.lookups.tmdb import constants

FetchFunction = Callable[[str], bytes]  # returns the content of a URL

_TMDBSIMPLE_URL = f"https://api.themoviedb.org/{constants.API_VERSION}"
_PLACEHOLDER_KEY = "placeholder"


class _TmdbsimpleResponse:
    """A response object for tmdbsimple, whose functions then return the raw content."""

    encoding = ""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def raise_for_status(self) -> None:
        """Do nothing, because an error response has already raised an exception."""

    def json(self) -> bytes:
        """Return the raw content of the response, which the caller decodes."""
        return self._content


class TmdbsimpleSession:
    """HTTP session for tmdbsimple that sends requests to the URL `host` by calling `read`."""

    def __init__(self, host: str, read: FetchFunction) -> None:
        self._base = f"{host}/{constants.API_VERSION}"
        self._fetch = read

    def request(
        self, method: str, url: str, params: Mapping[str, object] | None = None, **_: Any
    ) -> _TmdbsimpleResponse:
        """Fetch the response to a URL of tmdbsimple from the configured host instead."""
        if method != "GET" or not url.startswith(f"{_TMDBSIMPLE_URL}/"):
            raise ValueError(f"unexpected request of tmdbsimple: {method} {url}")
        query = urlencode(params or {}, quote_via=quote)
        path = url.removeprefix(_TMDBSIMPLE_URL)
        return _TmdbsimpleResponse(
            self._fetch(f"{self._base}{path}" + (f"?{query}" if query else ""))
        )


def create_endpoint(group: str, *ids: object, session: TmdbsimpleSession) -> Any:
    """Create an object of a tmdbsimple class that uses our HTTP session."""
    tmdbsimple.API_KEY = _PLACEHOLDER_KEY
    tmdbsimple.API_VERSION = constants.API_VERSION
    tmdbsimple.USE_BEARER_AUTH = True  # otherwise the placeholder is part of each URL
    tmdbsimple.REQUESTS_SESSION = session
    return getattr(tmdbsimple, group)(*ids)
