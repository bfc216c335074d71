"""Configuration of the services that a command queries."""

from __future__ import annotations

import msgspec

from mediakeep.errors import LookupSkipped
from mediakeep.lookups.http.models import Service


class Locale(msgspec.Struct, frozen=True):
    """The language of texts, such as "de-DE", and the country of certifications."""

    language: str = "en-US"
    country: str = "US"

    @property
    def language_code(self) -> str:
        """The language without the country, such as "de"."""
        return self.language.replace("_", "-").partition("-")[0].lower()


class ServiceConfig(msgspec.Struct, frozen=True):
    """Services with contact and locale; `fresh` bypasses the cache.

    `catalogue` is the service that identifies items, and `pictures` the one that provides covers or
    posters.
    """

    catalogue: Service
    pictures: Service
    contact: str = ""
    fresh: bool = False
    locale: Locale = Locale()

    @property
    def is_enabled(self) -> bool:
        """Whether the catalogue may be queried."""
        return not self.catalogue.disabled_reason

    def skipped_error(self) -> LookupSkipped:
        """Return the error for a query while the catalogue is disabled."""
        return LookupSkipped(self.catalogue.name, self.catalogue.disabled_reason)
