"""The options and settings about TMDb, and the token that it wants."""

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

TOKEN = f"{config.PREFIX}TMDB_TOKEN"  # the one place in the environment that holds the token
NO_TOKEN = (
    "it wants a token, which is free: themoviedb.org, Settings, API. Set"
    f" {TOKEN}, or name a file that holds it: --tmdb-token-file, or tmdb_token_file in"
    " mediakeep.toml"
)
_FILE = "the file of tmdb_token_file"
_PUBLIC = "themoviedb.org", "tmdb.org"
_FASTEST = 0.02  # seconds; 50 requests a second (developer.themoviedb.org/docs/rate-limiting)
_KEY = re.compile(r"[0-9a-f]{32}")  # an API key of version 3, which is a part of the address
_WORD = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*")  # RFC 6750, section 2.1
_SIGNED = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")  # RFC 7519, section 3
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_COUNTRY = re.compile(r"[A-Z]{2}")

_OPTIONS = (
    shared.setting("--tmdb-image-host", str, "The URL that stands in for TMDb's pictures."),
    shared.setting(
        "--tmdb-interval",
        click.FloatRange(0, 3600),
        "Seconds between two requests of this machine; 0: none, for a server of your own.",
    ),
    shared.setting("--tmdb-host", str, "The URL that stands in for TMDb."),
    shared.setting("--tmdb-token-file", str, "A file, outside the home, that holds TMDb's token."),
    shared.setting("--country", str, "The country whose certificates are told, such as DE."),
    shared.setting("--language", str, "The language of titles and texts, such as de or de-DE."),
    hosts.offline,
)


def movie_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that asks TMDb."""
    for option in _OPTIONS:
        function = option(function)
    return function


def movie_access(
    home: Path,
    given: dict[str, Any],
    *,
    fresh: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Access:
    """Take the options of TMDb out of those of a command; UsageFailed where one is no good."""
    host, pictures = given.pop("tmdb_host"), given.pop("tmdb_image_host")
    interval = hosts.pace("tmdb_interval", given.pop("tmdb_interval"))
    public = _check(host, pictures, interval)
    locale = _locale(given.pop("language"), given.pop("country"))
    secret = _secret(given.pop("tmdb_token_file"), home, environ)
    if secret:
        _check_way(host)
    closed = hosts.OFFLINE if given.pop("offline") else NO_TOKEN if public and not secret else ""
    if fresh and closed:
        raise UsageFailed(f"--refresh asks TMDb anew, but {closed}.")
    plain = config.Settings()
    own = "" if public else "tmdb_host"
    other = "" if pictures == plain.tmdb_image_host else "tmdb_image_host"
    catalogue = Service(
        terms.NAME, host.rstrip("/"), interval, closed, own, secret=secret, kept=terms.KEPT
    )
    return Access(
        catalogue=catalogue,
        pictures=Service(terms.IMAGES, pictures.rstrip("/"), interval, closed, other),
        fresh=fresh,
        locale=locale,
    )


def _check(host: str, pictures: str, interval: float) -> bool:
    """Check who is asked and how often; return whether it is TMDb itself."""
    places = {"tmdb_host": (host, terms.HOST), "tmdb_image_host": (pictures, terms.IMAGE_HOST)}
    servers = [hosts.server(name, *place) for name, place in places.items()]
    public = [any(hosts.is_below(server, domain) for domain in _PUBLIC) for server in servers]
    if any(public) and interval < _FASTEST:
        raise BadSetting(
            "tmdb_interval",
            "TMDb allows 50 requests a second. Set 0.02 or more, or name servers of your own as"
            " tmdb_host and tmdb_image_host.",
        )
    return public[0]


def _locale(language: str, country: str) -> Locale:
    if not _LANGUAGE.fullmatch(language):
        raise BadSetting("language", f'"{language}" is none. It is written like de or de-DE.')
    if not _COUNTRY.fullmatch(country):
        raise BadSetting("country", f'"{country}" is none. It is written like DE.')
    return Locale(language, country)


def _secret(place: str, home: Path, environ: Mapping[str, str]) -> Secret | None:
    """Return the token, from the environment or else from its file; it is shown nowhere."""
    text, source = environ.get(TOKEN, "").strip(), TOKEN
    if not text and place:
        if _KEY.fullmatch(place) or _SIGNED.fullmatch(place):
            raise UsageFailed(
                "tmdb_token_file holds a token itself, which would be seen by others."
                f" Write it to a file and name that, or set {TOKEN}."
            )
        text, source = secrets.read(place, home, "tmdb_token_file", "token"), _FILE
        if secrets.is_open(place):
            told = files.printable(place)
            click.echo(
                f"{told} may be read by others: chmod 600 it, as it holds a token.", err=True
            )
    if not text:
        return None
    if not _WORD.fullmatch(text):
        raise UsageFailed(f"What {source} gives is no token: letters, digits and ._~+/-= make one.")
    return Secret(text, source, "api_key" if _KEY.fullmatch(text) else "")


def _check_way(host: str) -> None:
    """Let a token go to another machine by a secure connection only."""
    from mediakeep.alerts import targets  # only now, so that --help stays quick

    parts = urlsplit(host)
    if parts.scheme == "http" and not targets.loopback(parts.hostname or ""):
        raise BadSetting(
            "tmdb_host",
            f"{parts.hostname} is not https, so that anybody on the way could read the token. Use"
            " https.",
        )
