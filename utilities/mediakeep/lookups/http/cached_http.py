"""HTTP client with a response cache that all processes share.

1. A cached response is returned without waiting.
2. Otherwise one process sends the request; others that need the same URL wait for its response.
3. The request waits for the rate limit and for pauses; see `retry`.
4. A response with status 200 never expires unless its service sets a lifetime; a 404 is cached for
   30 days, and nothing else is. Expired responses are ignored.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mediakeep.errors import LookupSkipped, NoCache, NotFound
from mediakeep.lookups.http import single_flight
from mediakeep.lookups.http.models import HttpEnvironment, RequestStats, Service, ServiceResponse
from mediakeep.lookups.http.rate_limit import SharedRateLimit
from mediakeep.lookups.http.response_cache import ResponseCache
from mediakeep.lookups.http.retry import RetryState

if TYPE_CHECKING:
    from mediakeep.lookups.http.session import HttpSession

__all__ = ["CachedHttp", "HttpEnvironment", "RequestStats", "Service", "ServiceResponse"]

# Characters of a URL besides letters and digits (RFC 3986, section 2), with "%" because URLs passed
# here are already encoded.
_URL_SAFE_CHARS = "!#$%&'()*+,/:;=?@[]~"


class CachedHttp:
    """HTTP client that stores responses in a cache file.

    Methods raise NoCache if the file cannot be read or written. `contact` is an e-mail address or
    URL, sent to services only. URLs must not contain secrets, because they are stored.
    """

    def __init__(
        self,
        cache: Path,
        contact: str,
        *,
        offline: bool = False,
        machine: HttpEnvironment | None = None,
    ) -> None:
        self.stats = RequestStats()
        self._contact, self._offline = contact, offline
        self._environment = machine or HttpEnvironment()
        self._cache = ResponseCache(cache, self._environment.clock)
        self._cache_path, self._lock_path = cache, cache.with_name(cache.name + ".lock")
        self._sessions: dict[int, HttpSession] = {}  # by process id: none is used after a fork

    @property
    def damage_notes(self) -> list[str]:
        """Messages about damage that was found in the cache file."""
        return self._cache.file.damage_notes

    def get(
        self, service: Service, url: str, *, fresh: bool = False, keep: bool = True
    ) -> ServiceResponse:
        """Return the response of a web service to a URL, from the cache if possible.

        Raise NotFound, LookupSkipped, Outage or ServiceFailed. With `fresh` the cache is bypassed,
        and a cached response stays until a new one replaces it. With `keep` off, only a 404 is
        cached.
        """
        url = quote(url, safe=_URL_SAFE_CHARS)
        if not fresh and (cached := self._find_cached(service, url)):
            return cached
        if closed := "this run is offline" if self._offline else service.disabled_reason:
            raise LookupSkipped(service.name, closed)
        patience = self._build_retry_state(service)
        try:
            with single_flight.lock_request(self._lock_path, url, patience.wait):
                if not fresh and (cached := self._find_cached(service, url)):
                    return cached
                return self._fetch(url, patience, fresh, keep)
        except OSError as error:  # of the lock file next to the cache
            raise NoCache(self._cache_path.parent, error.strerror) from error

    def store_alias(self, url: str, other: str) -> None:
        """Store the cached response to `url` also under `other`, a URL of the same resource."""
        if cached := self._cache.find_response(quote(url, safe=_URL_SAFE_CHARS)):
            self._cache.store(quote(other, safe=_URL_SAFE_CHARS), cached)

    def remove_cached(self, url: str) -> None:
        """Remove the cached response to a URL, so that it is requested again."""
        self._cache.remove(quote(url, safe=_URL_SAFE_CHARS))

    def close(self) -> None:
        """Close the HTTP session and the cache; they reopen on the next use."""
        if session := self._sessions.pop(os.getpid(), None):
            session.close()  # type: ignore[no-untyped-call]
        self._cache.file.close()

    def _find_cached(self, service: Service, url: str) -> ServiceResponse | None:
        cached = self._cache.find_response(url, service.cache_lifetime(url))
        absent = cached is None and self._cache.is_not_found(url)
        if cached or absent:
            self.stats.hits += 1
        if absent:
            raise NotFound(service.name, url)
        return cached

    def _fetch(self, url: str, retry_state: RetryState, fresh: bool, keep: bool) -> ServiceResponse:
        try:
            answer = self._open_session().fetch(url, retry_state, fresh=fresh, keep=keep)
        except NotFound:
            self._cache.store_not_found(url)
            raise
        if not keep and self._cache.is_not_found(url):
            self._cache.remove(url)
        return answer

    def _build_retry_state(self, service: Service) -> RetryState:
        slots = SharedRateLimit(service, self._cache_path.parent, self._environment)
        return RetryState(service, slots, self._environment, self.stats)

    def _open_session(self) -> HttpSession:
        if session := self._sessions.get(os.getpid()):
            return session
        from mediakeep.lookups.http.session import HttpSession  # deferred: importing takes 0.2 s

        session = self._sessions[os.getpid()] = HttpSession(
            self._cache, self._contact, self._environment
        )
        return session
