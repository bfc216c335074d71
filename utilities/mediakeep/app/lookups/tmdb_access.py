"""Access to TMDb, including its token, from options and settings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mediakeep import config, secret_file
from mediakeep.errors import BadSetting, UsageError
from mediakeep.lookups import service_config
from mediakeep.lookups.http.models import Secret, Service
from mediakeep.lookups.service_config import Locale, ServiceConfig
from mediakeep.lookups.tmdb import constants

TOKEN_VARIABLE = f"{config.ENV_PREFIX}TMDB_TOKEN"  # the only variable that holds the token
NO_TOKEN = (
    "no token is configured (free: themoviedb.org, Settings, API). Set"
    f" {TOKEN_VARIABLE}, or name a file with it in mediakeep.toml: tmdb_token_file"
)
_TOKEN_FILE_LABEL = "the file of tmdb_token_file"
_PUBLIC_DOMAINS = "themoviedb.org", "tmdb.org"
_MIN_PUBLIC_INTERVAL = (
    0.02  # seconds; 50 requests a second (developer.themoviedb.org/docs/rate-limiting)
)
_API_KEY_PATTERN = re.compile(r"[0-9a-f]{32}")  # a v3 API key, which is part of the URL
_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*")  # RFC 6750, section 2.1
_JWT_PATTERN = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")  # RFC 7519, section 3
_LANGUAGE_PATTERN = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_COUNTRY_PATTERN = re.compile(r"[A-Z]{2}")


def parse_tmdb_access(
    home: Path,
    values: dict[str, Any],
    *,
    fresh: bool = False,
    environ: Mapping[str, str] = os.environ,
    warn: Callable[[str], object] = lambda _: None,
) -> ServiceConfig:
    """Build the service configuration from a command's options; raise an error if invalid.

    `warn` is called with a warning about the file of the token.
    """
    host, pictures = values.pop("tmdb_host"), values.pop("tmdb_image_host")
    interval = service_config.parse_interval("tmdb_interval", values.pop("tmdb_interval"))
    is_public = _check_hosts(host, pictures, interval)
    locale = _parse_locale(values.pop("language"), values.pop("country"))
    secret = _read_token(values.pop("tmdb_token_file"), home, environ, warn)
    if secret:
        _require_secure_host(host)
    reason = service_config.get_service_disabled_reason(
        "TMDb",
        offline=values.pop("offline"),
        missing=NO_TOKEN if is_public and not secret else "",
        fresh=fresh,
    )
    catalogue = Service(
        constants.SERVICE_NAME,
        host.rstrip("/"),
        interval,
        reason,
        "" if is_public else "tmdb_host",
        secret=secret,
        cache_lifetimes=constants.CACHE_LIFETIMES,
    )
    own_images = "" if pictures == config.Settings().tmdb_image_host else "tmdb_image_host"
    images = Service(
        constants.IMAGE_SERVICE_NAME, pictures.rstrip("/"), interval, reason, own_images
    )
    return ServiceConfig(catalogue=catalogue, pictures=images, fresh=fresh, locale=locale)


def _check_hosts(host: str, pictures: str, interval: float) -> bool:
    """Check hosts and interval; return whether the host is TMDb itself."""
    places = {
        "tmdb_host": (host, constants.HOST),
        "tmdb_image_host": (pictures, constants.IMAGE_HOST),
    }
    servers = [service_config.parse_server(name, *place) for name, place in places.items()]
    public = [
        any(service_config.is_in_domain(server, domain) for domain in _PUBLIC_DOMAINS)
        for server in servers
    ]
    if any(public) and interval < _MIN_PUBLIC_INTERVAL:
        raise BadSetting(
            "tmdb_interval",
            "TMDb allows 50 requests a second. Set 0.02 or more, or set tmdb_host and"
            " tmdb_image_host to your own servers.",
        )
    return public[0]


def _parse_locale(language: str, country: str) -> Locale:
    if not _LANGUAGE_PATTERN.fullmatch(language):
        raise BadSetting("language", f'invalid language "{language}". Use the form de or de-DE.')
    if not _COUNTRY_PATTERN.fullmatch(country):
        raise BadSetting("country", f'invalid country "{country}". Use the form DE.')
    return Locale(language, country)


def _read_token(
    place: str, home: Path, environ: Mapping[str, str], warn: Callable[[str], object]
) -> Secret | None:
    """Return the token, from the environment or its file; it is never printed."""
    text, source = environ.get(TOKEN_VARIABLE, "").strip(), TOKEN_VARIABLE
    if not text and place:
        if _API_KEY_PATTERN.fullmatch(place) or _JWT_PATTERN.fullmatch(place):
            raise UsageError(
                "tmdb_token_file contains a token, which others could read."
                f" Write it to a file and set its path, or set {TOKEN_VARIABLE}."
            )
        text, source = (
            secret_file.read_secret(place, home, "tmdb_token_file", "token"),
            _TOKEN_FILE_LABEL,
        )
        if secret_file.is_accessible_to_others(place):
            warn(f"{place} is accessible to others: chmod 600 it, as it holds a token.")
    if not text:
        return None
    if not _TOKEN_PATTERN.fullmatch(text):
        raise UsageError(
            f"Invalid TMDb token in {source}: only letters, digits and ._~+/-= are allowed."
        )
    return Secret(text, source, "api_key" if _API_KEY_PATTERN.fullmatch(text) else "")


def _require_secure_host(host: str) -> None:
    """Allow a token to be sent to another machine over HTTPS only."""
    from mediakeep.alerts import targets  # here, as --help must be quick

    parts = urlsplit(host)
    if parts.scheme == "http" and not targets.is_loopback(parts.hostname or ""):
        raise BadSetting(
            "tmdb_host",
            f"{parts.hostname} does not use https, so the token could be intercepted. Use https.",
        )
