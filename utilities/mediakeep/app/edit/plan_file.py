"""Repair plans: saved by a dry run, possibly edited by the user, and applied later."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mediakeep import clock, command_text, path_text
from mediakeep.errors import NotWritten, UnexpectedError, Unreadable
from mediakeep.media import file_errors
from mediakeep.music.item import MUSIC
from mediakeep.policy import WritePolicy
from mediakeep.size_text import format_count

if TYPE_CHECKING:  # importing these is slow, and --help must be quick
    from mediakeep.app.console import Console
    from mediakeep.app.edit.item_checkout import ItemCheckout
    from mediakeep.music.repairs.plans import FilePlan
    from mediakeep.music.repairs.tag_writer import TagWriter

_SCRIPT_NAME = "process_music_batch.py"


def save(home: Path, path: Path, due: Sequence[Any]) -> list[str]:
    """Save the changes of a dry run to a plan file; return lines that say so."""
    from mediakeep.music.repairs import plans  # here, as --help must be quick

    file_plans = msgspec.convert(due, list[plans.FilePlan])
    plans.write_plan(path, file_plans, clock.format_iso(clock.now()))
    changes = format_count(sum(len(file_plan.changes) for file_plan in file_plans), "change")
    where = path_text.escape_path(path)
    words = f"--apply-plan {path_text.quote_path(path)}"
    return [
        f"Plan written to {where}: {changes} in {format_count(len(file_plans), 'file')}.",
        f"Apply it with: {command_text.format_command(_SCRIPT_NAME, home, words)}",
    ]


class _PlanResult(msgspec.Struct):
    """The result of applying a plan."""

    home: Path
    session: str = ""
    session_label: str = ""  # its name in commands
    changed: list[str] = []
    unchanged: int = 0  # files that already have the values
    refused: dict[str, str] = {}
    lines: list[str] = []


def apply_plan(
    home: Path, path: Path, policy: WritePolicy, console: Console, *, dry_run: bool, as_json: bool
) -> int:
    """Make the changes of a plan file, and return the exit code."""
    from mediakeep.app.edit import item_checkout
    from mediakeep.music.repairs import plans
    from mediakeep.music.repairs.tag_writer import TagWriter

    plan, result = plans.read_plan(path), _PlanResult(home)
    try:
        with item_checkout.open_checkout(home, MUSIC, "apply_plan", console) as checkout:
            if not dry_run:
                checkout.claim(
                    Path(path_text.unescape_path(file_plan.path)) for file_plan in plan.files
                )
            result.session = checkout.session_id
            result.session_label = checkout.session_label
            writer = TagWriter.from_policy(checkout.store, policy)
            for file_plan in plan.files:
                _apply_to_file(checkout, writer, file_plan, result, write=not dry_run)
    finally:  # report the changed files even after an error
        data = {"session": result.session, "changed": result.changed, "refused": result.refused}
        if result.session:
            console.print_result(_format_result(result, dry_run=dry_run), data, as_json=as_json)
    return 1 if result.refused else 0


def _apply_to_file(
    checkout: ItemCheckout,
    writer: TagWriter,
    file_plan: FilePlan,
    result: _PlanResult,
    *,
    write: bool,
) -> None:
    from mediakeep.music.repairs import plans

    path = Path(path_text.unescape_path(file_plan.path))
    try:
        changes = plans.requested_changes(file_plan)
        with file_errors.wrap_file_errors(path):
            real_path = path.resolve()
            due = writer.plan_changes(path, changes)
        if due is None:
            result.unchanged += 1
            return
        if not plans.is_still_valid(file_plan, due):
            result.refused[file_plan.path] = (
                "the file changed since the plan was made. Make a new plan."
            )
            return
        if write:
            with file_errors.wrap_file_errors(path), checkout.stamp_for_write(path) as stamp:
                writer.write(path, changes, stamp, real_path)
    except (NotWritten, Unreadable) as error:
        result.refused[file_plan.path] = str(error)
        if isinstance(error, UnexpectedError):
            checkout.log_errors([error])
    else:
        result.changed.append(file_plan.path)
        result.lines += plans.format_plan(due, file_plan.path)


def _format_result(result: _PlanResult, *, dry_run: bool) -> list[str]:
    verb = "would be changed" if dry_run else "changed"
    lines = [*result.lines, f"{format_count(len(result.changed), 'file')} {verb}."]
    if result.unchanged:
        lines.append(f"{format_count(result.unchanged, 'file')} already up to date.")
    refused = result.refused.items()
    lines += [f"Not changed: {path_text.to_printable(path)}: {why}" for path, why in refused]
    if result.session and result.changed and not dry_run:
        words = f"--session {result.session_label}"
        back = command_text.format_command("undo_changes.py", result.home, words)
        lines.append(f"Undo with: {back}")
    return lines
