"""The master report of the movie library: all movies, and what only shows over all of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mediakeep import clock, kinds
from mediakeep.commands import shared, subjects
from mediakeep.item import Status
from mediakeep.queue import reading

if TYPE_CHECKING:
    from mediakeep.movies.master.book import Scope

_FAILURES = 20  # records that are complained of; the statistics name more


@shared.command()
@click.option(
    "--list-limit",
    type=click.IntRange(0),
    default=200,
    show_default=True,
    metavar="N",
    help="The most entries of each list in the statistics.",
)
@shared.as_json
def main(home: Path, list_limit: int, as_json: bool) -> int:
    """Write all finished movies to outputs/, with statistics and a summary of the library.

    It reads the records that batches wrote, and neither the movies nor anybody's lock: it may run
    beside a batch.
    """
    from mediakeep.movies.master import book, summary

    scope = _scope(home)
    written = book.write(scope, list_limit)
    names = (book.JSON, book.CSV, book.SUMMARY)
    told = summary.lines(written.statistics, scope.library)
    lines = [*told, *(f"Written: {home / name}" for name in names)]
    shared.show(lines, written.statistics, as_json=as_json)
    for failure in written.failures[:_FAILURES]:
        click.echo(shared.plain(failure), err=True)
    if (more := len(written.failures) - _FAILURES) > 0:
        click.echo(f"And {more:,} more.", err=True)
    return 1 if written.failures else 0


def _scope(home: Path) -> Scope:
    """Find which records there are to be; a movie marked by hand has none."""
    from mediakeep.movies.master.book import Listed, Scope

    state = reading.state(subjects.folder(home, kinds.MOVIES), kinds.MOVIES)
    others: Counter[str] = Counter()
    listed = []
    for key, item in state.items.items():
        if item.status is not Status.COMPLETED:
            others[item.status.value] += 1
        elif not item.report:
            others["marked_completed"] += 1
        else:
            listed.append(Listed(item.name or key, item.output_name))
    library = state.head.library_path
    return Scope(
        home, library, clock.text(clock.now()), tuple(listed), dict(sorted(others.items()))
    )
