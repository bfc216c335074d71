"""The options and settings of MusicBrainz and the Cover Art Archive.

Those of TMDb are re-exported from `tmdb_options`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mediakeep import config
from mediakeep.commands import app
from mediakeep.commands.options import http_options
from mediakeep.commands.options.tmdb_options import parse_tmdb_access, with_tmdb_options
from mediakeep.errors import BadSetting, UsageError
from mediakeep.lookups import service_config
from mediakeep.lookups.http.models import Service
from mediakeep.lookups.service_config import ServiceConfig

__all__ = [
    "estimate_option",
    "parse_access",
    "parse_tmdb_access",
    "refresh_option",
    "with_lookup_options",
    "with_tmdb_options",
]

_PUBLIC_SERVER = "musicbrainz.org"
_MIN_PUBLIC_INTERVAL = (
    1.0  # seconds between two requests (musicbrainz.org/doc/MusicBrainz_API/Rate_Limiting)
)
NO_CONTACT = (
    "no contact is configured. Set --contact, MEDIAKEEP_CONTACT, or contact in mediakeep.toml to"
    " your e-mail address or URL"
)

_MUSICBRAINZ_OPTIONS = (
    app.setting_option(
        "--coverart-host", str, "The URL of a replacement for the Cover Art Archive."
    ),
    app.setting_option(
        "--musicbrainz-interval",
        click.FloatRange(0, 3600),
        "Seconds between two requests of this machine; 0: no limit, for your own mirror.",
    ),
    app.setting_option("--musicbrainz-host", str, "The URL of a MusicBrainz mirror."),
    http_options.offline_option,
    app.setting_option("--contact", str, "Your e-mail address or URL, which MusicBrainz requires."),
)
refresh_option = click.option(
    "--refresh", is_flag=True, help="Look up the artist again, bypassing the cache."
)
estimate_option = click.option(
    "--estimate",
    is_flag=True,
    help="Estimate the requests of the batch and their duration; do nothing.",
)


def with_lookup_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that look up music."""
    return app.add_options(function, _MUSICBRAINZ_OPTIONS)


def parse_access(values: dict[str, Any], *, fresh: bool = False) -> ServiceConfig:
    """Build the service configuration from a command's options; raise BadSetting if invalid."""
    contact, offline = values.pop("contact").strip(), values.pop("offline")
    host, archive = values.pop("musicbrainz_host"), values.pop("coverart_host")
    interval = service_config.parse_interval(
        "musicbrainz_interval", values.pop("musicbrainz_interval")
    )
    if contact and not contact.isprintable():
        raise BadSetting("contact", "it contains characters that cannot be sent.")
    if contact and "@" not in contact and not contact.startswith(("http://", "https://")):
        raise BadSetting("contact", f'"{contact}" is neither an e-mail address nor a URL.')
    public = http_options.is_in_domain(_parse_server("musicbrainz_host", host), _PUBLIC_SERVER)
    if public and interval < _MIN_PUBLIC_INTERVAL:
        raise BadSetting(
            "musicbrainz_interval",
            f"{_PUBLIC_SERVER} allows one request a second. Set 1 or more, or set musicbrainz_host"
            " to your own mirror.",
        )
    _parse_server("coverart_host", archive)
    closed_reason = (
        http_options.OFFLINE if offline else NO_CONTACT if public and not contact else ""
    )
    if fresh and closed_reason:
        raise UsageError(f"--refresh needs MusicBrainz, but {closed_reason}.")
    own_setting, offline_reason = (
        "" if public else "musicbrainz_host",
        http_options.OFFLINE * offline,
    )
    covers_setting = "" if archive == config.Settings().coverart_host else "coverart_host"
    return ServiceConfig(
        catalogue=Service("MusicBrainz", host.rstrip("/"), interval, closed_reason, own_setting),
        pictures=Service(
            "The Cover Art Archive", archive.rstrip("/"), 0.0, offline_reason, covers_setting
        ),
        contact=contact,
        fresh=fresh,
    )


def _parse_server(name: str, address: str) -> str:
    return service_config.parse_server(name, address, f"https://{_PUBLIC_SERVER}")
