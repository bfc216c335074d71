"""The manager's actions that keep a queue beyond its disk: make a backup, restore one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mediakeep import config, files
from mediakeep.commands import homes
from mediakeep.commands.desk import Answer, Desk
from mediakeep.views import terminal

if TYPE_CHECKING:  # the modules are imported where they are needed: --help must be quick
    from mediakeep.queue.backups.archive import Head
    from mediakeep.queue.backups.vault import Made


def backup(desk: Desk, given: Path) -> Answer:
    """Write all that cannot be made anew into one archive, also while a batch runs."""
    from mediakeep.queue.backups import vault

    made = vault.make(desk.place, desk.kind, desk.subject.outputs, given)
    return Answer([sentence(made)], told(made))


def sentence(made: Made) -> str:
    """Say where a backup lies and how large it is."""
    return f"Backup written: {files.display_path(made.path)} ({made.bytes:,} bytes)"


def told(made: Made) -> dict[str, object]:
    """Tell programs of a backup."""
    head = made.head
    return {"path": files.escape(made.path), "bytes": made.bytes, "seq": head.seq} | {
        "items": head.items
    }


def restore_backup(desk: Desk, given: Path) -> Answer:
    """Make a backup the present again, once all of it is known to be whole.

    What it replaces is kept in a dated folder. Killed, the same command ends what was begun.
    """
    from mediakeep.queue.backups import recovery

    path = given.absolute()
    head = recovery.check(desk.place, desk.kind, path)
    if desk.folder.exists():
        desk.confirm(
            f"Replace the {desk.kind.name} queue in {desk.home} by the backup of {head.written},"
            f" of the library {files.printable(head.library_path)}? What is there now is kept."
        )
    replaced = recovery.run(desk.place, desk.kind, path)
    homes.furnish(desk.home)
    with desk.opened() as opened:
        total = len(opened.state.items)
    items = terminal.count(total, desk.kind.noun, desk.kind.plural)
    lines = [
        f"Restored: {items}, as of {head.written}.",
        *_back(desk, replaced),
        *_gone(desk, head),
    ]
    kept = files.escape(replaced) if replaced else None
    return Answer(
        lines, {"written": head.written, "seq": head.seq, "items": head.items} | {"replaced": kept}
    )


def _back(desk: Desk, replaced: Path | None) -> list[str]:
    """Say where that is kept which was replaced, and how to go back."""
    if replaced is None:
        return []
    lines = [f"What was there before is kept in {files.display_path(replaced)}."]
    before = replaced / "status" / desk.kind.name
    if before.exists():
        kept, home = f"{replaced}_undone", files.quote_path(desk.home)
        go = f"mv {files.quote_path(desk.folder)} {files.quote_path(kept)}"
        copies = f"cp -a {files.quote_path(replaced)}/. {home}"
        lines.append(f"To go back:\n  {go} && {copies}")
    return lines


def _gone(desk: Desk, head: Head) -> list[str]:
    """Say how to name the library's new place, where it no longer lies where it did."""
    if Path(files.unescape(head.library_path)).is_dir():
        return []
    line = f"{config.spoken(desk.kind.manager, desk.home)} --relocate NEW"
    return [f"The library {head.library_path} is not there. Where it has moved to NEW:\n  {line}"]
