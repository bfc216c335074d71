"""What one process asks about music with, and how it may: made once, opened when first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mediakeep.lookups import counter
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Service
from mediakeep.lookups.counter import Counter
from mediakeep.lookups.known import FILE, Known

if TYPE_CHECKING:  # loading it takes its time, and most artists are known
    from mediakeep.lookups.musicbrainz import MusicBrainz


CLOSED = Access(
    Service("MusicBrainz", "https://musicbrainz.org", 1.1, counter.CLOSED),
    Service("The Cover Art Archive", "https://coverartarchive.org", 0.0, counter.CLOSED),
)


class Desk(Counter):
    """The look-ups of one process at MusicBrainz and the Cover Art Archive."""

    file = FILE

    @cached_property
    def known(self) -> Known:
        """What earlier look-ups came to; NoCache where it cannot be opened."""
        return Known(self.folder)

    @cached_property
    def musicbrainz(self) -> MusicBrainz:
        """MusicBrainz, as a library of ours asks it."""
        from mediakeep.lookups.musicbrainz import MusicBrainz

        return MusicBrainz(self.http, self.access.catalogue)
