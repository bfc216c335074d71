"""tmdbsimple builds the path and parameters of each TMDb request; `read` fetches the response.

Its public hook REQUESTS_SESSION accepts any object with the method `request` of a requests session.
Its host is hard-coded, so the URL is rebuilt here. It gets the token by API_KEY, but `read` sends
it, because headers may be logged. tests/lookups/tmdb/test_tmdbsimple_adapter.py checks all this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import tmdbsimple

from mediakeep.lookups.http.models import Secret
from mediakeep.lookups.tmdb import constants

FetchFunction = Callable[[str], bytes]  # returns the content of a URL

_TMDBSIMPLE_URL = f"https://api.themoviedb.org/{constants.API_VERSION}"
_NO_KEY = "no token is set"  # tmdbsimple requires one, even for responses from the cache


class _TmdbsimpleResponse:
    """A response with content that tmdbsimple returns undecoded."""

    encoding = ""

    def __init__(self, content: bytes) -> None:
        self.json = lambda: content
        self.raise_for_status = lambda: None  # an error response has already raised an exception


class TmdbsimpleSession:
    """HTTP session for tmdbsimple that sends requests to the URL `host` by calling `read`."""

    def __init__(self, host: str, read: FetchFunction, secret: Secret | None = None) -> None:
        self._base = f"{host}/{constants.API_VERSION}"
        self._fetch, self.secret = read, secret

    def request(
        self, method: str, url: str, params: Mapping[str, object] | None = None, **_: Any
    ) -> _TmdbsimpleResponse:
        """Fetch the response to a URL of tmdbsimple from the configured host instead."""
        if method != "GET" or not url.startswith(f"{_TMDBSIMPLE_URL}/"):
            raise ValueError(f"unexpected request of tmdbsimple: {method} {url}")
        query = urlencode(params or {}, quote_via=quote)
        path = url.removeprefix(_TMDBSIMPLE_URL) + (f"?{query}" if query else "")
        return _TmdbsimpleResponse(self._fetch(f"{self._base}{path}"))


def create_endpoint(group: str, *ids: object, session: TmdbsimpleSession) -> Any:
    """Create an object of a tmdbsimple class that uses our HTTP session."""
    # tmdbsimple reads these when an object is created.
    tmdbsimple.API_KEY = session.secret.reveal() if session.secret else _NO_KEY
    tmdbsimple.API_VERSION = constants.API_VERSION
    tmdbsimple.USE_BEARER_AUTH = True  # otherwise the token is part of each URL
    tmdbsimple.REQUESTS_SESSION = session
    return getattr(tmdbsimple, group)(*ids)
