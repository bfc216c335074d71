"""The options and settings of MusicBrainz and the Cover Art Archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mediakeep.app.lookups.musicbrainz_access import parse_access
from mediakeep.commands import app
from mediakeep.commands.options import http_options

__all__ = ["estimate_option", "parse_access", "refresh_option", "with_lookup_options"]

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
