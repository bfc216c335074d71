"""Manager actions that back up a queue to another disk, and restore it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mediakeep import command_text, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin import new_home
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.size_text import format_count

if TYPE_CHECKING:  # imported where they are needed, as --help must be quick
    from mediakeep.queue.backups.archive import BackupInfo
    from mediakeep.queue.backups.backup_folder import BackupFile


def make_backup(context: ManagerContext, path: Path) -> CommandResult:
    """Write all that cannot be created again into one archive, also during a batch."""
    from mediakeep.queue.backups import backup_folder

    backup_file = backup_folder.create_backup(
        context.location, context.kind, context.subject.list_outputs, path
    )
    return CommandResult([format_backup(backup_file)], backup_to_json(backup_file))


def format_backup(backup_file: BackupFile) -> str:
    """Return a line with the path and size of a backup."""
    return (
        f"Backup written: {path_text.display_path(backup_file.path)} ({backup_file.bytes:,} bytes)"
    )


def backup_to_json(backup_file: BackupFile) -> dict[str, object]:
    """Return a backup as JSON data."""
    head = backup_file.info
    return {
        "path": path_text.escape_path(backup_file.path),
        "bytes": backup_file.bytes,
        "seq": head.seq,
    } | {"items": head.items}


def restore_backup(context: ManagerContext, path_given: Path) -> CommandResult:
    """Restore a backup, after checking all of it.

    What it replaces is kept in a dated folder. If this is killed, the same command completes it.
    """
    from mediakeep.queue.backups import restore

    path = path_given.absolute()
    head = restore.check_restore(context.location, context.kind, path)
    if context.dry_run:
        lines = [f"Restored: the backup of {head.written}, with {head.seq:,} changes."]
        return CommandResult(lines, {"written": head.written, "seq": head.seq, "items": head.items})
    if context.queue_folder.exists():
        context.confirm(
            f"Replace the {context.kind.name} queue in {context.home} by the backup of"
            f" {head.written}, of the library {path_text.to_printable(head.library_path)}?"
            " The current files are kept."
        )
    replaced = restore.restore_backup(context.location, context.kind, path)
    new_home.create_status_folder(context.home)
    context = replace(context, kind=registry.load_queue_kind(context.home, context.kind))
    with context.open_queue() as opened:
        total = len(opened.state.items)
    items = format_count(total, context.kind.noun, context.kind.plural)
    lines = [
        f"Restored: {items}, as of {head.written}.",
        *_format_rollback(context, replaced),
        *_format_missing_library(context, head),
    ]
    replaced_text = path_text.escape_path(replaced) if replaced else None
    return CommandResult(
        lines,
        {"written": head.written, "seq": head.seq, "items": head.items}
        | {"replaced": replaced_text},
    )


def _format_rollback(context: ManagerContext, replaced: Path | None) -> list[str]:
    """Return where the replaced data is kept, and how to go back."""
    if replaced is None:
        return []
    lines = [f"The previous files are kept in {path_text.display_path(replaced)}."]
    before = replaced / "status" / context.kind.name
    if before.exists():
        undone_path, home = f"{replaced}_undone", path_text.quote_path(context.home)
        move_away = (
            f"mv {path_text.quote_path(context.queue_folder)} {path_text.quote_path(undone_path)}"
        )
        copies = f"cp -a {path_text.quote_path(replaced)}/. {home}"
        lines.append(f"To go back:\n  {move_away} && {copies}")
    return lines


def _format_missing_library(context: ManagerContext, head: BackupInfo) -> list[str]:
    """Return how to set the library's new path if the old one is missing."""
    if Path(path_text.unescape_path(head.library_path)).is_dir():
        return []
    line = command_text.format_command(context.kind.manager_script, context.home, "--relocate NEW")
    return [f"The library {head.library_path} is missing. If it has moved to NEW:\n  {line}"]
