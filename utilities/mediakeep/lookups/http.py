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

from mediakeep.errors import NoCache, NotAsked, NotThere
from mediakeep.lookups import questions
from mediakeep.lookups.answers import Answer, Machine, Service, Spent
from mediakeep.lookups.patience import Patience
from mediakeep.lookups.shelf import Shelf
from mediakeep.lookups.slots import Slots

if TYPE_CHECKING:
    from mediakeep.lookups.session import Session

__all__ = ["Answer", "Http", "Machine", "Service", "Spent"]

# Characters of a URL besides letters and digits (RFC 3986, section 2), with "%" because URLs passed
# here are already encoded.
_WRITTEN = "!#$%&'()*+,/:;=?@[]~"


class Http:
    """Sends requests and caches the responses in a file; raises NoCache if it cannot be written.

    `contact` is an e-mail address or URL, sent to services only. URLs must not contain secrets,
    because they are stored.
    """

    def __init__(
        self, cache: Path, contact: str, *, offline: bool = False, machine: Machine | None = None
    ) -> None:
        self.spent = Spent()
        self._contact, self._offline = contact, offline
        self._machine = machine or Machine()
        self._shelf = Shelf(cache, self._machine.clock)
        self._cache, self._locks = cache, cache.with_name(cache.name + ".lock")
        self._sessions: dict[int, Session] = {}  # by process id: none is used after a fork

    @property
    def notes(self) -> list[str]:
        """Messages about damage found in the cache."""
        return self._shelf.database.notes

    def get(self, service: Service, url: str, *, fresh: bool = False, keep: bool = True) -> Answer:
        """Return the response to a URL; raise NotFound, LookupSkipped, Outage or ServiceFailed.

        With `fresh` the cache is bypassed, and a cached response stays until a new one replaces it;
        without `keep` only a 404 is cached.
        """
        url = quote(url, safe=_WRITTEN)
        if not fresh and (cached := self._kept(service, url)):
            return cached
        if closed := "this run is offline" if self._offline else service.closed:
            raise NotAsked(service.name, closed)
        patience = self._patience(service)
        try:
            with questions.alone(self._locks, url, patience.wait):
                if not fresh and (cached := self._kept(service, url)):
                    return cached
                return self._asked(url, patience, fresh, keep)
        except OSError as error:  # of the lock file next to the cache
            raise NoCache(self._cache.parent, error.strerror) from error

    def repeat(self, url: str, other: str) -> None:
        """Store a cached response under another URL of the same resource as well."""
        if cached := self._shelf.find(quote(url, safe=_WRITTEN)):
            self._shelf.keep(quote(other, safe=_WRITTEN), cached)

    def forget(self, url: str) -> None:
        """Remove the cached response to a URL, so that it is requested again."""
        self._shelf.forget(quote(url, safe=_WRITTEN))

    def close(self) -> None:
        """Close session and cache; they reopen when used."""
        if session := self._sessions.pop(os.getpid(), None):
            session.close()  # type: ignore[no-untyped-call]
        self._shelf.database.close()

    def _kept(self, service: Service, url: str) -> Answer | None:
        cached = self._shelf.find(url, service.lifetime(url))
        absent = cached is None and self._shelf.is_absent(url)
        if cached or absent:
            self.spent.hits += 1
        if absent:
            raise NotThere(service.name, url)
        return cached

    def _asked(self, url: str, patience: Patience, fresh: bool, keep: bool) -> Answer:
        try:
            answer = self._session().ask(url, patience, fresh=fresh, keep=keep)
        except NotThere:
            self._shelf.keep_absent(url)
            raise
        if not keep and self._shelf.is_absent(url):
            self._shelf.forget(url)
        return answer

    def _patience(self, service: Service) -> Patience:
        slots = Slots(service, self._cache.parent, self._machine)
        return Patience(service, slots, self._machine, self.spent)

    def _session(self) -> Session:
        if session := self._sessions.get(os.getpid()):
            return session
        from mediakeep.lookups.session import Session  # deferred: importing takes 0.2 s

        session = self._sessions[os.getpid()] = Session(self._shelf, self._contact, self._machine)
        return session
