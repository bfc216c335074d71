"""Lookup context for MusicBrainz and the Cover Art Archive."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mediakeep.lookups import counter
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Service
from mediakeep.lookups.counter import Counter
from mediakeep.lookups.known import FILE, Known

if TYPE_CHECKING:  # imported late: it is slow, and most artists are cached
    from mediakeep.lookups.musicbrainz import MusicBrainz


CLOSED = Access(
    Service("MusicBrainz", "https://musicbrainz.org", 1.1, counter.CLOSED),
    Service("The Cover Art Archive", "https://coverartarchive.org", 0.0, counter.CLOSED),
)


class Desk(Counter):
    """Clients and store of one process for MusicBrainz; each is opened on first use."""

    file = FILE

    @cached_property
    def known(self) -> Known:
        """Results of earlier lookups; raises NoCache if it cannot be opened."""
        known = Known(self.folder)
        self._closables.append(known)
        return known

    @cached_property
    def musicbrainz(self) -> MusicBrainz:
        """Client for MusicBrainz."""
        from mediakeep.lookups.musicbrainz import MusicBrainz

        return MusicBrainz(self.http, self.access.catalogue)
