"""HTTP session on requests and requests-cache, which are slow to import.

requests-cache decides what is stored and for how long, over a storage and an adapter of our own,
as its manual shows (requests-cache.readthedocs.io, "Custom backends"). Its own SQLite backend
ignores write errors, retries forever while the file is locked, and stores the redirects with the
token or key of their requests. CONTRIBUTING.md lists what was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict
from requests_cache import NEVER_EXPIRE, CachedSession
from requests_cache.backends.base import BaseCache, BaseStorage
from requests_cache.models.request import CachedRequest
from requests_cache.models.response import CachedResponse
from requests_cache.policy.expiration import get_expiration_datetime, get_url_expiration, utcnow

from mediakeep.errors import InvalidResponse, ServiceFailed
from mediakeep.lookups.http.adapter import (
    RetryingAdapter,
    prepare_session,
    translate_request_errors,
)
from mediakeep.lookups.http.models import HttpEnvironment, Service, ServiceResponse
from mediakeep.lookups.http.response_cache import NOT_FOUND_LIFETIME, ResponseCache
from mediakeep.lookups.http.retry import RetryState

_BAD_REQUEST_STATUSES = 400, 422  # bad request, unprocessable content
_NOT_CACHED_STATUS = 504  # of requests-cache, with `only_if_cached`


class HttpSession(CachedSession):
    """HTTP session that stores responses with status 200 or 404 in the response cache."""

    def __init__(self, cache: ResponseCache, contact: str, environment: HttpEnvironment) -> None:
        backend = BaseCache()
        backend.responses = _ResponseStorage(
            cache, lambda url: get_url_expiration(url, self.settings.urls_expire_after)
        )
        super().__init__(
            backend=backend,
            expire_after=NEVER_EXPIRE,
            allowable_codes=(200, 404),
            allowable_methods=("GET",),
            ignored_parameters=(),  # nothing is secret here: the adapter adds secrets later
            key_fn=lambda request, **_: str(request.url),
            filter_fn=lambda response: self._keep or response.status_code != 200,
        )
        self.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip"})
        self._adapter = RetryingAdapter(environment)
        prepare_session(self, self._adapter, contact)

    def configure(self, service: Service, *, keep: bool) -> None:
        """Set the service of the next requests; with `keep` off, only a 404 is stored."""
        self._service, self._keep = service, keep
        self.settings.urls_expire_after = {
            f"*{text}*": seconds for text, seconds in service.cache_lifetimes
        }

    def find(self, url: str) -> ServiceResponse | None:
        """Return the cached response to a URL, or None if there is none or it has expired."""
        response = self._get(url, only_if_cached=True)
        return None if response.status_code == _NOT_CACHED_STATUS else _convert(response)

    def fetch(self, url: str, retry_state: RetryState, *, fresh: bool) -> ServiceResponse:
        """Return the cached or a new response to a URL, with status 200 or 404.

        Raise Outage or ServiceFailed. With `fresh` the cache is bypassed.
        """
        self._adapter.retry_state, self._adapter.expects_json = retry_state, self._keep
        response = self._get(url, force_refresh=fresh)
        if response.status_code in _BAD_REQUEST_STATUSES:
            raise InvalidResponse(self._service.name, f"HTTP status {response.status_code}", url)
        if response.status_code not in self.settings.allowable_codes:
            raise ServiceFailed(self._service.name, f"HTTP status {response.status_code}")
        return _convert(response)

    def _get(self, url: str, **options: bool) -> requests.Response:
        with translate_request_errors(self._service):
            return self.get(url, **options)


class _ResponseStorage(BaseStorage[str, CachedResponse]):
    """Storage of requests-cache in our SQLite file; `lifetime` returns the lifetime of a URL.

    Ages are by the clock of the cache, and lifetimes by the current settings.
    """

    def __init__(self, cache: ResponseCache, lifetime: Callable[[str], Any]) -> None:
        super().__init__()
        self._cache, self._lifetime = cache, lifetime

    def __getitem__(self, key: str) -> CachedResponse:
        if not (stored := self._cache.find(key)):
            raise KeyError(key)
        response, age = stored
        lifetime = NOT_FOUND_LIFETIME if response.status == 404 else self._lifetime(key)
        try:
            created = utcnow() - timedelta(seconds=age)
        except (OverflowError, ValueError) as error:  # an invalid time
            raise KeyError(key) from error
        expires = get_expiration_datetime(lifetime, start_time=created)
        if expires and age < 0:  # the clock was set back: its real age is unknown
            raise KeyError(key)
        return CachedResponse(
            content=response.content,
            url=response.url,
            status_code=response.status,
            headers=CaseInsensitiveDict({"Content-Type": response.type}),
            request=CachedRequest(method="GET", url=key),
            created_at=created,
            expires=expires,
        )

    def __setitem__(self, key: str, value: CachedResponse) -> None:
        self._cache.store(key, _convert(value))

    def __delitem__(self, key: str) -> None:
        if not self._cache.find(key):
            raise KeyError(key)
        self._cache.remove(key)

    def __iter__(self) -> Iterator[str]:
        return (url for (url,) in self._cache.file.query_rows("SELECT asked FROM answers"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _convert(response: requests.Response) -> ServiceResponse:
    kind = response.headers.get("Content-Type", "")
    return ServiceResponse(response.url, response.content, kind, response.status_code)
