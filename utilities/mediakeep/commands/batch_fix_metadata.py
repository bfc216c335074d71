"""Set one field in many albums."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import click

from mediakeep.commands import app, complete_names
from mediakeep.commands.options import edit_options

_SCRIPT_NAME = "batch_fix_metadata"


@app.create_command()
@click.argument("field")
@click.argument("value")
@click.argument("albums", nargs=-1, metavar="[ALBUM...]", type=app.PATH_TEXT)
@click.option("--and", "more", multiple=True, metavar="VALUE", help="An additional value of FIELD.")
@click.option(
    "--artist",
    metavar="NAME",
    shell_complete=complete_names.complete_items("music"),
    help="All albums of this artist in the queue.",
)
@click.option(
    "--album-list",
    type=app.PathParam(),
    metavar="FILE",
    help="Albums listed in a file, one folder per line; - reads the standard input.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="FIELD=OLD: only in files where FIELD is exactly OLD now.",
)
@click.option("--only-missing", is_flag=True, help="Only in files where FIELD is empty now.")
@edit_options.with_edit_options
def main(home: Path, field: str, value: str, **options: Any) -> int:
    """Set FIELD to VALUE in all files of each ALBUM, a folder; "" removes the field."""
    from mediakeep.app.edit import edit_fields

    command = edit_options.parse_edit_command(home, _SCRIPT_NAME, options)
    if options["only_missing"] and not value:
        raise click.UsageError("--only-missing has no effect if the field is removed.")
    return edit_fields.edit_albums(
        command,
        field,
        (value, *options["more"]),
        (options["albums"], options["album_list"], options["artist"]),
        options["where"],
        only_missing=options["only_missing"],
    )


# `mediakeep edit-albums`, whose VALUE comes last, as in `mediakeep edit`
value_last = copy.copy(main)
value_last.params = sorted(main.params, key=lambda parameter: parameter.name == "value")
