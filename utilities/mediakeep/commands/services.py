"""The options and settings of MusicBrainz and the Cover Art Archive.

Those of TMDb are re-exported from `tmdb_options`.
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
    "no contact is configured. Set --contact, MEDIAKEEP_CONTACT, or contact in mediakeep.toml to"
    " your e-mail address or URL"
)

_OPTIONS = (
    shared.setting("--coverart-host", str, "The URL of a replacement for the Cover Art Archive."),
    shared.setting(
        "--musicbrainz-interval",
        click.FloatRange(0, 3600),
        "Seconds between two requests of this machine; 0: no limit, for your own mirror.",
    ),
    shared.setting("--musicbrainz-host", str, "The URL of a MusicBrainz mirror."),
    hosts.offline,
    shared.setting("--contact", str, "Your e-mail address or URL, which MusicBrainz requires."),
)
refreshing = click.option(
    "--refresh", is_flag=True, help="Look up the artist again, bypassing the cache."
)
estimating = click.option(
    "--estimate",
    is_flag=True,
    help="Estimate the requests of the batch and their duration; do nothing.",
)


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that look up music."""
    for option in _OPTIONS:
        function = option(function)
    return function


def access(values: dict[str, Any], *, fresh: bool = False) -> Access:
    """Build the service configuration from a command's options; raise BadSetting if invalid."""
    contact, offline = values.pop("contact").strip(), values.pop("offline")
    host, archive = values.pop("musicbrainz_host"), values.pop("coverart_host")
    interval = hosts.pace("musicbrainz_interval", values.pop("musicbrainz_interval"))
    if contact and not contact.isprintable():
        raise BadSetting("contact", "it contains characters that cannot be sent.")
    if contact and "@" not in contact and not contact.startswith(("http://", "https://")):
        raise BadSetting("contact", f'"{contact}" is neither an e-mail address nor a URL.')
    public = hosts.is_below(_server("musicbrainz_host", host), _PUBLIC)
    if public and interval < _FASTEST:
        raise BadSetting(
            "musicbrainz_interval",
            f"{_PUBLIC} allows one request a second. Set 1 or more, or set musicbrainz_host to"
            " your own mirror.",
        )
    _server("coverart_host", archive)
    closed_reason = hosts.OFFLINE if offline else NO_CONTACT if public and not contact else ""
    if fresh and closed_reason:
        raise UsageFailed(f"--refresh needs MusicBrainz, but {closed_reason}.")
    own_setting, offline_reason = "" if public else "musicbrainz_host", hosts.OFFLINE * offline
    covers_setting = "" if archive == config.Settings().coverart_host else "coverart_host"
    return Access(
        catalogue=Service("MusicBrainz", host.rstrip("/"), interval, closed_reason, own_setting),
        pictures=Service(
            "The Cover Art Archive", archive.rstrip("/"), 0.0, offline_reason, covers_setting
        ),
        contact=contact,
        fresh=fresh,
    )


def _server(name: str, address: str) -> str:
    return hosts.server(name, address, f"https://{_PUBLIC}")
