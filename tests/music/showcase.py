"""Generate docs/reports.md: `python -m tests.music.showcase > docs/reports.md`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from mediakeep.lookups.access import Access
from mediakeep.lookups.desk import CLOSED
from mediakeep.music import process
from mediakeep.music.tools import Places
from mediakeep.outcome import QUIET
from mediakeep.policy import Fix, Policy
from mediakeep.rehearsal.server import Server
from tests.music import known, messes, shelf, visits

_HEAD = """# Four reports

What the [report on an artist](audit-files.md#the-report) looks like. The libraries were made for
this page, with tiny but real files. The reports stand here as they are written; a viewer
of Markdown shows them with headings and lists.
"""
_PARTS: tuple[tuple[str, str, Callable[[Path], Path]], ...] = (
    ("A neglected collection", "MP3 files of twenty years, from many sources.", messes.neglected),
    (
        "A box set that is well kept",
        "FLAC with every tag; two things went wrong.",
        messes.well_kept,
    ),
    (
        "A folder of samplers",
        "Compilations, with covers and numbers of all sorts.",
        messes.assorted,
    ),
    (
        "An artist who was looked up",
        "MusicBrainz knows all albums but one, and not all of them for certain.",
        known.albums,
    ),
)


def page(folder: Path) -> str:
    """Make the libraries in a folder, report on each, and put the reports on one page."""
    parts = [_HEAD]
    with Server(known.world()) as server:
        for title, about, make in _PARTS:
            access = visits.access(server) if make is known.albums else CLOSED
            report = _report(make(folder / "music"), folder, access)
            text = report.read_text(encoding="utf-8").replace(f" --home {folder}", "")
            parts.append(f"## {title}\n\n{about}\n\n```markdown\n{text}```\n")
    return "\n".join(parts)


def _report(artist: Path, home: Path, access: Access) -> Path:
    places = Places(home=home, write=True, policy=Policy(fix=Fix.SAFE), access=access)
    with process.opened(places) as worker:
        worker(shelf.work(artist), QUIET)
    return home / "issues" / "music" / f"{artist.name}_library_issues.md"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.stdout.write(page(Path(made)))
