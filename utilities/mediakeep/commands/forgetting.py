"""Delete undo data of old changes, to free space."""

from __future__ import annotations

import click

from mediakeep.commands import moments, shared
from mediakeep.errors import Stopped
from mediakeep.media.undoing import pruning
from mediakeep.media.undoing.pruning import Pruned
from mediakeep.media.undoing.store import Store
from mediakeep.pages import page


def run(store: Store, before: str, *, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Delete the undo data of changes made before a time; raise Stopped if the user declines."""
    result = pruning.look(store, before)
    if not dry_run and (result.records or result.bytes):
        _confirm(result, before, yes=yes)
        result = pruning.forget(store, before)
    verb = "would be deleted" if dry_run else "deleted"
    text = f"Undo data of {page.counted(result.records, 'change')} {verb}, {_size(result)} freed."
    data = {"dry_run": dry_run, "before": before, "records": result.records, "bytes": result.bytes}
    shared.show([f"{'Dry run: ' if dry_run else ''}{text}"], data, as_json=as_json)
    return 0


def _confirm(result: Pruned, before: str, *, yes: bool) -> None:
    question = (
        f"Delete the undo data of {page.counted(result.records, 'change')} made before"
        f" {moments.shown(before)}? That frees {_size(result)}; they can never be undone."
    )
    if not yes and not click.confirm(question, err=True):
        raise Stopped


def _size(result: Pruned) -> str:
    return f"{result.bytes / 1e6:,.1f} MB"
