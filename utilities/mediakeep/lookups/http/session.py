"""HTTP session on requests and requests-cache, which are slow to import."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests_cache import NEVER_EXPIRE, CacheMixin
from requests_cache.backends.base import BaseCache
from requests_cache.models.request import CachedRequest
from requests_cache.models.response import CachedResponse

from mediakeep import __version__, path_text
from mediakeep.errors import InvalidResponse, NotFound
from mediakeep.lookups.http.adapter import RetryingAdapter
from mediakeep.lookups.http.models import HttpEnvironment, Service, ServiceResponse
from mediakeep.lookups.http.response_cache import ResponseCache
from mediakeep.lookups.http.retry import RetryState

_MAX_REDIRECTS = 5
_BAD_REQUEST_STATUSES = 400, 422  # bad request, unprocessable content


class HttpSession(CacheMixin, requests.Session):
    """HTTP session that stores each response with status 200 in the response cache."""

    def __init__(self, cache: ResponseCache, contact: str, environment: HttpEnvironment) -> None:
        self._cache_backend = _ResponseCacheBackend(cache)
        super().__init__(
            backend=self._cache_backend,
            expire_after=NEVER_EXPIRE,
            allowable_codes=(200,),
            allowable_methods=("GET",),
            key_fn=_cache_key,
        )
        headers = {
            "User-Agent": _user_agent(contact),
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        }
        self.headers.update(headers)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.max_redirects = _MAX_REDIRECTS
        self._adapter = RetryingAdapter(environment)
        for scheme in ("http://", "https://"):
            self.mount(scheme, self._adapter)

    def fetch(
        self, url: str, retry_state: RetryState, *, fresh: bool, keep: bool
    ) -> ServiceResponse:
        """Return the cached or a new response to a URL.

        Raise NotFound, Outage or ServiceFailed. With `fresh` the cache is bypassed; with `keep`
        off, only a 404 is stored.
        """
        self._adapter.retry_state = retry_state
        self._cache_backend.service = retry_state.service
        self.settings.read_only = not keep
        try:
            request = self.prepare_request(requests.Request("GET", url))
            vars(request)["requested_url"] = url
            options = self.merge_environment_settings(url, {}, None, None, None)
            response = self.send(request, force_refresh=fresh, **options)
        except requests.TooManyRedirects as error:
            raise self._adapter.build_failure("too many redirects") from error
        except (requests.RequestException, ValueError) as error:
            raise self._adapter.build_failure("invalid URL, or invalid redirect") from error
        if response.status_code == 404 and (
            not keep or "json" in _to_service_response(response).type
        ):
            raise NotFound(retry_state.service.name, url)
        if response.status_code in _BAD_REQUEST_STATUSES:
            raise InvalidResponse(
                retry_state.service.name, f"HTTP status {response.status_code}", url
            )
        if response.status_code != 200:
            raise self._adapter.build_failure(f"HTTP status {response.status_code}")
        return _to_service_response(response)


class _ResponseCacheBackend(BaseCache):
    """Backend of requests-cache that stores responses in our response cache.

    The SQLite backend of requests-cache 1.3 ignores write errors, retries forever while the file is
    locked, and stores redirects with the token or key of their requests. CONTRIBUTING.md lists what
    was measured.
    """

    service: Service  # of the current request

    def __init__(self, cache: ResponseCache) -> None:
        super().__init__()
        self._response_cache = cache

    def get_response(self, key: str, default: Any = None) -> Any:
        """Return the cached response to the URL `key`."""
        if cached := self._response_cache.find_response(key, self.service.cache_lifetime(key)):
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
        """Store a response in the cache."""
        if cache_key:
            self._response_cache.store(cache_key, _to_service_response(response))


def _user_agent(contact: str) -> str:
    """Return the User-Agent header: application, version and contact, as MusicBrainz requires."""
    name = f"mediakeep/{__version__}" + (f" ( {contact} )" if contact else "")
    return path_text.to_printable(name).encode("ascii", "backslashreplace").decode()


def _cache_key(request: Any, **_: Any) -> str:
    """Return the URL of a request as it was passed to `fetch`.

    The requests library may escape it differently.
    """
    return str(vars(request).get("requested_url", request.url))


def _to_service_response(response: requests.Response) -> ServiceResponse:
    kind = response.headers.get("Content-Type", "")
    return ServiceResponse(response.url, response.content, kind, response.status_code)
