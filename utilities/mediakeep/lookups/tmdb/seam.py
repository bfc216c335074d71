"""The one place where tmdbsimple is bent: its requests go through our own session.

It builds each request, and `read` fetches it. Its public hook REQUESTS_SESSION takes any object
with the method `request` of a session of requests; of what that returns it uses raise_for_status,
encoding and json alone. Its host is written into it, so an address is made anew here; it does not
work without a key, so it has a word that is never sent: the real one joins a request where it
leaves.

Its module variables are read when one of its objects is made. tests/lookups/tmdb/test_seam.py
guards all this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import tmdbsimple

from mediakeep.lookups.tmdb import terms

Read = Callable[[str], bytes]  # a URL's content

_ITS_OWN = f"https://api.themoviedb.org/{terms.VERSION}"
_NO_KEY = "it joins below"


class _Answer:
    """An answer as tmdbsimple wants one; what its functions return is the content as it came."""

    encoding = ""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def raise_for_status(self) -> None:
        """Do nothing: `read` has raised."""

    def json(self) -> bytes:
        """Return the content, which is parsed into types elsewhere."""
        return self._content


class Session:
    """A session as tmdbsimple wants one, that asks `host`, given as a URL, through `read`."""

    def __init__(self, host: str, read: Read) -> None:
        self._base = f"{host}/{terms.VERSION}"
        self._read = read

    def request(
        self, method: str, url: str, params: Mapping[str, object] | None = None, **_: Any
    ) -> _Answer:
        """Fetch what tmdbsimple asks for from the host that is set."""
        if method != "GET" or not url.startswith(f"{_ITS_OWN}/"):
            raise ValueError(f"tmdbsimple asks for something unknown: {method}")
        told = urlencode(params or {}, quote_via=quote)
        path = url.removeprefix(_ITS_OWN)
        return _Answer(self._read(f"{self._base}{path}" + (f"?{told}" if told else "")))


def made(group: str, *who: object, session: Session) -> Any:
    """Make an object of one of tmdbsimple's classes that asks through a session of ours."""
    tmdbsimple.API_KEY = _NO_KEY
    tmdbsimple.API_VERSION = terms.VERSION
    tmdbsimple.USE_BEARER_AUTH = True  # else the word would be a part of each address
    tmdbsimple.REQUESTS_SESSION = session
    return getattr(tmdbsimple, group)(*who)
