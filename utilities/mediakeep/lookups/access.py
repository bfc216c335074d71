"""Configuration of the services that a command queries."""

from __future__ import annotations

import msgspec

from mediakeep.errors import NotAsked
from mediakeep.lookups.answers import Service


class Locale(msgspec.Struct, frozen=True):
    """The language of texts, such as "de-DE", and the country of certifications."""

    language: str = "en-US"
    country: str = "US"

    @property
    def tongue(self) -> str:
        """The language without the country, such as "de"."""
        return self.language.replace("_", "-").partition("-")[0].lower()


class Access(msgspec.Struct, frozen=True):
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
    def is_open(self) -> bool:
        """Whether the catalogue may be queried."""
        return not self.catalogue.closed

    def refusal(self) -> NotAsked:
        """Return the error for a query while the catalogue is disabled."""
        return NotAsked(self.catalogue.name, self.catalogue.closed)
