"""TMDb asked by hand, and a person's word on which movie a file is."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import movie_services, shared
from mediakeep.errors import UsageFailed
from mediakeep.lookups.access import Access

if TYPE_CHECKING:  # each part is loaded when it is asked for: --help must be quick
    from mediakeep.commands.entries import Told

_TAKES = {  # what stands behind each word
    "search": ("TITLE",),
    "movie": ("ID",),
    "find": ("IMDB_ID",),
    "choose": ("NAME", "ID"),
}


@shared.command()
@click.argument("what", type=shared.Choice(list(_TAKES)), metavar="[WHAT]", required=False)
@click.argument("words", nargs=-1, metavar="[NAME]...")
@click.option("--year", type=click.IntRange(1, 9999), help="With search: of its first release.")
@click.option(
    "--from-csv",
    type=shared.Place(),
    metavar="FILE",
    help="Take the ids that you have filled in in outputs/movies_failed_lookups.csv.",
)
@click.option("--refresh", is_flag=True, help="Ask anew what was answered before.")
@movie_services.movie_options
@shared.as_json
def main(home: Path, what: str | None, words: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Ask TMDb, or say which movie a file is; WHAT is one of:

    \b
    search TITLE     the movies that bear a title, or one like it
    movie ID         all that is known of a movie, by its id at TMDb or IMDb
    find IMDB_ID     the movie that bears an id of IMDb
    choose NAME ID   the movie NAME of the queue is that one; it is pending again

    What was answered once is not asked again.
    """
    path: Path | None = given.pop("from_csv")
    _check(what, words, given, path)
    if path or what == "choose":
        from mediakeep.commands import words as said

        answer = said.from_csv(home, path) if path else said.choose(home, *words)
        shared.show(answer.lines, answer.data, as_json=as_json)
        return answer.code
    access = movie_services.movie_access(home, given, fresh=given["refresh"])
    told = _told(home, str(what), words[0], access, given["year"] or 0)
    shared.show(told.lines, told.data, as_json=as_json)
    return told.code


def _check(
    what: str | None, words: tuple[str, ...], given: dict[str, Any], path: Path | None
) -> None:
    """Refuse what does not go together."""
    if path is not None and (what or words):
        raise click.UsageError("--from-csv takes no further words.")
    if path is None and what is None:
        raise click.UsageError("Say what is wanted: search, movie, find, choose, or --from-csv.")
    takes = _TAKES[what] if what else ()
    if len(words) != len(takes):
        raise click.UsageError(
            f"It reads: {what} {' '.join(takes)}. Put quotes around a name of several words."
        )
    if given["year"] and what != "search":
        raise click.UsageError("--year goes with search.")
    if given["refresh"] and what in (None, "choose"):
        raise click.UsageError("--refresh goes with search, movie and find.")


def _told(home: Path, what: str, word: str, access: Access, year: int) -> Told:
    from mediakeep.commands import entries, films
    from mediakeep.lookups.tmdb.desk import Desk

    name = " ".join(word.split())
    if not name or not name.isprintable():
        raise UsageFailed(f"There is nothing to {what}.")
    with contextlib.closing(Desk(home / "status" / "cache", access)) as desk, entries.warned(desk):
        if what == "search":
            told = films.search(desk, name, year)
        else:
            told = films.movie(desk, name) if what == "movie" else films.find(desk, name)
        counts = {"requests": desk.spent.requests, "hits": desk.spent.hits}
        return told._replace(data=told.data | counts)
