"""One field over many albums, written by a person's word."""

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
@click.option("--and", "more", multiple=True, metavar="VALUE", help="A further value of FIELD.")
@click.option("--artist", metavar="NAME", help="All albums of this artist of the queue.")
@click.option(
    "--album-list",
    type=shared.Place(),
    metavar="FILE",
    help="The albums that a file names, one folder a line; - reads the standard input.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="FIELD=OLD: only in files where FIELD holds OLD now, and nothing else.",
)
@click.option("--only-missing", is_flag=True, help="Only in files where FIELD holds nothing now.")
@errands.options
def main(home: Path, field: str, value: str, **given: Any) -> int:
    """Write FIELD of all files in each ALBUM, a folder: it becomes VALUE, "" takes it away."""
    from mediakeep.commands import conditions, wording
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.orders import Orders

    errand = Errand.taken(home, _DOOR, given)
    if given["only_missing"] and not value:
        raise click.UsageError("--only-missing means nothing where the field is taken away.")
    edits = wording.edits(field, (value, *given["more"]), wording.BY_HAND)
    wording.check_value(value, yes=errand.yes)
    wanted = conditions.of(given["where"])
    wanted += [conditions.Condition(wording.field(field))] if given["only_missing"] else []
    account, orders = Account(), Orders()
    found = _fitting(_files(home, given), wanted, account)
    wording.check_single([field], len(found), yes=errand.yes)
    for file in found:
        orders.add(file, edits)
    return errand.run(orders.all, account)


def _files(home: Path, given: dict[str, Any]) -> list[Path]:
    """Return the files of all albums that are named in one way or another."""
    from mediakeep.commands import targets

    albums = [*_named(home, given["albums"]), *_listed(home, given["album_list"])]
    if given["artist"]:
        state = reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC)
        item = state.items[actions.find(state, given["artist"])]
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
    """Read a list of albums; UsageFailed tells all of them that are not there."""
    if file is None:
        return []
    from mediakeep.commands import lists, targets

    finder = targets.Finder(home, Path() if str(file) == "-" else file.expanduser().parent)
    faults, found = lists.Faults(files.escape(file)), []
    for number, line in lists.lines(file):
        with faults.at(f"line {number}"):
            found.append(_folder(finder.find(line)))
    faults.refuse()
    return found


def _folder(path: Path) -> Path:
    if path.is_dir():
        return path
    command = config.spoken("fix_metadata.py")
    reason = f"{files.display_path(path)} is not a folder. Change single files with: {command}"
    raise UsageFailed(reason)


def _fitting(some: list[Path], wanted: list[Condition], account: Account) -> list[Path]:
    """Leave out the files that do not meet all conditions, and those that cannot be read."""
    from mediakeep.media import file_errors, tags

    if not wanted:
        return some
    found = []
    for file in some:
        try:
            with file_errors.as_file_error(file):
                now = tags.read(file)
                fits = all(condition.fits(now) for condition in wanted)
        except (Unexpected, Unreadable) as error:
            account.fail(file, error)
            continue
        if fits:
            found.append(file)
        else:
            account.left_out += 1
    return found
