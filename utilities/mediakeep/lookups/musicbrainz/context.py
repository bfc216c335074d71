"""Lookup context for MusicBrainz and the Cover Art Archive."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mediakeep.lookups import lookup_context
from mediakeep.lookups.http.models import Service
from mediakeep.lookups.lookup_context import LookupContext
from mediakeep.lookups.musicbrainz.lookup_store import FILE_NAME, MusicBrainzStore
from mediakeep.lookups.service_config import ServiceConfig

if TYPE_CHECKING:  # imported late: it is slow, and most artists are cached
    from mediakeep.lookups.musicbrainz.client import MusicBrainzClient


DISABLED = ServiceConfig(
    Service("MusicBrainz", "https://musicbrainz.org", 1.1, lookup_context.DISABLED_REASON),
    Service(
        "The Cover Art Archive", "https://coverartarchive.org", 0.0, lookup_context.DISABLED_REASON
    ),
)


class MusicBrainzContext(LookupContext):
    """The MusicBrainz and Cover Art Archive clients, and the store, of one process.

    Each of them is opened on first use.
    """

    file_name = FILE_NAME

    @cached_property
    def store(self) -> MusicBrainzStore:
        """The results of earlier lookups; reading this raises NoCache if it cannot be opened."""
        known = MusicBrainzStore(self.folder)
        self._closables.append(known)
        return known

    @cached_property
    def musicbrainz(self) -> MusicBrainzClient:
        """Client for MusicBrainz."""
        from mediakeep.lookups.musicbrainz.client import MusicBrainzClient

        return MusicBrainzClient(self.http, self.config.catalogue)
