"""The main job for movies: identify them, write sidecars for media centers, and report."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import click

from mediakeep import kinds
from mediakeep.commands import choosing, movie_services, policies, services, shared, terms
from mediakeep.errors import UsageFailed
from mediakeep.media import ignoring
from mediakeep.runner import early


@shared.command()
@movie_services.movie_options
@terms.options("--batch-process")
@policies.adding
@services.estimating
@click.option("--force", is_flag=True, help="Replace existing posters and fanart.")
@click.option("--refresh", is_flag=True, help="Look up the movie again, bypassing the cache.")
@click.option("--confirm-each", is_flag=True, help="Ask for each movie which one it is.")
@click.option("--movie", metavar="NAME", help="Only this movie, regardless of its status.")
def main(home: Path, movie: str | None, confirm_each: bool, **options: Any) -> int:
    """Process the next movies of the queue: identify, enrich, report.

    Can be stopped (Ctrl-C) or killed at any time; run it again to continue.
    """
    policy = policies.policy(options)
    access = movie_services.movie_access(
        home, options, fresh=terms.fresh(kinds.MOVIES, movie, options)
    )
    if confirm_each and options["as_json"]:
        raise UsageFailed("--confirm-each prompts the user; it cannot be combined with --json.")
    if confirm_each and not access.is_open:
        raise access.refusal()
    request = terms.Request(
        kinds.MOVIES,
        movie,
        access,
        policy,
        native=True,
        choose=functools.partial(choosing.choose, home=home) if confirm_each else None,
        force=options["force"],
        ignored=ignoring.patterns(options["ignore"]),
    )
    batch = terms.asked(home, request, options)
    if options["estimate"]:
        from mediakeep.commands import estimates

        return estimates.show(batch)
    with early.hands(batch.opening(), batch.early) as workers:
        from mediakeep.commands import batches

        return batches.run(batch, workers)
