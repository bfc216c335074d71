"""The master report of the music library: all tracks, and what only shows across artists."""

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
    from mediakeep.music.master.book import Scope

_FAILURES = 20  # audits that are complained of; the statistics name more


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
    """Write all tracks of the finished artists to outputs/, with statistics of the library.

    It reads the audits that batches wrote, and neither the music nor anybody's lock: it may run
    beside a batch.
    """
    from mediakeep.music.master import book, overview

    written = book.write(_scope(home), list_limit)
    names = (book.JSON, book.CSV, book.STATISTICS)
    lines = [*overview.lines(written.statistics), *(f"Written: {home / name}" for name in names)]
    shared.show(lines, written.statistics, as_json=as_json)
    for failure in written.failures[:_FAILURES]:
        click.echo(shared.plain(failure), err=True)
    if (more := len(written.failures) - _FAILURES) > 0:
        click.echo(f"And {more:,} more.", err=True)
    return 1 if written.failures else 0


def _scope(home: Path) -> Scope:
    """Find whose audits there are to be; an artist marked by hand has none."""
    from mediakeep.music.master.book import Listed, Scope

    state = reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC)
    others: Counter[str] = Counter()
    listed = []
    for key, item in state.items.items():
        if item.status is not Status.COMPLETED:
            others[item.status.value] += 1
        elif not item.report:
            others["marked_completed"] += 1
        else:
            listed.append(Listed(item.name or key, f"outputs/{item.output_name}_audit.json"))
    library = state.head.library_path
    return Scope(
        home, library, clock.text(clock.now()), tuple(listed), dict(sorted(others.items()))
    )
