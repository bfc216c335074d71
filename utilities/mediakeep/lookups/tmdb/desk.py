"""What one process asks TMDb with, and how it may: made once, opened when first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mediakeep.lookups import counter
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Service
from mediakeep.lookups.counter import Counter
from mediakeep.lookups.tmdb import terms
from mediakeep.lookups.tmdb.known import FILE, Known

if TYPE_CHECKING:  # loading it takes its time, and most movies are known
    from mediakeep.lookups.tmdb.service import TMDb


CLOSED = Access(
    Service(terms.NAME, terms.HOST, 0.25, counter.CLOSED, kept=terms.KEPT),
    Service(terms.IMAGES, terms.IMAGE_HOST, 0.25, counter.CLOSED),
)


class Desk(Counter):
    """The look-ups of one process at TMDb."""

    file = FILE

    @cached_property
    def known(self) -> Known:
        """What earlier look-ups came to; NoCache where it cannot be opened."""
        return Known(self.folder, self._machine.clock)

    @cached_property
    def tmdb(self) -> TMDb:
        """TMDb, as a library of ours asks it; NoCache where its answers cannot be kept."""
        from mediakeep.lookups.tmdb.service import TMDb

        return TMDb(self.http, self.access)
