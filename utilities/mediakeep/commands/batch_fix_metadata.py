"""Set one field in many albums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep import config, files, kinds
from mediakeep.commands import errands, shared, subjects
from mediakeep.commands.errands import Errand
from mediakeep.errors import Unexpected, Unreadable, UsageFailed
from mediakeep.queue import actions, reading

if TYPE_CHECKING:
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.conditions import Condition

_DOOR = "batch_fix_metadata"


@shared.command()
@click.argument("field")
@click.argument("value")
@click.argument("albums", nargs=-1, metavar="[ALBUM...]")
@click.option("--and", "more", multiple=True, metavar="VALUE", help="An additional value of FIELD.")
@click.option("--artist", metavar="NAME", help="All albums of this artist in the queue.")
@click.option(
    "--album-list",
    type=shared.Place(),
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
@errands.options
def main(home: Path, field: str, value: str, **options: Any) -> int:
    """Set FIELD to VALUE in all files of each ALBUM, a folder; "" removes the field."""
    from mediakeep.commands import conditions, wording
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.orders import Orders

    command = Errand.taken(home, _DOOR, options)
    if options["only_missing"] and not value:
        raise click.UsageError("--only-missing has no effect if the field is removed.")
    edits = wording.edits(field, (value, *options["more"]), wording.BY_HAND)
    wording.check_value(value, yes=command.yes)
    criteria = conditions.of(options["where"])
    criteria += [conditions.Condition(wording.field(field))] if options["only_missing"] else []
    result, all_edits = Account(), Orders()
    paths = _fitting(_files(home, options), criteria, result)
    wording.check_single([field], len(paths), yes=command.yes)
    for file in paths:
        all_edits.add(file, edits)
    return command.run(all_edits.all, result)


def _files(home: Path, options: dict[str, Any]) -> list[Path]:
    """Return the files of all albums, from all options that select albums."""
    from mediakeep.commands import targets

    albums = [*_named(home, options["albums"]), *_listed(home, options["album_list"])]
    if options["artist"]:
        state = reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC)
        item = state.items[actions.find(state, options["artist"])]
        albums.append(Path(files.unescape(item.path)))
    if not albums:
        raise click.UsageError("Give ALBUM..., --album-list or --artist.")
    return targets.every(albums, subjects.ignored(home))


def _named(home: Path, albums: Iterable[str]) -> Iterator[Path]:
    from mediakeep.commands import targets

    finder = targets.Finder(home, Path())
    for text in albums:
        yield _folder(finder.find(text))


def _listed(home: Path, file: Path | None) -> list[Path]:
    """Read a list of albums; raise UsageError with all that do not exist."""
    if file is None:
        return []
    from mediakeep.commands import lists, targets

    finder = targets.Finder(home, Path() if str(file) == "-" else file.expanduser().parent)
    errors, paths = lists.Faults(files.escape(file)), []
    for number, line in lists.lines(file):
        with errors.at(f"line {number}"):
            paths.append(_folder(finder.find(line)))
    errors.refuse()
    return paths


def _folder(path: Path) -> Path:
    if path.is_dir():
        return path
    command = config.spoken("fix_metadata.py")
    reason = f"{files.display_path(path)} is not a folder. Edit single files with: {command}"
    raise UsageFailed(reason)


def _fitting(paths: list[Path], conditions: list[Condition], result: Account) -> list[Path]:
    """Skip files that do not meet all conditions, and those that cannot be read."""
    from mediakeep.media import file_errors, tags

    if not conditions:
        return paths
    matching = []
    for file in paths:
        try:
            with file_errors.as_file_error(file):
                audio_file = tags.read(file)
                fits = all(condition.fits(audio_file) for condition in conditions)
        except (Unexpected, Unreadable) as error:
            result.fail(file, error)
            continue
        if fits:
            matching.append(file)
        else:
            result.left_out += 1
    return matching
