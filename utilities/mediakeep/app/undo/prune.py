"""Delete undo data of old changes, to free space."""

from __future__ import annotations

import click

from mediakeep.commands import app
from mediakeep.commands.options import param_types
from mediakeep.errors import Stopped
from mediakeep.media.undo import prune
from mediakeep.media.undo.prune import PruneResult
from mediakeep.media.undo.store import UndoStore
from mediakeep.pages import render


def forget_before(store: UndoStore, before: str, *, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Delete the undo data of changes made before a time; raise Stopped if the user declines."""
    result = prune.preview(store, before)
    if not dry_run and (result.records or result.bytes):
        _confirm_forget(result, before, yes=yes)
        result = prune.prune(store, before)
    verb = "would be deleted" if dry_run else "deleted"
    text = f"Undo data of {render.pluralize(result.records, 'change')} {verb}, {_format_size(result)} freed."
    data = {"dry_run": dry_run, "before": before, "records": result.records, "bytes": result.bytes}
    app.print_result([f"{'Dry run: ' if dry_run else ''}{text}"], data, as_json=as_json)
    return 0


def _confirm_forget(result: PruneResult, before: str, *, yes: bool) -> None:
    question = (
        f"Delete the undo data of {render.pluralize(result.records, 'change')} made before"
        f" {param_types.format_time(before)}? That frees {_format_size(result)}; they can never be undone."
    )
    if not yes and not click.confirm(question, err=True):
        raise Stopped


def _format_size(result: PruneResult) -> str:
    return f"{result.bytes / 1e6:,.1f} MB"
