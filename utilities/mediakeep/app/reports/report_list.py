"""The reports of a home: of days and weeks, of libraries, and of single items."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.views.report import report_files

FOLDERS = (report_files.FOLDER, "outputs", "issues")
_SUFFIXES = (".html", ".md", ".csv", ".json")
_MAX_REPORTS = 2_000


class ReportFile(msgspec.Struct, frozen=True):
    """A report: its path below the home, and its size in bytes."""

    path: str
    bytes: int
    modified: float  # seconds since 1970


def list_reports(home: Path) -> list[ReportFile]:
    """Return the reports of the home, newest first."""
    found, own = [], str(home / report_files.WRITTEN_FILE)
    start = len(own) - len(report_files.WRITTEN_FILE)
    for folder in FOLDERS:
        for place, _, names in os.walk(home / folder):
            for path in (f"{place}/{name}" for name in names if name.endswith(_SUFFIXES)):
                with contextlib.suppress(OSError):  # it was just replaced or removed
                    status = os.stat(path)  # noqa: PTH116 - a Path takes longer than the call
                    if stat.S_ISREG(status.st_mode) and path != own:
                        name = path_text.escape_path(path[start:])
                        found.append(ReportFile(name, status.st_size, status.st_mtime))
    return sorted(found, key=lambda report: -report.modified)[:_MAX_REPORTS]
