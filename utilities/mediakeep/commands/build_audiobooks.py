"""Build audiobooks: one M4B with chapters from each folder of audio files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep.audiobooks.item import AUDIOBOOKS
from mediakeep.commands import app, job_command

_PATH = app.PathParam()


def _option(flag: str, kind: Any, text: str, **more: Any) -> job_command.OptionDecorator:
    """Return an option for a setting; without it, the settings file decides."""
    return click.option(flag, type=kind, default=None, help=text, **more)


_OPTIONS = (
    click.argument("folders", metavar="[FOLDER]...", type=_PATH, nargs=-1),
    click.option("--combine", is_flag=True, help="Make one book of all FOLDERs, in this order."),
    _option("--output", str, "The name of the book, without folder and suffix.", metavar="NAME"),
    _option("--output-dir", _PATH, "Where books go.", metavar="DIR"),
    _option("--source-root", _PATH, "The folder that --scan searches for books.", metavar="DIR"),
    click.option(
        "--working", "working_dir", type=_PATH, help="Where books are built.", metavar="DIR"
    ),
    _option("--bitrate", str, "Of AAC: such as 128k, or source.", metavar="RATE"),
    _option("--channels", click.IntRange(1, 2), "1 for mono, 2 for stereo."),
    _option("--sample-rate", click.IntRange(8_000, 96_000), "In Hz.", metavar="HZ"),
    _option("--order", str, "auto, tags, natural, alphabetical, or a file that lists the names."),
    _option("--chapters", str, "files, tags, silence, none, or a file with chapters."),
    _option("--formats", click.Choice(["all", "mp3"]), "Which audio files are used."),
    _option(
        "--damage",
        click.Choice(["auto", "conceal", "refuse"]),
        "What to do about damaged files: use them, with silence for what is lost, or not.",
    ),
    _option("--cover", str, "A picture for the cover.", metavar="FILE"),
    _option("--title", str, "The title of the book."),
    _option("--author", str, "Its author."),
    _option("--narrator", str, "Its narrator."),
    _option("--series", str, "The series that it belongs to."),
    _option("--part", str, "Its number in the series."),
    _option("--year", str, "The year of publication."),
    _option("--description", str, "What it is about."),
    _option("--backup/--no-backup", bool, "Copy the sources before the book is built."),
    _option("--timestamp-names/--plain-names", bool, "Add date and time to the name."),
    _option("--file-mode", str, "The permissions of the book, such as 640.", metavar="MODE"),
    click.option("--config", type=_PATH, help="Another settings file, in TOML or YAML."),
)


def _build_settings(home: Path, own: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    from mediakeep.app import audiobook_settings  # here, as --help must be quick

    return audiobook_settings.build_settings(home, own, others)


main = job_command.build_command(AUDIOBOOKS, _OPTIONS, native=True, build_settings=_build_settings)
