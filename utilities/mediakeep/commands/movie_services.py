"""The options and settings of TMDb, including its token."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from mediakeep import config, files, secrets
from mediakeep.commands import hosts, shared
from mediakeep.errors import BadSetting, UsageFailed
from mediakeep.lookups.access import Access, Locale
from mediakeep.lookups.answers import Secret, Service
from mediakeep.lookups.tmdb import terms

TOKEN = f"{config.PREFIX}TMDB_TOKEN"  # the only variable that holds the token
NO_TOKEN = (
    "no token is configured (free: themoviedb.org, Settings, API). Set"
    f" {TOKEN}, or name a file with it: --tmdb-token-file, or tmdb_token_file in"
    " mediakeep.toml"
)
_FILE = "the file of tmdb_token_file"
_PUBLIC = "themoviedb.org", "tmdb.org"
_FASTEST = 0.02  # seconds; 50 requests a second (developer.themoviedb.org/docs/rate-limiting)
_KEY = re.compile(r"[0-9a-f]{32}")  # a v3 API key, which is part of the URL
_WORD = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*")  # RFC 6750, section 2.1
_SIGNED = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")  # RFC 7519, section 3
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_COUNTRY = re.compile(r"[A-Z]{2}")

_OPTIONS = (
    shared.setting("--tmdb-image-host", str, "The URL of a replacement for TMDb's image host."),
    shared.setting(
        "--tmdb-interval",
        click.FloatRange(0, 3600),
        "Seconds between two requests of this machine; 0: no limit, for your own server.",
    ),
    shared.setting("--tmdb-host", str, "The URL of a replacement for TMDb."),
    shared.setting("--tmdb-token-file", str, "A file outside the home with the TMDb token."),
    shared.setting("--country", str, "The country of certificates, such as DE."),
    shared.setting("--language", str, "The language of titles and texts, such as de or de-DE."),
    hosts.offline,
)


def movie_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that use TMDb."""
    for option in _OPTIONS:
        function = option(function)
    return function


def movie_access(
    home: Path,
    values: dict[str, Any],
    *,
    fresh: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Access:
    """Build the service configuration from a command's options; raise an error if invalid."""
    host, pictures = values.pop("tmdb_host"), values.pop("tmdb_image_host")
    interval = hosts.pace("tmdb_interval", values.pop("tmdb_interval"))
    public = _check(host, pictures, interval)
    locale = _locale(values.pop("language"), values.pop("country"))
    secret = _secret(values.pop("tmdb_token_file"), home, environ)
    if secret:
        _check_way(host)
    closed_reason = (
        hosts.OFFLINE if values.pop("offline") else NO_TOKEN if public and not secret else ""
    )
    if fresh and closed_reason:
        raise UsageFailed(f"--refresh needs TMDb, but {closed_reason}.")
    defaults = config.Settings()
    own_setting = "" if public else "tmdb_host"
    images_setting = "" if pictures == defaults.tmdb_image_host else "tmdb_image_host"
    catalogue = Service(
        terms.NAME,
        host.rstrip("/"),
        interval,
        closed_reason,
        own_setting,
        secret=secret,
        kept=terms.KEPT,
    )
    return Access(
        catalogue=catalogue,
        pictures=Service(
            terms.IMAGES, pictures.rstrip("/"), interval, closed_reason, images_setting
        ),
        fresh=fresh,
        locale=locale,
    )


def _check(host: str, pictures: str, interval: float) -> bool:
    """Check hosts and interval; return whether the host is TMDb itself."""
    places = {"tmdb_host": (host, terms.HOST), "tmdb_image_host": (pictures, terms.IMAGE_HOST)}
    servers = [hosts.server(name, *place) for name, place in places.items()]
    public = [any(hosts.is_below(server, domain) for domain in _PUBLIC) for server in servers]
    if any(public) and interval < _FASTEST:
        raise BadSetting(
            "tmdb_interval",
            "TMDb allows 50 requests a second. Set 0.02 or more, or set tmdb_host and"
            " tmdb_image_host to your own servers.",
        )
    return public[0]


def _locale(language: str, country: str) -> Locale:
    if not _LANGUAGE.fullmatch(language):
        raise BadSetting("language", f'invalid language "{language}". Use the form de or de-DE.')
    if not _COUNTRY.fullmatch(country):
        raise BadSetting("country", f'invalid country "{country}". Use the form DE.')
    return Locale(language, country)


def _secret(place: str, home: Path, environ: Mapping[str, str]) -> Secret | None:
    """Return the token, from the environment or its file; it is never printed."""
    text, source = environ.get(TOKEN, "").strip(), TOKEN
    if not text and place:
        if _KEY.fullmatch(place) or _SIGNED.fullmatch(place):
            raise UsageFailed(
                "tmdb_token_file contains a token, which others could read."
                f" Write it to a file and set its path, or set {TOKEN}."
            )
        text, source = secrets.read(place, home, "tmdb_token_file", "token"), _FILE
        if secrets.is_open(place):
            shown = files.printable(place)
            click.echo(
                f"{shown} is readable by others: chmod 600 it, as it holds a token.", err=True
            )
    if not text:
        return None
    if not _WORD.fullmatch(text):
        raise UsageFailed(
            f"Invalid TMDb token in {source}: only letters, digits and ._~+/-= are allowed."
        )
    return Secret(text, source, "api_key" if _KEY.fullmatch(text) else "")


def _check_way(host: str) -> None:
    """Allow a token to be sent to another machine over HTTPS only."""
    from mediakeep.alerts import targets  # here, as --help must be quick

    parts = urlsplit(host)
    if parts.scheme == "http" and not targets.loopback(parts.hostname or ""):
        raise BadSetting(
            "tmdb_host",
            f"{parts.hostname} does not use https, so the token could be intercepted. Use https.",
        )
