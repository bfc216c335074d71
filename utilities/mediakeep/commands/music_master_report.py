"""Write the master report of the music library: all tracks, and comparisons across artists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mediakeep import files, kinds
from mediakeep.commands import masters, shared

if TYPE_CHECKING:
    from mediakeep.music.master.book import Scope


@shared.command()
@masters.list_limit
@shared.as_json
def main(home: Path, list_limit: int, as_json: bool) -> int:
    """Write all tracks of the finished artists to outputs/, with statistics of the library.

    It reads the audits that batches wrote, neither the music nor any lock: it may run during a
    batch.
    """
    from mediakeep.music.master import book, overview

    written = book.write(_scope(home), list_limit)
    names = (book.JSON, book.CSV, book.STATISTICS)
    lines = [
        *overview.lines(written.statistics),
        *(f"Written: {files.display_path(home / name)}" for name in names),
    ]
    return masters.show(lines, written.statistics, written.failures, as_json=as_json)


def _scope(home: Path) -> Scope:
    """Find the expected audits; an artist marked as completed by the user has none."""
    from mediakeep.music.master.book import Listed, Scope

    completed = masters.roll(home, kinds.MUSIC)
    artists = (
        Listed(item.name or key, f"outputs/{item.output_name}_audit.json")
        for key, item in completed.items.items()
    )
    return Scope(home, completed.library, completed.written, tuple(artists), completed.others)
