"""Edit metadata of any files: one field, a list, or accepted proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import errands, shared
from mediakeep.commands.errands import Errand

if TYPE_CHECKING:  # importing these is slow, and --help must be quick
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.reviews import Choice

_DOOR = "fix_metadata"
_LISTS = ("from_csv", "from_json", "from_review")
_MEANT = {
    "": ("words", "more"),
    "from_csv": (),
    "from_json": (),
    "from_review": ("words", "accept", "accept_kind", "artist", "mbid"),
}
_FEWEST = 3  # words: FIELD, PATH and VALUE


@shared.command()
@click.argument("words", nargs=-1, metavar="[FIELD PATH... VALUE]")
@click.option("--and", "more", multiple=True, metavar="VALUE", help="An additional value of FIELD.")
@click.option(
    "--from-csv",
    type=shared.Place(),
    metavar="FILE",
    help="Apply the edits of a table: see the docs.",
)
@click.option(
    "--from-json", type=shared.Place(), metavar="FILE", help="Apply the edits of a JSON list."
)
@click.option(
    "--from-review",
    type=shared.Place(),
    metavar="FILE",
    help="Apply proposals of the list of manual reviews.",
)
@click.option(
    "--accept",
    multiple=True,
    metavar="ID",
    help="With --from-review: these issues; several IDs may follow.",
)
@click.option("--accept-kind", metavar="KIND", help="With --from-review: all issues of this kind.")
@click.option("--artist", metavar="NAME", help="With --accept-kind: of this artist only.")
@click.option("--mbid", metavar="MBID", help="With --accept of an album: the release to use.")
@errands.options
def main(home: Path, **options: Any) -> int:
    """Set FIELD to VALUE in all files of each PATH; "" removes the field.

    FIELD is title, artist, album, albumartist, track, disc, date, genre, composer, comment, or any
    other field in the audit files. PATH is a file, or a folder with all below it.
    """
    command = Errand.taken(home, _DOOR, options)
    _refuse_idle(options)
    if options["from_review"]:
        return _accept(command, options)
    if options["from_csv"] or options["from_json"]:
        return _from_list(command, options)
    return _from_words(command, options["words"], options["more"])


def _refuse_idle(options: dict[str, Any]) -> None:
    """Reject options that have no effect together."""
    lists = [name for name in _LISTS if options[name]]
    if len(lists) > 1:
        raise click.UsageError(f"Give one of {_flags(lists)}.")
    allowed = _MEANT[lists[0] if lists else ""]
    if idle := [
        name for name, value in options.items() if value and name not in (*lists, *allowed)
    ]:
        if idle == ["words"]:
            raise click.UsageError(f"{options['words'][0]} has no effect with {_flags(lists)}.")
        context_text = f"with {_flags(lists)}" if lists else "without --from-review"
        raise click.UsageError(f"{_flags(idle)} has no effect {context_text}.")


def _flags(names: list[str]) -> str:
    flags = ("--and" if name == "more" else f"--{name.replace('_', '-')}" for name in names)
    return " and ".join(flags)


def _from_words(command: Errand, words: Sequence[str], more: Sequence[str]) -> int:
    """Set one field in files and folders."""
    from mediakeep.commands import targets, wording
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.orders import Orders

    if len(words) < _FEWEST:
        raise click.UsageError("Give FIELD, PATH and VALUE, or a list; see --help.")
    name, *paths, value = words
    edits = wording.edits(name, (value, *more), wording.BY_HAND)
    wording.check_value(value, yes=command.yes)
    finder = targets.Finder(command.home, Path())
    audio_paths = targets.every(map(finder.find, paths), finder.ignored)
    wording.check_single([name], len(audio_paths), yes=command.yes)
    all_edits = Orders()
    for file in audio_paths:
        all_edits.add(file, edits)
    return command.run(all_edits.all, Account())


def _from_list(command: Errand, options: dict[str, Any]) -> int:
    """Apply the edits of a CSV or JSON file."""
    from mediakeep.commands import sheets, targets
    from mediakeep.commands.accounts import Account

    file = (options["from_csv"] or options["from_json"]).expanduser()
    read = sheets.from_csv if options["from_csv"] else sheets.from_json
    finder = targets.Finder(command.home, file.parent)
    edits = sheets.orders(file, read, finder, yes=command.yes)
    return command.run(edits.all, Account())


def _accept(command: Errand, options: dict[str, Any]) -> int:
    """Apply proposals of the review list.

    A pasted command has several ids after one --accept, so they arrive as arguments.
    """
    from mediakeep.commands import accepted
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.reviews import Choice

    ids, kind, artist = options["accept"], options["accept_kind"] or "", options["artist"] or ""
    if bool(ids) == bool(kind) or (ids and artist) or (options["words"] and not ids):
        raise click.UsageError(
            "Give --accept ID..., or --accept-kind KIND and optionally --artist."
        )
    result, choice = Account(), Choice((*ids, *options["words"]), kind, artist)
    if options["mbid"] is not None:
        return _choose(command, options, choice, result)
    edits = accepted.orders(command.home, options["from_review"], choice, result)
    return replace(command, proposed=True).run(edits.all, result)


def _choose(command: Errand, options: dict[str, Any], choice: Choice, result: Account) -> int:
    """Set the release of an album."""
    from mediakeep.commands import candidates
    from mediakeep.commands.candidates import Chosen

    if len(choice.ids) != 1:
        raise click.UsageError("Give --mbid with a single ID after --accept.")
    chosen = Chosen.of(options["mbid"], insisted=command.yes)
    edits = candidates.orders(command.home, options["from_review"], choice, chosen, result)
    return replace(command, proposed=True).run(edits.all, result)
