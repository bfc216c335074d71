"""Sample libraries: the only libraries whose files may change while web services are simulated."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mediakeep import config, path_text
from mediakeep.errors import UsageError

MARKER = ".mediakeep-sample-library"  # an empty file in the root of each sample library
SIMULATED_VARIABLE = config.ENV_PREFIX + "SIMULATED"  # set if a command uses simulated services


def mark_root(root: Path) -> None:
    """Mark a folder as the root of a sample library."""
    (root / MARKER).touch()


def refuse_real_library(path: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Raise UsageError if web services are simulated and a path is not in a sample library.

    Call it before writing lookup results to library files: simulated services return invented MBIDs
    and TMDb ids.
    """
    if not environ.get(SIMULATED_VARIABLE):
        return
    real = path.resolve()
    if any((folder / MARKER).exists() for folder in (real, *real.parents)):
        return
    raise UsageError(
        f"{path_text.display_path(path)} is not a sample library, and simulated services return"
        " invented ids. Nothing was changed. To write nothing, use --fix none or --dry-run; to"
        " write them anyway, run simulate_services.py with --i-know."
    )
