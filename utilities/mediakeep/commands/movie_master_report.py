"""Write the master report of the movie library: all movies, and comparisons between them."""

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

    It reads the records that batches wrote, neither the movies nor any lock: it may run during a
    batch.
    """
    from mediakeep.movies.master import book, summary

    scope = _scope(home)
    written = book.write(scope, list_limit)
    names = (book.JSON, book.CSV, book.SUMMARY)
    summary_lines = summary.lines(written.statistics, scope.library)
    lines = [*summary_lines, *(f"Written: {files.display_path(home / name)}" for name in names)]
    return masters.show(lines, written.statistics, written.failures, as_json=as_json)


def _scope(home: Path) -> Scope:
    """Find the expected records; a movie marked as completed by the user has none."""
    from mediakeep.movies.master.book import Listed, Scope

    completed = masters.roll(home, kinds.MOVIES)
    movies = (Listed(item.name or key, item.output_name) for key, item in completed.items.items())
    return Scope(home, completed.library, completed.written, tuple(movies), completed.others)
