"""The master report of the movie library: all movies, and what only shows over all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mediakeep import files, kinds
from mediakeep.commands import masters, shared

if TYPE_CHECKING:
    from mediakeep.movies.master.book import Scope


@shared.command()
@masters.list_limit
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
    lines = [*told, *(f"Written: {files.display_path(home / name)}" for name in names)]
    return masters.show(lines, written.statistics, written.failures, as_json=as_json)


def _scope(home: Path) -> Scope:
    """Find which records there are to be; a movie marked by hand has none."""
    from mediakeep.movies.master.book import Listed, Scope

    roll = masters.roll(home, kinds.MOVIES)
    listed = (Listed(item.name or key, item.output_name) for key, item in roll.items.items())
    return Scope(home, roll.library, roll.written, tuple(listed), roll.others)
