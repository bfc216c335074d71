"""The options and settings of MusicBrainz, the Cover Art Archive and TMDb, including its token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mediakeep import config
from mediakeep.app.lookups import tmdb_access
from mediakeep.app.lookups.musicbrainz_access import parse_access
from mediakeep.commands import app
from mediakeep.lookups.service_config import ServiceConfig

__all__ = [
    "estimate_option",
    "parse_access",
    "parse_tmdb_access",
    "refresh_option",
    "with_lookup_options",
    "with_tmdb_options",
]

_OFFLINE = click.option(
    "--offline",
    is_flag=True,
    envvar=f"{config.ENV_PREFIX}OFFLINE",
    help="Make no requests; use cached data only.",
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
    _OFFLINE,
    app.setting_option("--contact", str, "Your e-mail address or URL, which MusicBrainz requires."),
)
_TMDB_OPTIONS = (
    app.setting_option("--tmdb-image-host", str, "The URL of a replacement for TMDb's image host."),
    app.setting_option(
        "--tmdb-interval",
        click.FloatRange(0, 3600),
        "Seconds between two requests of this machine; 0: no limit, for your own server.",
    ),
    app.setting_option("--tmdb-host", str, "The URL of a replacement for TMDb."),
    app.setting_option("--tmdb-token-file", str, "A file outside the home with the TMDb token."),
    app.setting_option("--country", str, "The country of certificates, such as DE."),
    app.setting_option("--language", str, "The language of titles and texts, such as de or de-DE."),
    _OFFLINE,
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


def with_tmdb_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that use TMDb."""
    return app.add_options(function, _TMDB_OPTIONS)


def parse_tmdb_access(home: Path, values: dict[str, Any], *, fresh: bool = False) -> ServiceConfig:
    """Build the service configuration from a command's options; print warnings about the token."""
    return tmdb_access.parse_tmdb_access(home, values, fresh=fresh, warn=app.print_message)
