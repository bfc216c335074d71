"""Generate docs/reports.md: `python -m tests.music.showcase > docs/reports.md`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from mediakeep.lookups.musicbrainz.context import DISABLED
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.music import process
from mediakeep.music.worker_context import MusicWorkerConfig
from mediakeep.outcome import NO_PROGRESS
from mediakeep.policy import FixLevel, WritePolicy
from mediakeep_simulator.server import SimulatorServer
from tests.music import known, messes, shelf, visits

_HEAD = """# Four reports

Samples of the [report on an artist](audit-files.md#the-report). The libraries were created for
this page, with tiny but real files. The reports are shown as they are written; a Markdown viewer
shows them with headings and lists.
"""
_PARTS: tuple[tuple[str, str, Callable[[Path], Path]], ...] = (
    ("A neglected collection", "MP3 files of twenty years, from many sources.", messes.neglected),
    (
        "A well-kept box set",
        "FLAC with every tag; two things went wrong.",
        messes.well_kept,
    ),
    (
        "A folder of samplers",
        "Compilations, with covers and numbers of all kinds.",
        messes.assorted,
    ),
    (
        "An artist who was looked up",
        "MusicBrainz knows all albums but one, and not all of them for certain.",
        known.make_albums,
    ),
)


def page(folder: Path) -> str:
    """Make the libraries in a folder, report on each, and put the reports on one page."""
    parts = [_HEAD]
    with SimulatorServer(known.build_catalogue()) as server:
        for title, about, make in _PARTS:
            access = visits.access(server) if make is known.make_albums else DISABLED
            report = _report(make(folder / "music"), folder, access)
            text = report.read_text(encoding="utf-8").replace(f" --home {folder}", "")
            parts.append(f"## {title}\n\n{about}\n\n```markdown\n{text}```\n")
    return "\n".join(parts)


def _report(artist: Path, home: Path, access: ServiceConfig) -> Path:
    places = MusicWorkerConfig(
        home=home, write=True, policy=WritePolicy(fix=FixLevel.SAFE), access=access
    )
    with process.open_worker(places) as worker:
        worker(shelf.work(artist), NO_PROGRESS)
    return home / "issues" / "music" / f"{artist.name}_library_issues.md"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.stdout.write(page(Path(made)))
