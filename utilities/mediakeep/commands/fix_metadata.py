"""Metadata of any files, written by a person's word: one field, a list, or what was proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import errands, shared
from mediakeep.commands.errands import Errand

if TYPE_CHECKING:  # loading these takes its time, and --help is to be quick
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
@click.option("--and", "more", multiple=True, metavar="VALUE", help="A further value of FIELD.")
@click.option(
    "--from-csv", type=shared.Place(), metavar="FILE", help="Write what a table says: see the docs."
)
@click.option(
    "--from-json", type=shared.Place(), metavar="FILE", help="Write what a JSON list says."
)
@click.option(
    "--from-review",
    type=shared.Place(),
    metavar="FILE",
    help="Write what the list of manual reviews proposes.",
)
@click.option(
    "--accept",
    multiple=True,
    metavar="ID",
    help="With --from-review: these; several IDs may follow.",
)
@click.option("--accept-kind", metavar="KIND", help="With --from-review: all of this kind.")
@click.option("--artist", metavar="NAME", help="With --accept-kind: of this artist alone.")
@click.option("--mbid", metavar="MBID", help="With --accept of an album: it is this release.")
@errands.options
def main(home: Path, **given: Any) -> int:
    """Write metadata: FIELD of all files in each PATH becomes VALUE, "" takes it away.

    FIELD is title, artist, album, albumartist, track, disc, date, genre, composer, comment, or any
    other that the audit files name. PATH is a file, or a folder with all below it.
    """
    errand = Errand.taken(home, _DOOR, given)
    _refuse_idle(given)
    if given["from_review"]:
        return _accept(errand, given)
    if given["from_csv"] or given["from_json"]:
        return _from_list(errand, given)
    return _from_words(errand, given["words"], given["more"])


def _refuse_idle(given: dict[str, Any]) -> None:
    """Refuse words that mean nothing beside each other."""
    lists = [name for name in _LISTS if given[name]]
    if len(lists) > 1:
        raise click.UsageError(f"Give one of {_flags(lists)}.")
    meant = _MEANT[lists[0] if lists else ""]
    if idle := [name for name, value in given.items() if value and name not in (*lists, *meant)]:
        if idle == ["words"]:
            raise click.UsageError(f"{given['words'][0]} means nothing with {_flags(lists)}.")
        what = f"with {_flags(lists)}" if lists else "without --from-review"
        raise click.UsageError(f"{_flags(idle)} means nothing {what}.")


def _flags(names: list[str]) -> str:
    spoken = ("--and" if name == "more" else f"--{name.replace('_', '-')}" for name in names)
    return " and ".join(spoken)


def _from_words(errand: Errand, words: Sequence[str], more: Sequence[str]) -> int:
    """Write one field of files and folders."""
    from mediakeep.commands import targets, wording
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.orders import Orders

    if len(words) < _FEWEST:
        raise click.UsageError("Give FIELD, PATH and VALUE, or a list; --help tells more.")
    name, *paths, value = words
    edits = wording.edits(name, (value, *more), wording.BY_HAND)
    wording.check_value(value, yes=errand.yes)
    finder = targets.Finder(errand.home, Path())
    found = targets.every(map(finder.find, paths), finder.ignored)
    wording.check_single([name], len(found), yes=errand.yes)
    orders = Orders()
    for file in found:
        orders.add(file, edits)
    return errand.run(orders.all, Account())


def _from_list(errand: Errand, given: dict[str, Any]) -> int:
    """Write what a CSV or JSON file says."""
    from mediakeep.commands import sheets, targets
    from mediakeep.commands.accounts import Account

    file = (given["from_csv"] or given["from_json"]).expanduser()
    read = sheets.from_csv if given["from_csv"] else sheets.from_json
    finder = targets.Finder(errand.home, file.parent)
    orders = sheets.orders(file, read, finder, yes=errand.yes)
    return errand.run(orders.all, Account())


def _accept(errand: Errand, given: dict[str, Any]) -> int:
    """Write what the list of reviews proposes.

    A pasted command names several ids behind one --accept, so they arrive as words.
    """
    from mediakeep.commands import accepted
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.reviews import Choice

    ids, kind, artist = given["accept"], given["accept_kind"] or "", given["artist"] or ""
    if bool(ids) == bool(kind) or (ids and artist) or (given["words"] and not ids):
        raise click.UsageError("Give --accept ID..., or --accept-kind KIND and perhaps --artist.")
    account, choice = Account(), Choice((*ids, *given["words"]), kind, artist)
    if given["mbid"] is not None:
        return _choose(errand, given, choice, account)
    orders = accepted.orders(errand.home, given["from_review"], choice, account)
    return replace(errand, proposed=True).run(orders.all, account)


def _choose(errand: Errand, given: dict[str, Any], choice: Choice, account: Account) -> int:
    """Write which release an album is."""
    from mediakeep.commands import candidates
    from mediakeep.commands.candidates import Chosen

    if len(choice.ids) != 1:
        raise click.UsageError("Give --mbid with one ID behind --accept.")
    chosen = Chosen.of(given["mbid"], insisted=errand.yes)
    orders = candidates.orders(errand.home, given["from_review"], choice, chosen, account)
    return replace(errand, proposed=True).run(orders.all, account)
