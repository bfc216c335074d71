"""Changes of files listed, taken back, or forgotten."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import moments, policies, shared
from mediakeep.errors import UndoLogDamaged, UsageFailed

if TYPE_CHECKING:  # loading it takes its time, and --help is to be quick
    from mediakeep.media.undoing.store import Store

_WORDS = {  # those that mean something for each thing to do
    "--list": set[str](),
    "--forget-before": {"--dry-run", "--yes"},
    "": {"--dry-run", "--force"},
}
_NAMED = 3  # damaged lines that are named
_SELECTORS = ("session", "artist", "movie", "file", "since")


@shared.command()
@shared.as_json
@policies.replacing
@click.option("--yes", is_flag=True, help="With --forget-before: do it without asking.")
@click.option(
    "--forget-before",
    type=moments.Moment(),
    metavar="TIME",
    help="Forget how to take back what was changed before this time, to free space; asks.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Restore also what was changed since; that version is kept aside.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@click.option(
    "--list", "listed", is_flag=True, help="List the sessions that changed files, or the changes."
)
@click.option(
    "--since",
    type=moments.Moment(),
    metavar="TIME",
    help='What was changed since 2026-11-20, "2026-11-20 14:30", yesterday, or in the last 2h.',
)
@click.option(
    "--file",
    type=shared.Place(),
    metavar="PATH",
    help="What was changed in this file, or in this folder and all below.",
)
@click.option("--movie", metavar="NAME", help="What was changed beside this movie.")
@click.option("--artist", metavar="NAME", help="What was changed of this artist.")
@click.option("--session", metavar="ID", help='What this session changed; "last" is the last one.')
def main(home: Path, **given: Any) -> int:
    """Take back changes of files, byte for byte: those that fit all of the selectors.

    Can be stopped (Ctrl-C) or killed at any moment; run it again and it goes on.
    """
    from mediakeep.commands import changes, forgetting, selection, tallies
    from mediakeep.commands.takeback import Manner, TakeBack
    from mediakeep.media import temp_copies
    from mediakeep.media.swap import Rules
    from mediakeep.media.undoing.store import Store

    chosen = [name for name in _SELECTORS if given[name] is not None]
    _refuse(given, chosen)
    dry_run, force, as_json = given["dry_run"], given["force"], given["as_json"]
    with contextlib.closing(Store(home / "status" / "undo")) as store:
        if before := given["forget_before"]:
            return forgetting.run(store, before, yes=given["yes"], dry_run=dry_run, as_json=as_json)
        if given["listed"]:
            meant = selection.of(home, store, given)
            if chosen:
                changes.show(store, meant, as_json=as_json)
            else:
                tallies.show(home, store, as_json=as_json)
            return 0
        rules = Rules(given["hardlinks"], given["keep_mtime"])
        manner = Manner(home, rules, dry_run, force, as_json)
        if not dry_run:
            temp_copies.remove_abandoned(store.folder)
        with _whole(store):
            steps = selection.of(home, store, given).steps(store)
            code = TakeBack(manner).run(steps, store)
    return code


@contextlib.contextmanager
def _whole(store: Store) -> Iterator[None]:
    """Raise UndoLogDamaged after a `with` block if lines of the log cannot be read.

    Where the block finds nothing to undo, a damaged line may be the reason.
    """
    damaged = store.verify()
    try:
        yield
    except UsageFailed as error:
        if not damaged:
            raise
        click.echo(f"Error: {shared.plain(str(error))}", err=True)
    if damaged:
        more = f" and {len(damaged) - _NAMED:,} more" if len(damaged) > _NAMED else ""
        raise UndoLogDamaged(store.folder, "; ".join(damaged[:_NAMED]) + more)


def _refuse(given: dict[str, Any], chosen: list[str]) -> None:
    """Refuse what contradicts itself, and words that would do nothing."""
    for name in chosen:
        if given[name] == "":
            raise UsageFailed(f"--{name} is empty.")
    what = [
        flag
        for flag, name in (("--list", "listed"), ("--forget-before", "forget_before"))
        if given[name]
    ]
    if len(what) > 1 or (chosen and "--forget-before" in what):
        raise UsageFailed("--forget-before goes without selectors and without --list.")
    if not what and not chosen:
        raise UsageFailed(
            "Say which changes: --session, --artist, --movie, --file or --since."
            " --list shows what there is."
        )
    if {"artist", "movie"} <= set(chosen):
        raise UsageFailed("--artist and --movie do not go together: no change is of both.")
    action = what[0] if what else ""
    for word in ("--dry-run", "--force", "--yes"):
        if given[word.strip("-").replace("-", "_")] and word not in _WORDS[action]:
            raise UsageFailed(f"{word} does nothing {f'with {action}' if action else 'here'}.")
