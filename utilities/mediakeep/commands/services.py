"""The options and settings about services that are asked over the network."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from typing import Any
from urllib.parse import urlsplit

import click

from mediakeep import config
from mediakeep.commands import shared
from mediakeep.errors import UsageFailed
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Service

_PUBLIC = "musicbrainz.org"
_FASTEST = 1.0  # seconds between two requests (musicbrainz.org/doc/MusicBrainz_API/Rate_Limiting)
OFFLINE = "this run is offline"
NO_CONTACT = (
    "it wants to know who asks. Give your e-mail address or URL: --contact, MEDIAKEEP_CONTACT, or"
    " contact in mediakeep.toml"
)

_OPTIONS = (
    shared.setting("--coverart-host", str, "The URL that stands in for the Cover Art Archive."),
    shared.setting(
        "--musicbrainz-interval",
        click.FloatRange(0, 3600),
        "Seconds between two requests of this machine; 0: none, for a mirror of your own.",
    ),
    shared.setting("--musicbrainz-host", str, "The URL of a mirror of MusicBrainz."),
    click.option(
        "--offline",
        is_flag=True,
        envvar=f"{config.PREFIX}OFFLINE",
        help="Ask nobody; what is known already is used.",
    ),
    shared.setting("--contact", str, "Your e-mail address or URL: MusicBrainz asks for it."),
)
refreshing = click.option(
    "--refresh", is_flag=True, help="Ask MusicBrainz anew what is known of the artist."
)
estimating = click.option(
    "--estimate",
    is_flag=True,
    help="Say how many requests the batch would make, and how long that takes; do nothing.",
)


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that asks services."""
    for option in _OPTIONS:
        function = option(function)
    return function


def access(given: dict[str, Any], *, fresh: bool = False) -> Access:
    """Take the options of services out of those of a command; UsageFailed where one is no good."""
    contact, offline = given.pop("contact").strip(), given.pop("offline")
    host, archive = given.pop("musicbrainz_host"), given.pop("coverart_host")
    interval = given.pop("musicbrainz_interval")
    if contact and not contact.isprintable():
        raise UsageFailed("contact: it holds characters that cannot be sent.")
    if contact and "@" not in contact and not contact.startswith(("http://", "https://")):
        raise UsageFailed(f'contact: "{contact}" is neither an e-mail address nor a URL.')
    if isnan(interval):  # no comparison refuses it, neither that of the option nor the one below
        raise UsageFailed("musicbrainz_interval: nan is no number of seconds.")
    public = _is_public(_server("musicbrainz_host", host))
    if public and interval < _FASTEST:
        raise UsageFailed(
            f"musicbrainz_interval: {_PUBLIC} allows one request a second. Set 1 or more, or name"
            " a mirror of your own as musicbrainz_host."
        )
    _server("coverart_host", archive)
    closed = OFFLINE if offline else NO_CONTACT if public and not contact else ""
    if fresh and closed:
        raise UsageFailed(f"--refresh asks MusicBrainz anew, but {closed}.")
    own, shut = "" if public else "musicbrainz_host", OFFLINE * offline
    covers = "" if archive == config.Settings().coverart_host else "coverart_host"
    return Access(
        catalogue=Service("MusicBrainz", host.rstrip("/"), interval, closed, own),
        pictures=Service("The Cover Art Archive", archive.rstrip("/"), 0.0, shut, covers),
        contact=contact,
        fresh=fresh,
    )


def _is_public(server: str) -> bool:
    """Tell whether a server is one of MusicBrainz itself, such as beta.musicbrainz.org."""
    return f".{server.rstrip('.')}".endswith(f".{_PUBLIC}")


def _server(name: str, address: str) -> str:
    """Return the name of the server in an address; UsageFailed where it names more or less."""
    try:
        parts = urlsplit(address)
        server, _ = parts.hostname, parts.port
    except ValueError:
        server = None
    plain = server and parts.scheme in ("http", "https") and "@" not in parts.netloc
    if not plain or parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageFailed(
            f'{name}: "{address}" is no address of a server, such as https://{_PUBLIC}.'
        )
    return str(server)
