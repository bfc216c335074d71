"""Undo records made smaller where a person asks: how to take old changes back is forgotten."""

from __future__ import annotations

import click

from mediakeep.commands import moments, shared
from mediakeep.errors import Stopped
from mediakeep.media.undoing import pruning
from mediakeep.media.undoing.pruning import Pruned
from mediakeep.media.undoing.store import Store
from mediakeep.pages import page


def run(store: Store, before: str, *, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Forget how to take back what was changed before a time; Stopped where the answer is no."""
    found = pruning.look(store, before)
    if not dry_run and (found.records or found.bytes):
        _confirm(found, before, yes=yes)
        found = pruning.forget(store, before)
    verb = "would be" if dry_run else "was" if found.records == 1 else "were"
    told = f"{page.counted(found.records, 'record')} {verb} forgotten, and {_size(found)} freed."
    data = {"dry_run": dry_run, "before": before, "records": found.records, "bytes": found.bytes}
    shared.show([f"{'Dry run: ' if dry_run else ''}{told}"], data, as_json=as_json)
    return 0


def _confirm(found: Pruned, before: str, *, yes: bool) -> None:
    question = (
        f"Forget how to take back {page.counted(found.records, 'change')} made before"
        f" {moments.shown(before)}? That frees {_size(found)}, and they can never be taken back."
    )
    if not yes and not click.confirm(question, err=True):
        raise Stopped


def _size(found: Pruned) -> str:
    return f"{found.bytes / 1e6:,.1f} MB"
