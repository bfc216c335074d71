"""Which services a command may ask, who asks, and in which language."""

from __future__ import annotations

import msgspec

from mediakeep.errors import NotAsked
from mediakeep.lookups.answers import Service


class Locale(msgspec.Struct, frozen=True):
    """The language that texts are wanted in, such as "de-DE", and the country of certificates."""

    language: str = "en-US"
    country: str = "US"

    @property
    def tongue(self) -> str:
        """The language without the country that it is spoken in, such as "de"."""
        return self.language.replace("_", "-").partition("-")[0].lower()


class Access(msgspec.Struct, frozen=True):
    """Which services may be asked, and who asks; `fresh` asks anew what is known already.

    `catalogue` is the service that knows what an item is, and `pictures` the one that has its
    covers or posters.
    """

    catalogue: Service
    pictures: Service
    contact: str = ""
    fresh: bool = False
    locale: Locale = Locale()

    @property
    def is_open(self) -> bool:
        """Whether the catalogue may be asked."""
        return not self.catalogue.closed

    def refusal(self) -> NotAsked:
        """Make the error of asking the catalogue where that is not allowed."""
        return NotAsked(self.catalogue.name, self.catalogue.closed)
