"""Services are asked here: each question once, for all processes.

1. What is kept is answered from the shelf, without waiting for anything.
2. Else the question is asked by one process alone; those who ask alike meanwhile find its answer.
3. The request waits for its turn, and for the end of pauses; see `patience`.
4. An answer with a status of 200 is kept for ever, unless its service says for how long at most;
   a 404 for 30 days, and nothing else at all. What is past its time is as good as not there.
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

# What may stand in an address besides letters and digits (RFC 3986, section 2); "%" as well, since
# an address that is given here is encoded already.
_WRITTEN = "!#$%&'()*+,/:;=?@[]~"


class Http:
    """Asks services, and keeps what they answer in a file; NoCache where nothing can be kept.

    `contact` is an e-mail or web address, which services are told and nobody else. An address that
    is asked must hold no secret, as it is kept.
    """

    def __init__(
        self, cache: Path, contact: str, *, offline: bool = False, machine: Machine | None = None
    ) -> None:
        self.spent = Spent()
        self._contact, self._offline = contact, offline
        self._machine = machine or Machine()
        self._shelf = Shelf(cache, self._machine.clock)
        self._cache, self._locks = cache, cache.with_name(cache.name + ".lock")
        self._sessions: dict[int, Session] = {}  # by process: none is used after a fork

    @property
    def notes(self) -> list[str]:
        """Sentences about what was found damaged."""
        return self._shelf.database.notes

    def get(self, service: Service, url: str, *, fresh: bool = False, keep: bool = True) -> Answer:
        """Return what a service answers; NotThere, NotAsked, Outage, ServiceFailed.

        `fresh` asks it anew, and what was kept stays until there is an answer; without `keep` the
        answer is not kept, but that there is none is.
        """
        url = quote(url, safe=_WRITTEN)
        if not fresh and (kept := self._kept(service, url)):
            return kept
        if closed := "this run is offline" if self._offline else service.closed:
            raise NotAsked(service.name, closed)
        patience = self._patience(service)
        try:
            with questions.alone(self._locks, url, patience.wait):
                if not fresh and (kept := self._kept(service, url)):
                    return kept
                return self._asked(url, patience, fresh, keep)
        except OSError as error:  # of the files beside the cache
            raise NoCache(self._cache.parent, error.strerror) from error

    def repeat(self, url: str, other: str) -> None:
        """Keep an answer that has just come under another address of the same thing as well."""
        if kept := self._shelf.find(quote(url, safe=_WRITTEN)):
            self._shelf.keep(quote(other, safe=_WRITTEN), kept)

    def forget(self, url: str) -> None:
        """Drop what is kept of an address, so that it is asked again."""
        self._shelf.forget(quote(url, safe=_WRITTEN))

    def close(self) -> None:
        """Close what is open; it is opened again when it is needed."""
        if session := self._sessions.pop(os.getpid(), None):
            session.close()  # type: ignore[no-untyped-call]
        self._shelf.database.close()

    def _kept(self, service: Service, url: str) -> Answer | None:
        kept = self._shelf.find(url, service.lifetime(url))
        absent = kept is None and self._shelf.is_absent(url)
        if kept or absent:
            self.spent.hits += 1
        if absent:
            raise NotThere(service.name, url)
        return kept

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
        if found := self._sessions.get(os.getpid()):
            return found
        from mediakeep.lookups.session import Session  # a fifth of a second, not spent on hits

        made = self._sessions[os.getpid()] = Session(self._shelf, self._contact, self._machine)
        return made
