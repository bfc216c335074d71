"""Edit metadata of any files: one field, a list, or accepted proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import app, complete_names
from mediakeep.commands.options import edit_options

if TYPE_CHECKING:  # importing these is slow, and --help must be quick
    from mediakeep.app.edit.edit_command import EditCommand
    from mediakeep.app.edit.edit_result import EditResult
    from mediakeep.app.reviews.review_list import ReviewFilter

_SCRIPT_NAME = "fix_metadata"
_LIST_OPTIONS = ("from_csv", "from_json", "from_review")
_ALLOWED_PARAMETERS = {
    "": ("words", "more"),
    "from_csv": (),
    "from_json": (),
    "from_review": ("words", "accept", "accept_kind", "artist", "mbid"),
}
_MIN_WORDS = 3  # words: FIELD, PATH and VALUE


@app.create_command()
@click.argument("words", nargs=-1, metavar="[FIELD PATH... VALUE]")
@click.option("--and", "more", multiple=True, metavar="VALUE", help="An additional value of FIELD.")
@click.option(
    "--from-csv",
    type=app.PathParam(),
    metavar="FILE",
    help="Apply the edits of a table: see the docs.",
)
@click.option(
    "--from-json", type=app.PathParam(), metavar="FILE", help="Apply the edits of a JSON list."
)
@click.option(
    "--from-review",
    type=app.PathParam(),
    metavar="FILE",
    help="Apply proposals of the list of manual reviews.",
)
@click.option(
    "--accept",
    multiple=True,
    metavar="ID",
    help="With --from-review: these issues; several IDs may follow.",
)
@click.option(
    "--accept-kind",
    metavar="KIND",
    shell_complete=complete_names.complete_issue_kinds,
    help="With --from-review: all issues of this kind.",
)
@click.option(
    "--artist",
    metavar="NAME",
    shell_complete=complete_names.complete_items("music"),
    help="With --accept-kind: of this artist only.",
)
@click.option("--mbid", metavar="MBID", help="With --accept of an album: the release to use.")
@edit_options.with_edit_options
def main(home: Path, **options: Any) -> int:
    """Set FIELD to VALUE in all files of each PATH; "" removes the field.

    FIELD is title, artist, album, albumartist, track, disc, date, genre, composer, comment, or any
    other field in the audit files. PATH is a file, or a folder with all below it.
    """
    command = edit_options.parse_edit_command(home, _SCRIPT_NAME, options)
    _reject_unused_options(options)
    if options["from_review"]:
        return accept_proposals(command, options)
    if options["from_csv"] or options["from_json"]:
        return _edit_from_list(command, options)
    return _edit_one_field(command, options["words"], options["more"])


def _reject_unused_options(options: dict[str, Any]) -> None:
    """Reject options that have no effect together."""
    lists = [name for name in _LIST_OPTIONS if options[name]]
    if len(lists) > 1:
        raise click.UsageError(f"Give one of {_format_flags(lists)}.")
    allowed = _ALLOWED_PARAMETERS[lists[0] if lists else ""]
    if idle := [
        name for name, value in options.items() if value and name not in (*lists, *allowed)
    ]:
        if idle == ["words"]:
            raise click.UsageError(
                f"{options['words'][0]} has no effect with {_format_flags(lists)}."
            )
        context_text = f"with {_format_flags(lists)}" if lists else "without --from-review"
        raise click.UsageError(f"{_format_flags(idle)} has no effect {context_text}.")


def _format_flags(names: list[str]) -> str:
    flags = ("--and" if name == "more" else f"--{name.replace('_', '-')}" for name in names)
    return " and ".join(flags)


def _edit_one_field(command: EditCommand, words: Sequence[str], more: Sequence[str]) -> int:
    """Set one field in files and folders."""
    from mediakeep.app.edit import audio_targets, field_values
    from mediakeep.app.edit.edit_result import EditResult
    from mediakeep.app.edit.file_edits import FileEdits

    if len(words) < _MIN_WORDS:
        raise click.UsageError("Give FIELD, PATH and VALUE, or a list; see --help.")
    name, *paths, value = words
    edits = field_values.build_edits(name, (value, *more), field_values.BY_HAND)
    field_values.check_value(value, yes=command.yes)
    finder = audio_targets.AudioFileFinder(command.home, Path(), command.policy.links)
    audio_paths = audio_targets.find_all(map(finder.find_path, paths), finder.ignored)
    field_values.check_not_shared([name], len(audio_paths), yes=command.yes)
    all_edits = FileEdits()
    for file in audio_paths:
        all_edits.add(file, edits)
    return command.run(all_edits.all, EditResult())


def _edit_from_list(command: EditCommand, options: dict[str, Any]) -> int:
    """Apply the edits of a CSV or JSON file."""
    from mediakeep.app.edit import audio_targets, edit_list_files
    from mediakeep.app.edit.edit_result import EditResult

    file = (options["from_csv"] or options["from_json"]).expanduser()
    read = edit_list_files.read_csv_rows if options["from_csv"] else edit_list_files.read_json_rows
    finder = audio_targets.AudioFileFinder(command.home, file.parent, command.policy.links)
    edits = edit_list_files.read_edits(file, read, finder, yes=command.yes)
    return command.run(edits.all, EditResult())


def accept_proposals(command: EditCommand, options: dict[str, Any]) -> int:
    """Apply proposals of the review list.

    A pasted command has several ids after one --accept, so they arrive as arguments.
    """
    from mediakeep.app.edit.edit_result import EditResult
    from mediakeep.app.reviews import accept_proposals as proposals
    from mediakeep.app.reviews.review_list import ReviewFilter

    ids, kind, artist = options["accept"], options["accept_kind"] or "", options["artist"] or ""
    if bool(ids) == bool(kind) or (ids and artist) or (options["words"] and not ids):
        raise click.UsageError(
            "Give --accept ID..., or --accept-kind KIND and optionally --artist."
        )
    result, choice = EditResult(), ReviewFilter((*ids, *options["words"]), kind, artist)
    if options["mbid"] is not None:
        return _choose_release(command, options, choice, result)
    edits = proposals.build_edits_from_proposals(
        command.home, options["from_review"], choice, result
    )
    return replace(command, is_proposal=True).run(edits.all, result)


def _choose_release(
    command: EditCommand, options: dict[str, Any], choice: ReviewFilter, result: EditResult
) -> int:
    """Set the release of an album."""
    from mediakeep.app.reviews import choose_release
    from mediakeep.app.reviews.choose_release import ReleaseChoice

    if len(choice.ids) != 1:
        raise click.UsageError("Give --mbid with a single ID after --accept.")
    chosen = ReleaseChoice.from_text(options["mbid"], insisted=command.yes)
    edits = choose_release.build_edits_from_choice(
        command.home, options["from_review"], choice, chosen, result
    )
    return replace(command, is_proposal=True).run(edits.all, result)
