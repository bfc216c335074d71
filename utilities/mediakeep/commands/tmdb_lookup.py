"""Look up movies at TMDb, and record which movie a file is."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import movie_services, shared
from mediakeep.errors import UsageFailed
from mediakeep.lookups.access import Access

if TYPE_CHECKING:  # imported when needed, as --help must be quick
    from mediakeep.commands.entries import Told

_TAKES = {  # arguments of each action
    "search": ("TITLE",),
    "movie": ("ID",),
    "find": ("IMDB_ID",),
    "choose": ("NAME", "ID"),
}


@shared.command()
@click.argument("what", type=shared.Choice(list(_TAKES)), metavar="[WHAT]", required=False)
@click.argument("words", nargs=-1, metavar="[NAME]...")
@click.option(
    "--year", type=click.IntRange(1, 9999), help="With search: the year of the first release."
)
@click.option(
    "--from-csv",
    type=shared.Place(),
    metavar="FILE",
    help="Use the ids that you added to outputs/movies_failed_lookups.csv.",
)
@click.option("--refresh", is_flag=True, help="Bypass the cache.")
@movie_services.movie_options
@shared.as_json
def main(
    home: Path, what: str | None, words: tuple[str, ...], as_json: bool, **options: Any
) -> int:
    """Query TMDb, or set which movie a file is; WHAT is one of:

    \b
    search TITLE     movies with this or a similar title
    movie ID         all data of a movie, by its TMDb or IMDb id
    find IMDB_ID     the movie with an IMDb id
    choose NAME ID   set the movie of NAME in the queue; it becomes pending again

    Responses are cached.
    """
    path: Path | None = options.pop("from_csv")
    _check(what, words, options, path)
    if path or what == "choose":
        from mediakeep.commands import words as said

        result = said.from_csv(home, path) if path else said.choose(home, *words)
        shared.show(result.lines, result.data, as_json=as_json)
        return result.code
    access = movie_services.movie_access(home, options, fresh=options["refresh"])
    output = _told(home, str(what), words[0], access, options["year"] or 0)
    shared.show(output.lines, output.data, as_json=as_json)
    return output.code


def _check(
    what: str | None, words: tuple[str, ...], options: dict[str, Any], path: Path | None
) -> None:
    """Reject options that cannot be combined."""
    if path is not None and (what or words):
        raise click.UsageError("--from-csv takes no arguments.")
    if path is None and what is None:
        raise click.UsageError("Give an action: search, movie, find, choose, or --from-csv.")
    takes = _TAKES[what] if what else ()
    if len(words) != len(takes):
        raise click.UsageError(
            f"Usage: {what} {' '.join(takes)} (quote names that contain spaces)."
        )
    if options["year"] and what != "search":
        raise click.UsageError("--year is for search.")
    if options["refresh"] and what in (None, "choose"):
        raise click.UsageError("--refresh is for search, movie and find.")


def _told(home: Path, what: str, word: str, access: Access, year: int) -> Told:
    from mediakeep.commands import entries, films
    from mediakeep.lookups.tmdb.desk import Desk

    name = " ".join(word.split())
    if not name or not name.isprintable():
        raise UsageFailed(f"There is nothing to {what}.")
    with (
        contextlib.closing(Desk(home / "status" / "cache", access)) as context,
        entries.warned(context),
    ):
        if what == "search":
            output = films.search(context, name, year)
        else:
            output = films.movie(context, name) if what == "movie" else films.find(context, name)
        counts = {"requests": context.spent.requests, "hits": context.spent.hits}
        return output._replace(data=output.data | counts)
