"""Convert albums to another format, through working folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep.albums.item import ALBUMS
from mediakeep.commands import app, job_command
from mediakeep.commands.options import musicbrainz_options
from mediakeep.config import ENV_PREFIX

_PATH = app.PathParam()


def _option(flag: str, name: str, kind: Any, text: str, **more: Any) -> job_command.OptionDecorator:
    """Return an option for a setting of a section; without it, the settings file decides."""
    variable = ENV_PREFIX + name.upper()
    return click.option(flag, name, type=kind, default=None, envvar=variable, help=text, **more)


_OPTIONS = (
    click.argument("source", metavar="[INPUT]", type=_PATH, required=False),
    _option("--output", "output_dir", _PATH, "Where the converted albums go.", metavar="DIR"),
    _option("--archive", "archive_dir", _PATH, "Where the sources are archived.", metavar="DIR"),
    _option("--working", "working_dir", _PATH, "Where albums are converted.", metavar="DIR"),
    _option("--profile", "profile", str, "opus, mp3-v0, aac, flac, alac, keep, or one of yours."),
    _option(
        "--existing",
        "existing",
        click.Choice(["refuse", "rename", "replace"]),
        "What to do if the folder of an output exists.",
    ),
    _option(
        "--verify",
        "verify",
        click.Choice(["full", "length", "none"]),
        "How new files are verified: decoded, by their headers, or not.",
    ),
    _option("--enrich/--no-enrich", "enrich", bool, "Look up missing tags and a missing cover."),
    _option(
        "--delete-original/--keep-original",
        "delete_original",
        bool,
        "Delete originals once archive and output are verified.",
    ),
    click.option("--config", type=_PATH, help="Another settings file, in TOML or YAML."),
    click.option("--keep-going", is_flag=True, help="Also publish albums without failed tracks."),
    musicbrainz_options.with_lookup_options,
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
    from mediakeep.app import album_settings  # here, as --help must be quick

    own["access"] = musicbrainz_options.parse_access(own)
    return album_settings.build_settings(home, own, others)


main = job_command.build_command(ALBUMS, _OPTIONS, native=True, build_settings=_build_settings)
