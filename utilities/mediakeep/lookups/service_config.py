"""Configuration of the web services that a command queries, and checks of its settings."""

from __future__ import annotations

from math import isnan
from urllib.parse import urlsplit

import msgspec

from mediakeep.errors import BadSetting, LookupSkipped, UsageError
from mediakeep.lookups.http.models import Service

OFFLINE = "this run is offline"  # why no request is made


class Locale(msgspec.Struct, frozen=True):
    """The language of texts, such as "de-DE", and the country of certifications."""

    language: str = "en-US"
    country: str = "US"

    @property
    def language_code(self) -> str:
        """The language without the country, such as "de"."""
        return self.language.replace("_", "-").partition("-")[0].lower()


class ServiceConfig(msgspec.Struct, frozen=True):
    """The two web services that a command queries, with contact and language.

    `fresh` bypasses the cache. `catalogue` is the service that identifies items. `pictures` is the
    one that provides covers or posters.
    """

    catalogue: Service
    pictures: Service
    contact: str = ""
    fresh: bool = False
    locale: Locale = Locale()

    @property
    def is_enabled(self) -> bool:
        """Whether the settings allow requests to the catalogue service."""
        return not self.catalogue.disabled_reason

    def build_skipped_error(self) -> LookupSkipped:
        """Return the error that says why the catalogue service is disabled."""
        return LookupSkipped(self.catalogue.name, self.catalogue.disabled_reason)


class LookupEstimate(msgspec.Struct, frozen=True):
    """The requests that lookups of items would need; `seconds` if each waits for the rate limit.

    In 19 of 20 cases the number lies between `low` and `high`. Both are None if too little is
    known.
    """

    items: int
    known: int  # of these: already looked up
    requests: int
    seconds: float
    low: int | None = None
    high: int | None = None


def get_service_disabled_reason(name: str, *, offline: bool, missing: str, fresh: bool) -> str:
    """Return why a service is not queried: offline, or what is missing; "" if it is.

    Raise UsageError if it has to be queried, as a lookup is `fresh`.
    """
    reason = OFFLINE if offline else missing
    if fresh and reason:
        raise UsageError(f"--refresh needs {name}, but {reason}.")
    return reason


def parse_server(name: str, address: str, example: str) -> str:
    """Return the host name in a URL; raise BadSetting if it has more parts or none."""
    try:
        parts = urlsplit(address)
        hostname, _ = parts.hostname, parts.port
    except ValueError:
        hostname = None
    is_valid = hostname and parts.scheme in ("http", "https") and "@" not in parts.netloc
    if not is_valid or parts.path.strip("/") or parts.query or parts.fragment:
        shown = address.rpartition("@")[2]  # without a password
        raise BadSetting(name, f'"{shown}" is not the URL of a server, such as {example}.')
    return str(hostname)


def is_in_domain(server: str, domain: str) -> bool:
    """Return whether a host is a domain or a subdomain of it, such as beta.DOMAIN."""
    return f".{server.rstrip('.')}".endswith(f".{domain}")


def parse_interval(name: str, interval: float) -> float:
    """Return an interval in seconds; raise BadSetting for NaN, which passes range checks."""
    if isnan(interval):
        raise BadSetting(name, "nan is not a number of seconds.")
    return interval
