"""Build audiobooks: one M4B with chapters from each folder of audio files."""

from __future__ import annotations

import click

from mediakeep.audiobooks import settings
from mediakeep.audiobooks.item import AUDIOBOOKS
from mediakeep.commands import app, job_command
from mediakeep.commands.options import own_options
from mediakeep.commands.options.own_options import OptionDecorator

_PATH = app.PathParam()
_OWN = own_options.build_options(settings.BookSettings)
_NAMES, _FILES = ("output", "output_dir"), ("backup", "timestamp_names", "file_mode")
_FIRST, _LAST = ([_OWN.pop(name) for name in names] for names in (_NAMES, _FILES))
_OPTIONS: tuple[OptionDecorator, ...] = (
    click.argument("folders", metavar="[FOLDER]...", type=_PATH, nargs=-1),
    click.option("--combine", is_flag=True, help="Make one book of all FOLDERs, in this order."),
    *_FIRST,
    click.option(
        "--source-root",
        metavar="DIR",
        type=_PATH,
        help="The folder that --scan searches for books.",
    ),
    *_OWN.values(),
    *_LAST,
    own_options.config_option,
)

main = job_command.build_command(
    AUDIOBOOKS, _OPTIONS, native=True, build_settings=settings.build_settings
)
