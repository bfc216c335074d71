"""Convert albums to another format, through working folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep.albums import settings
from mediakeep.albums.item import ALBUMS
from mediakeep.commands import app, job_command
from mediakeep.commands.options import lookup_options, own_options
from mediakeep.commands.options.own_options import OptionDecorator

_OPTIONS: tuple[OptionDecorator, ...] = (
    click.argument("source", metavar="[INPUT]", type=app.PathParam(), required=False),
    *own_options.build_options(settings.AlbumSettings).values(),
    own_options.config_option,
    click.option("--keep-going", is_flag=True, help="Also publish albums without failed tracks."),
    lookup_options.with_lookup_options,
    click.option(
        "--also",
        is_flag=True,
        help="Also convert albums that are done in another profile or output folder.",
    ),
    click.option(
        "--mirror",
        is_flag=True,
        help="Move outputs of vanished albums to quarantine, and make missing ones again.",
    ),
)


def _build_settings(home: Path, own: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    own["access"] = lookup_options.parse_access(own)
    return settings.build_settings(home, own, others)


main = job_command.build_command(ALBUMS, _OPTIONS, native=True, build_settings=_build_settings)
