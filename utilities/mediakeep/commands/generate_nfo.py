"""Write the NFO of movies, whether they are in the queue or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mediakeep import config, sample_library
from mediakeep.app.console import CommandResult
from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import lookup_options, write_options
from mediakeep.media import ignore_rules


@app.create_command()
@click.argument("path", type=app.PathParam())
@click.option("--print", "printed", is_flag=True, help="Print the NFO; write nothing.")
@app.with_dry_run_option("Print what would be written; write nothing.")
@lookup_options.with_tmdb_options
@write_options.with_add_options
@app.with_links_option
@app.with_json_option
def main(home: Path, path: Path, **options: Any) -> int | CommandResult:
    """Write the NFO of each movie at PATH: a video, the folder of a movie, or a folder of movies.

    Existing content of an NFO is kept; see docs/nfo.md. Images are left to the next batch.
    """
    from mediakeep.app.movies import movie_nfos
    from mediakeep.app.movies.movie_nfos import NfoRequest

    policy = write_options.parse_policy(options)
    access = lookup_options.parse_tmdb_access(home, options)
    ignored = ignore_rules.parse_settings(config.get_setting(home, "ignore"), policy.links)
    request = NfoRequest(home, path.expanduser().absolute(), policy, access, ignored)
    if options["printed"]:
        return _print_nfos(movie_nfos.read_nfos(request, ClickConsole()))
    dry_run = options["dry_run"]
    if not dry_run:
        sample_library.refuse_real_library(path)
    result = movie_nfos.write_nfos(request, ClickConsole(), write=not dry_run)
    lines = ["Dry run: nothing was written."] if dry_run else []
    return replace(result, lines=[*result.lines, *lines])


def _print_nfos(found: Iterable[tuple[str, bytes | None, str]]) -> int:
    missing = 0
    for key, text, reason in found:
        missing += text is None
        if text is None:
            app.print_message(f"{key}: {reason}")
        else:
            click.echo(text.decode(errors="replace"), nl=False)
    return 1 if missing else 0
