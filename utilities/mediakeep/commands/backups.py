"""Manager actions that back up a queue to another disk, and restore it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mediakeep import config, files
from mediakeep.commands import homes
from mediakeep.commands.desk import Answer, Desk
from mediakeep.views import terminal

if TYPE_CHECKING:  # imported where they are needed, as --help must be quick
    from mediakeep.queue.backups.archive import Head
    from mediakeep.queue.backups.vault import Made


def backup(context: Desk, path: Path) -> Answer:
    """Write all that cannot be created again into one archive, also during a batch."""
    from mediakeep.queue.backups import vault

    backup_file = vault.make(context.place, context.kind, context.subject.outputs, path)
    return Answer([sentence(backup_file)], told(backup_file))


def sentence(backup_file: Made) -> str:
    """Return a line with the path and size of a backup."""
    return f"Backup written: {files.display_path(backup_file.path)} ({backup_file.bytes:,} bytes)"


def told(backup_file: Made) -> dict[str, object]:
    """Return a backup as JSON data."""
    head = backup_file.head
    return {"path": files.escape(backup_file.path), "bytes": backup_file.bytes, "seq": head.seq} | {
        "items": head.items
    }


def restore_backup(context: Desk, path_given: Path) -> Answer:
    """Restore a backup, after checking all of it.

    What it replaces is kept in a dated folder. If this is killed, the same command completes it.
    """
    from mediakeep.queue.backups import recovery

    path = path_given.absolute()
    head = recovery.check(context.place, context.kind, path)
    if context.folder.exists():
        context.confirm(
            f"Replace the {context.kind.name} queue in {context.home} by the backup of"
            f" {head.written}, of the library {files.printable(head.library_path)}?"
            " The current files are kept."
        )
    replaced = recovery.run(context.place, context.kind, path)
    homes.furnish(context.home)
    with context.opened() as opened:
        total = len(opened.state.items)
    items = terminal.count(total, context.kind.noun, context.kind.plural)
    lines = [
        f"Restored: {items}, as of {head.written}.",
        *_back(context, replaced),
        *_gone(context, head),
    ]
    replaced_text = files.escape(replaced) if replaced else None
    return Answer(
        lines,
        {"written": head.written, "seq": head.seq, "items": head.items}
        | {"replaced": replaced_text},
    )


def _back(context: Desk, replaced: Path | None) -> list[str]:
    """Return where the replaced data is kept, and how to go back."""
    if replaced is None:
        return []
    lines = [f"The previous files are kept in {files.display_path(replaced)}."]
    before = replaced / "status" / context.kind.name
    if before.exists():
        undone_path, home = f"{replaced}_undone", files.quote_path(context.home)
        move_away = f"mv {files.quote_path(context.folder)} {files.quote_path(undone_path)}"
        copies = f"cp -a {files.quote_path(replaced)}/. {home}"
        lines.append(f"To go back:\n  {move_away} && {copies}")
    return lines


def _gone(context: Desk, head: Head) -> list[str]:
    """Return how to set the library's new path if the old one is missing."""
    if Path(files.unescape(head.library_path)).is_dir():
        return []
    line = f"{config.spoken(context.kind.manager, context.home)} --relocate NEW"
    return [f"The library {head.library_path} is missing. If it has moved to NEW:\n  {line}"]
