"""Set one field in many albums."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep import config, path_text
from mediakeep.app.subjects import registry
from mediakeep.commands import app, complete_names
from mediakeep.commands.options import edit_options
from mediakeep.errors import UnexpectedError, Unreadable, UsageError
from mediakeep.music.item import MUSIC
from mediakeep.queue import actions, readonly

if TYPE_CHECKING:
    from mediakeep.app.edit.edit_result import EditResult
    from mediakeep.app.edit.field_values import FieldCondition

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
    from mediakeep.app.edit import field_values
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
    files = _find_files(home, options, command.policy.links)
    paths = _filter_by_conditions(files, criteria, result)
    field_values.check_not_shared([field], len(paths), yes=command.yes)
    for file in paths:
        all_edits.add(file, edits)
    return command.run(all_edits.all, result)


# `mediakeep edit-albums`, whose VALUE comes last, as in `mediakeep edit`
value_last = copy.copy(main)
value_last.params = sorted(main.params, key=lambda parameter: parameter.name == "value")


def _find_files(home: Path, options: dict[str, Any], links: str) -> list[Path]:
    """Return the files of all albums, from all options that select albums."""
    from mediakeep.app.edit import audio_targets

    finder = audio_targets.AudioFileFinder(home, Path(), links)
    albums = [_check_folder(finder.find_path(text)) for text in options["albums"]]
    albums += _read_album_list(home, options["album_list"], links)
    if options["artist"]:
        state = readonly.load_state(registry.queue_folder(home, MUSIC), MUSIC)
        item = state.items[actions.find_item_key(state, options["artist"])]
        albums.append(Path(path_text.unescape_path(item.path)))
    if not albums:
        raise click.UsageError("Give ALBUM..., --album-list or --artist.")
    return audio_targets.find_all(albums, finder.ignored)


def _read_album_list(home: Path, file: Path | None, links: str) -> list[Path]:
    """Read a list of albums; raise UsageError with all that do not exist."""
    if file is None:
        return []
    from mediakeep.app.edit import audio_targets, list_files

    finder = audio_targets.AudioFileFinder(
        home, Path() if str(file) == "-" else file.expanduser().parent, links
    )
    errors, paths = list_files.InputErrors(path_text.escape_path(file)), []
    for number, line in list_files.read_lines(file):
        with errors.collect_at(f"line {number}"):
            paths.append(_check_folder(finder.find_path(line)))
    errors.raise_if_any()
    return paths


def _check_folder(path: Path) -> Path:
    if path.is_dir():
        return path
    command = config.format_command("fix_metadata.py")
    reason = f"{path_text.display_path(path)} is not a folder. Edit single files with: {command}"
    raise UsageError(reason)


def _filter_by_conditions(
    paths: list[Path], conditions: list[FieldCondition], result: EditResult
) -> list[Path]:
    """Skip files that do not meet all conditions, and those that cannot be read."""
    from mediakeep.media import file_errors
    from mediakeep.media.audio import tags

    if not conditions:
        return paths
    matching = []
    for file in paths:
        try:
            with file_errors.wrap_file_errors(file):
                audio_file = tags.read(file)
                fits = all(condition.is_met_by(audio_file) for condition in conditions)
        except (UnexpectedError, Unreadable) as error:
            result.add_failure(file, error)
            continue
        if fits:
            matching.append(file)
        else:
            result.left_out += 1
    return matching
