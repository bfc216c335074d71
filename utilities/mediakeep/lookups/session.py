"""Asking over HTTP: a session of requests and requests-cache, which take a while to import."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests_cache import NEVER_EXPIRE, CacheMixin
from requests_cache.backends.base import BaseCache
from requests_cache.models.request import CachedRequest
from requests_cache.models.response import CachedResponse

from mediakeep import __version__, files
from mediakeep.errors import BadAnswer, NotThere
from mediakeep.lookups.answers import Answer, Machine, Service
from mediakeep.lookups.line import Line
from mediakeep.lookups.patience import Patience
from mediakeep.lookups.shelf import Shelf

_REDIRECTS = 5
_NOT_UNDERSTOOD = 400, 422  # our own mistake, or theirs


class Session(CacheMixin, requests.Session):
    """A session that keeps each answer with a status of 200 on the shelf."""

    def __init__(self, shelf: Shelf, contact: str, machine: Machine) -> None:
        self._kept = _Kept(shelf)
        super().__init__(
            backend=self._kept,
            expire_after=NEVER_EXPIRE,
            allowable_codes=(200,),
            allowable_methods=("GET",),
            key_fn=_asked,
        )
        headers = {
            "User-Agent": _agent(contact),
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        }
        self.headers.update(headers)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.max_redirects = _REDIRECTS
        self._line = Line(machine)
        for scheme in ("http://", "https://"):
            self.mount(scheme, self._line)

    def ask(self, url: str, patience: Patience, *, fresh: bool, keep: bool) -> Answer:
        """Ask, unless it is kept; NotThere, Outage, or ServiceFailed for any other answer."""
        self._line.patience = patience
        self._kept.service = patience.service
        self.settings.read_only = not keep
        try:
            request = self.prepare_request(requests.Request("GET", url))
            vars(request)["asked"] = url
            ways = self.merge_environment_settings(url, {}, None, None, None)
            found = self.send(request, force_refresh=fresh, **ways)
        except requests.TooManyRedirects as error:
            raise self._line.failure("it sends from one address to another for ever") from error
        except (requests.RequestException, ValueError) as error:
            raise self._line.failure("its address, or one that it names, is none") from error
        if found.status_code == 404 and (not keep or "json" in _answer(found).type):
            raise NotThere(patience.service.name, url)
        if found.status_code in _NOT_UNDERSTOOD:
            raise BadAnswer(patience.service.name, f"it answered {found.status_code}", url)
        if found.status_code != 200:
            raise self._line.failure(f"it answered {found.status_code}")
        return _answer(found)


class _Kept(BaseCache):
    """The shelf, as requests-cache asks for one.

    Its own SQLite backend says nothing where it cannot write, or tries for ever, and keeps what was
    sent along with a request.
    """

    service: Service  # that is asked now

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self._shelf = shelf

    def get_response(self, key: str, default: Any = None) -> Any:
        """Take an answer from the shelf."""
        if kept := self._shelf.find(key, self.service.lifetime(key)):
            found = CachedResponse(content=kept.content, url=kept.url, status_code=kept.status)
            found.headers["Content-Type"] = kept.type
            found.request = CachedRequest(method="GET", url=key)
            return found
        return default

    def save_response(
        self, response: requests.Response, cache_key: str | None = None, *_: Any
    ) -> None:
        """Put an answer on the shelf."""
        if cache_key:
            self._shelf.keep(cache_key, _answer(response))


def _agent(contact: str) -> str:
    """Name this application, its version and who runs it, as MusicBrainz asks for."""
    name = f"mediakeep/{__version__}" + (f" ( {contact} )" if contact else "")
    return files.printable(name).encode("ascii", "backslashreplace").decode()


def _asked(request: Any, **_: Any) -> str:
    """Return the address as it was asked, before requests wrote it in its own way."""
    return str(vars(request).get("asked", request.url))


def _answer(response: requests.Response) -> Answer:
    kind = response.headers.get("Content-Type", "")
    return Answer(response.url, response.content, kind, response.status_code)
