"""Manager actions on what jobs have replaced or removed, and keep in quarantine for some days.

The quarantines are found next to the folders that the history of the jobs names, so also those of
folders that were given on the command line, and after a rollback.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import clock, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import UsageError
from mediakeep.queue.history import stage_queries
from mediakeep.views import disk_usage
from mediakeep.workspace import quarantine
from mediakeep.workspace.quarantine import QuarantineEntry


def list_quarantine(context: ManagerContext) -> CommandResult:
    """List the files and folders in quarantine, oldest first: id, time, size, reason, and path."""
    found = [
        (entry, disk_usage.measure_folders([entry.content_path(root)]))
        for root, entry in _find_entries(context)
    ]
    lines = [
        f"{entry.id}  {clock.format_local(str(entry.date))}  {size.text:>12}  {entry.reason}:"
        f" {path_text.to_printable(entry.path)}"
        for entry, size in found
    ]
    data = [{**msgspec.to_builtins(entry), "bytes": size.bytes} for entry, size in found]
    return CommandResult(lines or ["Nothing is in quarantine."], data)


def restore_quarantined(context: ManagerContext, name: str) -> CommandResult:
    """Move a file or folder, given by its id or path, back to where it came from.

    Raise UsageError unless exactly one entry fits, TargetExists if its place is taken.
    """
    matches = [
        (root, entry)
        for root, entry in _find_entries(context)
        if name in (entry.id, entry.path, str(entry.original_path))
    ]
    if len(matches) != 1:
        raise UsageError(
            f'"{name}" fits {len(matches)} entries of the quarantine. Use an id; --list-quarantine'
            " lists them."
        )
    root, entry = matches[0]
    path = entry.original_path
    if not context.dry_run:
        quarantine.restore_entry(root, entry)
    return CommandResult([f"Restored: {path_text.display_path(path)}"], {"restored": str(path)})


def _find_entries(context: ManagerContext) -> list[tuple[Path, QuarantineEntry]]:
    """Return the entries of all quarantines of the jobs, each with its root folder."""
    paths = context.query_history(stage_queries.read_recorded_paths)
    parents = {parent for text in paths for parent in Path(path_text.unescape_path(text)).parents}
    found = [(root, entry) for root in parents for entry in quarantine.list_entries(root)]
    return sorted(found, key=lambda pair: (pair[1].date, pair[1].id))
