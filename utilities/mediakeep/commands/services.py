"""The options and settings about services that are asked over the network.

Those for music are here; those for movies are in `movie_services`, and named here as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mediakeep import config
from mediakeep.commands import hosts, shared
from mediakeep.commands.movie_services import movie_access, movie_options
from mediakeep.errors import BadSetting, UsageFailed
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Service

__all__ = ["access", "estimating", "movie_access", "movie_options", "options", "refreshing"]

_PUBLIC = "musicbrainz.org"
_FASTEST = 1.0  # seconds between two requests (musicbrainz.org/doc/MusicBrainz_API/Rate_Limiting)
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
    hosts.offline,
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
    interval = hosts.pace("musicbrainz_interval", given.pop("musicbrainz_interval"))
    if contact and not contact.isprintable():
        raise BadSetting("contact", "it holds characters that cannot be sent.")
    if contact and "@" not in contact and not contact.startswith(("http://", "https://")):
        raise BadSetting("contact", f'"{contact}" is neither an e-mail address nor a URL.')
    public = hosts.is_below(_server("musicbrainz_host", host), _PUBLIC)
    if public and interval < _FASTEST:
        raise BadSetting(
            "musicbrainz_interval",
            f"{_PUBLIC} allows one request a second. Set 1 or more, or name a mirror of your own as"
            " musicbrainz_host.",
        )
    _server("coverart_host", archive)
    closed = hosts.OFFLINE if offline else NO_CONTACT if public and not contact else ""
    if fresh and closed:
        raise UsageFailed(f"--refresh asks MusicBrainz anew, but {closed}.")
    own, shut = "" if public else "musicbrainz_host", hosts.OFFLINE * offline
    covers = "" if archive == config.Settings().coverart_host else "coverart_host"
    return Access(
        catalogue=Service("MusicBrainz", host.rstrip("/"), interval, closed, own),
        pictures=Service("The Cover Art Archive", archive.rstrip("/"), 0.0, shut, covers),
        contact=contact,
        fresh=fresh,
    )


def _server(name: str, address: str) -> str:
    return hosts.server(name, address, f"https://{_PUBLIC}")
