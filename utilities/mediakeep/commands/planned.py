"""Repair plans: saved by a dry run, possibly edited by the user, and applied later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mediakeep import clock, config, files, kinds
from mediakeep.commands import shared
from mediakeep.errors import NotWritten, Unexpected, Unreadable, UsageFailed
from mediakeep.media import file_errors
from mediakeep.pages import page
from mediakeep.policy import Policy

if TYPE_CHECKING:
    from mediakeep.commands.handwork import Handwork

_DOOR = "process_music_batch.py"


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --plan-out and --apply-plan."""
    for option in (
        click.option(
            "--apply-plan",
            type=shared.Place(),
            metavar="FILE",
            help="Apply a plan; files that changed since are skipped.",
        ),
        click.option(
            "--plan-out",
            type=shared.Place(),
            metavar="FILE",
            help="Dry run that saves the changes to a plan file.",
        ),
    ):
        function = option(function)
    return function


def keep(home: Path, path: Path, due: Sequence[Any]) -> list[str]:
    """Save the changes of a dry run to a plan file; return lines that say so."""
    from mediakeep.music import plans  # here, as --help must be quick

    file_plans = msgspec.convert(due, list[plans.FilePlan])
    plans.write(path, file_plans, clock.text(clock.now()))
    changes = page.counted(sum(len(file_plan.changes) for file_plan in file_plans), "change")
    where = files.escape(path)
    return [
        f"Plan written to {where}: {changes} in {page.counted(len(file_plans), 'file')}.",
        f"Apply it with: {config.spoken(_DOOR, home)} --apply-plan {files.quote_path(path)}",
    ]


class _Applied(msgspec.Struct):
    """The result of applying a plan."""

    home: Path
    session: str = ""
    changed: list[str] = []
    there: int = 0  # files that already have the values
    refused: dict[str, str] = {}
    lines: list[str] = []


def apply(home: Path, path: Path, policy: Policy, options: dict[str, Any]) -> int:
    """Make the changes of a plan file, and return the exit code."""
    from mediakeep.commands import handwork
    from mediakeep.music import plans
    from mediakeep.music.pen import Pen

    if any(options[name] for name in ("plan_out", "everything", "artist", "deep")):
        raise UsageFailed(
            "--apply-plan cannot be combined with options that select items or changes."
        )
    plan, result = plans.read(path), _Applied(home)
    try:
        with handwork.begun(home, kinds.MUSIC, "apply_plan") as checkout:
            if not options["dry_run"]:
                checkout.take(Path(files.unescape(file_plan.path)) for file_plan in plan.files)
            result.session, writer = checkout.session, Pen.of(checkout.store, policy)
            for file_plan in plan.files:
                _apply(checkout, writer, file_plan, result, write=not options["dry_run"])
    finally:  # report the changed files even after an error
        data = {"session": result.session, "changed": result.changed, "refused": result.refused}
        if result.session:
            shared.show(_told(result, dry_run=options["dry_run"]), data, as_json=options["as_json"])
    return 1 if result.refused else 0


def _apply(
    checkout: Handwork, writer: Any, file_plan: Any, result: _Applied, *, write: bool
) -> None:
    from mediakeep.music import plans

    path = Path(files.unescape(file_plan.path))
    try:
        changes = plans.wishes(file_plan)
        with file_errors.as_file_error(path):
            due = writer.due(path, changes)
        if due is None:
            result.there += 1
            return
        if not plans.fits(file_plan, due):
            result.refused[file_plan.path] = (
                "the file changed since the plan was made. Make a new plan."
            )
            return
        if write:
            with file_errors.as_file_error(path), checkout.writing(path) as stamp:
                writer.write(path, changes, stamp)
    except (NotWritten, Unreadable) as error:
        result.refused[file_plan.path] = str(error)
        if isinstance(error, Unexpected):
            checkout.log([error])
    else:
        result.changed.append(file_plan.path)
        result.lines += plans.told(due, file_plan.path)


def _told(result: _Applied, *, dry_run: bool) -> list[str]:
    verb = "would be changed" if dry_run else "changed"
    lines = [*result.lines, f"{page.counted(len(result.changed), 'file')} {verb}."]
    if result.there:
        lines.append(f"{page.counted(result.there, 'file')} already up to date.")
    refused = result.refused.items()
    lines += [f"Not changed: {files.printable(path)}: {why}" for path, why in refused]
    if result.session and result.changed and not dry_run:
        back = f"{config.spoken('undo_changes.py', result.home)} --session {result.session}"
        lines.append(f"Undo with: {back}")
    return lines
