"""The same albums imported by beets from the same simulator server."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from benchmarks import script_runs
from mediakeep_simulator.server import SimulatorServer

_BEET = os.environ.get("BEET") or shutil.which("beet")
_SETTINGS = """\
directory: {library}
library: {folder}/library.db
plugins: [musicbrainz, missing]
import: {{copy: no, write: no}}
musicbrainz: {{host: "{host}", https: no, ratelimit: 100000}}
"""


def row(folder: Path, library: Path, server: SimulatorServer) -> list[str]:
    """Give the row of beets, which changes no file here."""
    if not _BEET:
        return ["beets is not installed; CONTRIBUTING.md says how", "", "", ""]
    folder.mkdir()
    host = server.url.removeprefix("http://")
    settings = _SETTINGS.format(library=library, folder=folder, host=host)
    (folder / "config.yaml").write_text(settings)
    start = len(server.requests)
    _run_beets(folder, "import", "-q", str(library))
    imported = len(server.requests) - start
    known = set(_run_beets(folder, "ls", "-a", "-f", "$mb_releasegroupid"))
    missing = set(_run_beets(folder, "missing", "-a", "-f", "$mb_releasegroupid"))
    requests = f"{imported} + {len(server.requests) - start - imported}"
    version = _run_beets(folder, "version")[2]
    name = f"beets {version}, import -q and missing -a"
    return [name, requests, str(len(known)), str(len(missing))]


def _run_beets(folder: Path, *options: str) -> list[str]:
    """Run beets with a library and settings of its own; return the words that it prints."""
    return script_runs.run([str(_BEET), *options], {"BEETSDIR": str(folder)}).printed.split()
