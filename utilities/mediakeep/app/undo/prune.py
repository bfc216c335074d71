"""Delete undo data of old changes, to free space."""

from __future__ import annotations

from mediakeep import clock, size_text
from mediakeep.app.console import CommandResult, Console
from mediakeep.errors import Stopped
from mediakeep.media.undo import prune
from mediakeep.media.undo.prune import PruneResult
from mediakeep.media.undo.store import UndoStore
from mediakeep.size_text import format_count


def forget_before(
    store: UndoStore, before: str, console: Console, *, yes: bool, dry_run: bool
) -> CommandResult:
    """Delete the undo data of changes made before a time; raise Stopped if the user declines."""
    result = prune.preview(store, before)
    if not dry_run and (result.records or result.bytes):
        if not yes and not console.confirm(_format_question(result, before)):
            raise Stopped
        result = prune.prune(store, before)
    verb = "would be deleted" if dry_run else "deleted"
    changes = format_count(result.records, "change")
    text = f"Undo data of {changes} {verb}, {size_text.format_size(result.bytes)} freed."
    data = {"dry_run": dry_run, "before": before, "records": result.records, "bytes": result.bytes}
    return CommandResult([f"{'Dry run: ' if dry_run else ''}{text}"], data)


def _format_question(result: PruneResult, before: str) -> str:
    return (
        f"Delete the undo data of {format_count(result.records, 'change')} made before"
        f" {clock.format_local(before)}? That frees {size_text.format_size(result.bytes)};"
        " they can never be undone."
    )
