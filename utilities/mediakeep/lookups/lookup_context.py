"""Base class for the lookup contexts of all web services."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mediakeep import home_rpc
from mediakeep.lookups.http.models import HttpEnvironment, RequestStats
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.outcome import NO_PROGRESS, Progress

if TYPE_CHECKING:  # imported late: it is slow, and most lookups are cached
    from mediakeep.lookups.http.cached_http import CachedHttp
    from mediakeep.lookups.lookup_store import LookupStore

DISABLED_REASON = "commands that change files make no lookups; the next batch does"


class LookupContext:
    """HTTP client and request statistics of one process for one web service.

    Subclasses add the service's client and store, and name its cache file. `access` is the
    configuration of the service.
    """

    file_name: ClassVar[str]

    def __init__(
        self, folder: Path, config: ServiceConfig, environment: HttpEnvironment | None = None
    ) -> None:
        self.config, self.folder = config, folder
        self.progress: Progress = NO_PROGRESS  # of the current item
        self.stats = RequestStats()
        self._closables: list[CachedHttp | LookupStore] = []  # opened so far
        self._environment = replace(
            environment or HttpEnvironment(),
            on_wait=self._on_wait,
            extend_deadline=self._extend_deadline,
        )

    @property
    def is_unavailable(self) -> bool:
        """Whether lookups are impossible: nothing is cached, and the service is disabled."""
        return not (self.config.is_enabled or self.has_cache_file)

    @property
    def has_cache_file(self) -> bool:
        """Whether a cache file with earlier lookups exists."""
        return bool(home_rpc.call_at_home(Path.exists, self.folder / self.file_name))

    @property
    def disabled_text(self) -> str:
        """A sentence that says why the web service is disabled."""
        return str(self.config.build_skipped_error())

    @cached_property
    def http(self) -> CachedHttp:
        """The HTTP client; reading this raises NoCache if responses cannot be stored."""
        from mediakeep.lookups.http.cached_http import CachedHttp

        http = CachedHttp(
            self.folder / self.file_name, self.config.contact, machine=self._environment
        )
        http.stats = self.stats
        self._closables.append(http)
        return http

    def close(self) -> None:
        """Close all clients and stores; they reopen on the next use."""
        for part in self._closables:
            part.close()

    def _on_wait(self, seconds: float) -> None:
        self.progress.on_wait(seconds, self.config.catalogue.name)

    def _extend_deadline(self, seconds: float) -> None:
        self.progress.extend_deadline(seconds)
