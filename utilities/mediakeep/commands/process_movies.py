"""The main job for movies: identify them, write what media centres read, and report."""

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
@click.option("--force", is_flag=True, help="Replace posters and fanart that are there.")
@click.option("--refresh", is_flag=True, help="Ask TMDb anew what is known of the movie.")
@click.option("--confirm-each", is_flag=True, help="Ask you of each movie which one it is.")
@click.option("--movie", metavar="NAME", help="Only this movie, whatever its status.")
def main(home: Path, movie: str | None, confirm_each: bool, **given: Any) -> int:
    """Process the next movies of the queue: identify, enrich, report.

    Can be stopped (Ctrl-C) or killed at any moment; run it again and it goes on.
    """
    policy = policies.policy(given)
    access = movie_services.movie_access(home, given, fresh=terms.fresh(kinds.MOVIES, movie, given))
    if confirm_each and given["as_json"]:
        raise UsageFailed("--confirm-each asks a person; it does not go with --json.")
    if confirm_each and not access.is_open:
        raise access.refusal()
    request = terms.Request(
        kinds.MOVIES,
        movie,
        access,
        policy,
        native=True,
        choose=functools.partial(choosing.choose, home=home) if confirm_each else None,
        force=given["force"],
        ignored=ignoring.patterns(given["ignore"]),
    )
    ask = terms.asked(home, request, given)
    if given["estimate"]:
        from mediakeep.commands import estimates

        return estimates.show(ask)
    with early.hands(ask.opening(), ask.early) as hands:
        from mediakeep.commands import batches

        return batches.run(ask, hands)
