"""HTTP client with a response cache that all processes share.

1. A cached response is returned without waiting; requests-cache finds it.
2. Otherwise one process sends the request; others that need the same URL wait for its response.
3. The request waits for the rate limit and for pauses; see `retry`.
4. A response with status 200 never expires unless its service sets a lifetime; a 404 is cached for
   30 days, and nothing else is. Expired responses are ignored.

While one process sends a request, other processes wait for its response. The lock of a request is
one byte of a file next to the cache, at an offset hashed from its URL. It is a kernel lock, so
nothing remains after a kill, and nothing has to be cleaned up.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mediakeep import atomic_files, step_log
from mediakeep.errors import LookupSkipped, NoCache, NotFound
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
_MAX_WAIT = 300.0  # seconds; a longer request hangs, and a duplicate does no harm
_POLL_STEPS = 0.01, 0.25  # seconds between polls, increasing


class CachedHttp:
    """HTTP client that stores responses in a cache file.

    Methods raise NoCache if the file cannot be read or written. `contact` is an e-mail address or
    URL, sent to services only. URLs must not contain secrets, because they are stored.
    """

    def __init__(
        self, cache: Path, contact: str, *, machine: HttpEnvironment | None = None
    ) -> None:
        self.stats = RequestStats()
        self.contact = contact
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
        requests_before = self.stats.requests
        response = (None if fresh else self._find_permanent(service, url)) or self._request(
            service, url, fresh, keep
        )
        is_hit = self.stats.requests == requests_before
        self.stats.hits += is_hit
        origin = "in the cache" if is_hit else f"from {service.name}"
        step_log.log_step(f"GET {url}: {response.status}, {origin}")
        if response.status == 404:
            raise NotFound(service.name, url)
        return response

    def store_alias(self, url: str, other: str) -> None:
        """Store the cached response to `url` also under `other`, a URL of the same resource."""
        if cached := self._cache.find(quote(url, safe=_URL_SAFE_CHARS)):
            self._cache.store(quote(other, safe=_URL_SAFE_CHARS), cached.response)

    def remove_cached(self, url: str) -> None:
        """Remove the cached response to a URL, so that it is requested again."""
        self._cache.remove(quote(url, safe=_URL_SAFE_CHARS))

    def close(self) -> None:
        """Close the HTTP session and the cache; they reopen on the next use."""
        if session := self._sessions.pop(os.getpid(), None):
            session.close()  # type: ignore[no-untyped-call]
        self._cache.file.close()

    def _find_permanent(self, service: Service, url: str) -> ServiceResponse | None:
        """Return a cached response that never expires, if no request was made so far.

        A batch that finds everything in the cache need not import requests-cache for it.
        """
        if service.cache_lifetimes or os.getpid() in self._sessions:
            return None
        stored = self._cache.find(url)
        return stored.response if stored and stored.response.status == 200 else None

    def _request(self, service: Service, url: str, fresh: bool, keep: bool) -> ServiceResponse:
        session = self._open_session()
        session.configure(service, keep=keep)
        if not fresh and (cached := session.find(url)):
            return cached
        if service.disabled_reason:
            raise LookupSkipped(service.name, service.disabled_reason)
        retry_state = self._build_retry_state(service)
        try:
            with lock_request(self._lock_path, url, retry_state.wait):
                return session.fetch(url, retry_state, fresh=fresh)
        except OSError as error:  # of the lock file next to the cache
            raise NoCache(self._cache_path.parent, error.strerror) from error

    def _build_retry_state(self, service: Service) -> RetryState:
        slots = SharedRateLimit(service, self._cache_path.parent, self._environment)
        return RetryState(service, slots, self._environment, self.stats)

    def _open_session(self) -> HttpSession:
        if session := self._sessions.get(os.getpid()):
            return session
        from mediakeep.lookups.http.session import HttpSession  # deferred: importing takes 0.2 s

        session = self._sessions[os.getpid()] = HttpSession(
            self._cache, self.contact, self._environment
        )
        return session


@contextlib.contextmanager
def lock_request(path: Path, url: str, wait: Callable[[float], None]) -> Iterator[None]:
    """Hold the lock of a URL for a `with` block, so that no other process requests it.

    While another process holds the lock, `wait` is called with seconds to sleep. The lock has no
    effect within one process.
    """
    byte = int.from_bytes(blake2b(url.encode(), digest_size=8).digest()) >> 2
    with atomic_files.open_handle(path, os.O_RDWR | os.O_CREAT) as handle:
        waited, (step, longest) = 0.0, _POLL_STEPS
        while not _try_lock(handle, byte) and waited < _MAX_WAIT:
            wait(step)
            waited, step = waited + step, min(2 * step, longest)
        yield


def _try_lock(handle: int, byte: int) -> bool:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)  # else locks are not supported
    return True
