"""Look up movies at TMDb, and record which movie a file is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import lookup_options

if TYPE_CHECKING:  # imported when needed, as --help must be quick
    from mediakeep.app.console import CommandResult

_ARGUMENTS = {  # arguments of each action
    "search": ("TITLE",),
    "movie": ("ID",),
    "find": ("IMDB_ID",),
    "choose": ("NAME", "ID"),
}


@app.create_command()
@click.argument(
    "what", type=app.SuggestingChoice(list(_ARGUMENTS)), metavar="[WHAT]", required=False
)
@click.argument("words", nargs=-1, metavar="[NAME]...")
@click.option(
    "--year", type=click.IntRange(1, 9999), help="With search: the year of the first release."
)
@click.option(
    "--from-csv",
    type=app.PathParam(),
    metavar="FILE",
    help="Use the ids that you added to outputs/movies_failed_lookups.csv.",
)
@click.option("--refresh", is_flag=True, help="Bypass the cache.")
@app.with_dry_run_option("With choose or --from-csv: say what would be chosen; change nothing.")
@lookup_options.with_tmdb_options
@app.with_json_option
def main(home: Path, what: str | None, words: tuple[str, ...], **options: Any) -> CommandResult:
    """Query TMDb, or set which movie a file is; WHAT is one of:

    \b
    search TITLE     movies with this or a similar title
    movie ID         all data of a movie, by its TMDb or IMDb id
    find IMDB_ID     the movie with an IMDb id
    choose NAME ID   set the movie of NAME in the queue; it becomes pending again

    Responses are cached.
    """
    path: Path | None = options.pop("from_csv")
    _check_options(what, words, options, path)
    if path or what == "choose":
        from mediakeep.app.movies import manual_match

        console, dry_run = ClickConsole(), options["dry_run"]
        result = (
            manual_match.record_choices_from_csv(home, path, console, dry_run=dry_run)
            if path
            else manual_match.record_choice(home, words[0], words[1], console, dry_run=dry_run)
        )
        return app.mark_dry_run(result, dry_run=dry_run)
    access = lookup_options.parse_tmdb_access(home, options, fresh=options["refresh"])
    from mediakeep.app.movies import movie_lookup

    year = options["year"] or 0
    return movie_lookup.look_up(home, str(what), words[0], access, ClickConsole(), year=year)


def _check_options(
    what: str | None, words: tuple[str, ...], options: dict[str, Any], path: Path | None
) -> None:
    """Reject options that cannot be combined."""
    if path is not None and (what or words):
        raise click.UsageError("--from-csv takes no arguments.")
    if path is None and what is None:
        raise click.UsageError("Give an action: search, movie, find, choose, or --from-csv.")
    takes = _ARGUMENTS[what] if what else ()
    if len(words) != len(takes):
        raise click.UsageError(
            f"Usage: {what} {' '.join(takes)} (quote names that contain spaces)."
        )
    if options["dry_run"] and what not in (None, "choose"):
        raise click.UsageError("--dry-run is for choose and --from-csv.")
    if options["year"] and what != "search":
        raise click.UsageError("--year is for search.")
    if options["refresh"] and what in (None, "choose"):
        raise click.UsageError("--refresh is for search, movie and find.")
