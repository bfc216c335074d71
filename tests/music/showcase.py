"""docs/reports.md as it should be: `python -m tests.music.showcase > docs/reports.md`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from mediakeep.music import process
from mediakeep.music.tools import Places
from mediakeep.policy import Fix, Policy
from tests.music import messes, shelf

_HEAD = """# Three reports

What the [report on an artist](audit-files.md#the-report) looks like. The libraries were made for
this page, with tiny but real files. The reports stand here as they are written; a viewer
of Markdown shows them with headings and lists.
"""
_PARTS = (
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
)


def page(folder: Path) -> str:
    """Make the three libraries in a folder, report on each, and put the reports on one page."""
    parts = [_HEAD]
    for title, about, make in _PARTS:
        artist = make(folder / "music")
        with process.opened(Places(home=folder, write=True, policy=Policy(fix=Fix.SAFE))) as worker:
            worker(shelf.work(artist), lambda _done, _of: None)
        report = folder / "issues" / "music" / f"{artist.name}_library_issues.md"
        text = report.read_text(encoding="utf-8").replace(f" --home {folder}", "")
        parts.append(f"## {title}\n\n{about}\n\n```markdown\n{text}```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.stdout.write(page(Path(made)))
