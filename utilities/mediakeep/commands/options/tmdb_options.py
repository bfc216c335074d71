"""The options and settings of TMDb, including its token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mediakeep.app.lookups import tmdb_access
from mediakeep.commands import app
from mediakeep.commands.options import http_options
from mediakeep.lookups.service_config import ServiceConfig

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
    http_options.offline_option,
)


def with_tmdb_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that use TMDb."""
    return app.add_options(function, _TMDB_OPTIONS)


def parse_tmdb_access(home: Path, values: dict[str, Any], *, fresh: bool = False) -> ServiceConfig:
    """Build the service configuration from a command's options; print warnings about the token."""
    return tmdb_access.parse_tmdb_access(home, values, fresh=fresh, warn=app.print_message)
