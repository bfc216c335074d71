"""Lookup context for TMDb."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mediakeep.lookups import counter
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Service
from mediakeep.lookups.counter import Counter
from mediakeep.lookups.tmdb import terms
from mediakeep.lookups.tmdb.known import FILE, Known

if TYPE_CHECKING:  # imported late: it is slow, and most movies are cached
    from mediakeep.lookups.tmdb.service import TMDb


CLOSED = Access(
    Service(terms.NAME, terms.HOST, 0.25, counter.CLOSED, kept=terms.KEPT),
    Service(terms.IMAGES, terms.IMAGE_HOST, 0.25, counter.CLOSED),
)


class Desk(Counter):
    """Client and store of one process for TMDb; each is opened on first use."""

    file = FILE

    @cached_property
    def known(self) -> Known:
        """Results of earlier lookups; raises NoCache if it cannot be opened."""
        known = Known(self.folder, self._machine.clock)
        self._closables.append(known)
        return known

    @cached_property
    def tmdb(self) -> TMDb:
        """Client for TMDb; raises NoCache if responses cannot be stored."""
        from mediakeep.lookups.tmdb.service import TMDb

        return TMDb(self.http, self.access)
