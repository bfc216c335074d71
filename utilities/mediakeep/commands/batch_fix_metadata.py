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
@click.argument("albums", nargs=-1, metavar="[ALBUM...]")
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
    from mediakeep.app.edit import album_files, field_values
    from mediakeep.app.edit.edit_result import EditResult
    from mediakeep.app.edit.file_edits import FileEdits

    command = edit_options.parse_edit_command(home, _SCRIPT_NAME, options)
    if options["only_missing"] and not value:
        raise click.UsageError("--only-missing has no effect if the field is removed.")
    edits = field_values.build_edits(field, (value, *options["more"]), field_values.BY_HAND)
    field_values.check_value(value, yes=command.yes)
    criteria = field_values.parse_conditions(options["where"])
    criteria += (
        [field_values.FieldCondition(field_values.resolve_field(field))]
        if options["only_missing"]
        else []
    )
    result, all_edits = EditResult(), FileEdits()
    albums = (options["albums"], options["album_list"], options["artist"])
    files = album_files.find_files(home, *albums, command.policy.links)
    paths = album_files.filter_by_conditions(files, criteria, result)
    field_values.check_not_shared([field], len(paths), yes=command.yes)
    for file in paths:
        all_edits.add(file, edits)
    return command.run(all_edits.all, result)


# `mediakeep edit-albums`, whose VALUE comes last, as in `mediakeep edit`
value_last = copy.copy(main)
value_last.params = sorted(main.params, key=lambda parameter: parameter.name == "value")
