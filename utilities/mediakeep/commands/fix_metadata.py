"""Edit metadata of any files: one field, a list, or accepted proposals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import app, complete_names
from mediakeep.commands.options import edit_options

if TYPE_CHECKING:  # importing these is slow, and --help must be quick
    from mediakeep.app.edit.edit_command import EditCommand

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
@click.argument("words", nargs=-1, metavar="[FIELD PATH... VALUE]", type=app.PATH_TEXT)
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
    from mediakeep.app.edit import edit_fields, edit_list_files

    if options["from_csv"]:
        file = options["from_csv"].expanduser()
        return edit_fields.edit_from_list(command, file, edit_list_files.read_csv_rows)
    if options["from_json"]:
        file = options["from_json"].expanduser()
        return edit_fields.edit_from_list(command, file, edit_list_files.read_json_rows)
    if len(options["words"]) < _MIN_WORDS:
        raise click.UsageError("Give FIELD, PATH and VALUE, or a list; see --help.")
    name, *paths, value = options["words"]
    return edit_fields.edit_paths(command, name, (value, *options["more"]), paths)


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


def accept_proposals(command: EditCommand, options: dict[str, Any]) -> int:
    """Apply proposals of the review list.

    A pasted command has several ids after one --accept, so they arrive as arguments.
    """
    from mediakeep.app.reviews import accept_proposals as proposals
    from mediakeep.app.reviews import choose_release
    from mediakeep.app.reviews.review_list import ReviewFilter

    ids, kind, artist = options["accept"], options["accept_kind"] or "", options["artist"] or ""
    if bool(ids) == bool(kind) or (ids and artist) or (options["words"] and not ids):
        raise click.UsageError(
            "Give --accept ID..., or --accept-kind KIND and optionally --artist."
        )
    choice = ReviewFilter((*ids, *options["words"]), kind, artist)
    if options["mbid"] is None:
        return proposals.accept(command, options["from_review"], choice)
    if len(choice.ids) != 1:
        raise click.UsageError("Give --mbid with a single ID after --accept.")
    return choose_release.choose(command, options["from_review"], choice, options["mbid"])
