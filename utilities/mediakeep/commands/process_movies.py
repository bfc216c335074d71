"""The main job for movies: identify them, write sidecars for media centers, and report."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import click

from mediakeep.app.batch.batch_request import BatchRequest
from mediakeep.app.console import CommandResult
from mediakeep.commands import app, batch_start, complete_names
from mediakeep.commands.display import movie_prompt
from mediakeep.commands.options import (
    batch_options,
    lookup_options,
    write_options,
)
from mediakeep.errors import UsageError
from mediakeep.media import ignore_rules
from mediakeep.movies.item import MOVIES


@app.create_command()
@lookup_options.with_tmdb_options
@batch_options.with_batch_options("--batch-process")
@write_options.with_add_options
@lookup_options.estimate_option
@click.option("--force", is_flag=True, help="Replace existing posters and fanart.")
@click.option("--refresh", is_flag=True, help="Look up the movie again, bypassing the cache.")
@click.option("--confirm-each", is_flag=True, help="Ask for each movie which one it is.")
@click.option(
    "--movie",
    metavar="NAME",
    shell_complete=complete_names.complete_items("movies"),
    help="Only this movie, regardless of its status.",
)
def main(home: Path, movie: str | None, confirm_each: bool, **options: Any) -> int | CommandResult:
    """Process the next movies of the queue: identify, enrich, report.

    Can be stopped (Ctrl-C) or killed at any time; run it again to continue.
    """
    policy = write_options.parse_policy(options)
    access = lookup_options.parse_tmdb_access(
        home, options, fresh=batch_options.check_refresh(MOVIES, movie, options)
    )
    if confirm_each and app.is_json():
        raise UsageError("--confirm-each prompts the user; it cannot be combined with --json.")
    if confirm_each and not access.is_enabled:
        raise access.build_skipped_error()
    request = BatchRequest(
        MOVIES,
        movie,
        access,
        policy,
        native=True,
        choose=functools.partial(movie_prompt.prompt_for_movie, home=home)
        if confirm_each
        else None,
        force=options["force"],
        ignored=ignore_rules.parse_settings(options["ignore"], policy.links),
    )
    batch = batch_options.parse_options(home, request, options)
    return batch_start.run_batch(batch, estimate=options["estimate"])
