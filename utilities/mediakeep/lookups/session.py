"""HTTP session on requests and requests-cache, which are slow to import."""

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
_NOT_UNDERSTOOD = 400, 422  # bad request, unprocessable content


class Session(CacheMixin, requests.Session):
    """Session that stores each response with status 200 in the response cache."""

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
        """Return a cached or new response; raise NotFound, Outage or ServiceFailed."""
        self._line.patience = patience
        self._kept.service = patience.service
        self.settings.read_only = not keep
        try:
            request = self.prepare_request(requests.Request("GET", url))
            vars(request)["requested_url"] = url
            options = self.merge_environment_settings(url, {}, None, None, None)
            response = self.send(request, force_refresh=fresh, **options)
        except requests.TooManyRedirects as error:
            raise self._line.failure("too many redirects") from error
        except (requests.RequestException, ValueError) as error:
            raise self._line.failure("invalid URL, or invalid redirect") from error
        if response.status_code == 404 and (not keep or "json" in _answer(response).type):
            raise NotThere(patience.service.name, url)
        if response.status_code in _NOT_UNDERSTOOD:
            raise BadAnswer(patience.service.name, f"HTTP status {response.status_code}", url)
        if response.status_code != 200:
            raise self._line.failure(f"HTTP status {response.status_code}")
        return _answer(response)


class _Kept(BaseCache):
    """Backend of requests-cache that stores responses in our response cache.

    The SQLite backend of requests-cache ignores write errors or retries forever, and stores what
    was sent with a request.
    """

    service: Service  # of the current request

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self._shelf = shelf

    def get_response(self, key: str, default: Any = None) -> Any:
        """Return a cached response."""
        if cached := self._shelf.find(key, self.service.lifetime(key)):
            response = CachedResponse(
                content=cached.content, url=cached.url, status_code=cached.status
            )
            response.headers["Content-Type"] = cached.type
            response.request = CachedRequest(method="GET", url=key)
            return response
        return default

    def save_response(
        self, response: requests.Response, cache_key: str | None = None, *_: Any
    ) -> None:
        """Store a response."""
        if cache_key:
            self._shelf.keep(cache_key, _answer(response))


def _agent(contact: str) -> str:
    """Return the User-Agent: application, version and contact, as MusicBrainz requires."""
    name = f"mediakeep/{__version__}" + (f" ( {contact} )" if contact else "")
    return files.printable(name).encode("ascii", "backslashreplace").decode()


def _asked(request: Any, **_: Any) -> str:
    """Return the URL as passed to `fetch`; requests may escape it differently."""
    return str(vars(request).get("requested_url", request.url))


def _answer(response: requests.Response) -> Answer:
    kind = response.headers.get("Content-Type", "")
    return Answer(response.url, response.content, kind, response.status_code)
