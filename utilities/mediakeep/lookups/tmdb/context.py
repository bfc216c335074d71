"""Lookup context for TMDb."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mediakeep.lookups import lookup_context
from mediakeep.lookups.http.models import Service
from mediakeep.lookups.lookup_context import LookupContext
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.lookups.tmdb import constants
from mediakeep.lookups.tmdb.lookup_store import FILE_NAME, TmdbStore

if TYPE_CHECKING:  # imported late: it is slow, and most movies are cached
    from mediakeep.lookups.tmdb.client import TmdbClient


DISABLED = ServiceConfig(
    Service(
        constants.SERVICE_NAME,
        constants.HOST,
        0.25,
        lookup_context.DISABLED_REASON,
        cache_lifetimes=constants.CACHE_LIFETIMES,
    ),
    Service(
        constants.IMAGE_SERVICE_NAME, constants.IMAGE_HOST, 0.25, lookup_context.DISABLED_REASON
    ),
)


class TmdbContext(LookupContext):
    """The TMDb client and the store of one process; each is opened on first use."""

    file_name = FILE_NAME

    @cached_property
    def store(self) -> TmdbStore:
        """The results of earlier lookups; reading this raises NoCache if it cannot be opened."""
        known = TmdbStore(self.folder, self._environment.clock)
        self._closables.append(known)
        return known

    @cached_property
    def tmdb(self) -> TmdbClient:
        """The TMDb client; reading this raises NoCache if responses cannot be stored."""
        from mediakeep.lookups.tmdb.client import TmdbClient

        return TmdbClient(self.http, self.config)
