"""Plans of repairs: kept by a dry run, read and perhaps edited by a person, applied later."""

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
            help="Make the changes of a plan; files that changed since are left alone.",
        ),
        click.option(
            "--plan-out",
            type=shared.Place(),
            metavar="FILE",
            help="Dry run that keeps what it would change in a file.",
        ),
    ):
        function = option(function)
    return function


def keep(home: Path, path: Path, due: Sequence[Any]) -> list[str]:
    """Write what a dry run would change to a plan file, and say so."""
    from mediakeep.music import plans  # only now, so that --help stays quick

    found = msgspec.convert(due, list[plans.FilePlan])
    plans.write(path, found, clock.text(clock.now()))
    changes = page.counted(sum(len(one.changes) for one in found), "change")
    where = files.escape(path)
    return [
        f"The plan is in {where}: {changes} in {page.counted(len(found), 'file')}.",
        f"Apply it with: {config.spoken(_DOOR, home)} --apply-plan {files.quote_path(path)}",
    ]


class _Applied(msgspec.Struct):
    """What applying a plan came to."""

    home: Path
    session: str = ""
    changed: list[str] = []
    there: int = 0  # files that were so already
    refused: dict[str, str] = {}
    lines: list[str] = []


def apply(home: Path, path: Path, policy: Policy, given: dict[str, Any]) -> int:
    """Make the changes of a plan file, and return the exit code."""
    from mediakeep.commands import handwork
    from mediakeep.music import plans
    from mediakeep.music.pen import Pen

    if any(given[one] for one in ("plan_out", "everything", "artist", "deep")):
        raise UsageFailed("--apply-plan does what the plan says; it takes no other choice.")
    plan, done = plans.read(path), _Applied(home)
    try:
        with handwork.begun(home, kinds.MUSIC, "apply_plan") as hand:
            if not given["dry_run"]:
                hand.take(Path(files.unescape(one.path)) for one in plan.files)
            done.session, pen = hand.session, Pen.of(hand.store, policy)
            for one in plan.files:
                _apply(hand, pen, one, done, write=not given["dry_run"])
    finally:  # whatever ended it, what was changed is told
        data = {"session": done.session, "changed": done.changed, "refused": done.refused}
        if done.session:
            shared.show(_told(done, dry_run=given["dry_run"]), data, as_json=given["as_json"])
    return 1 if done.refused else 0


def _apply(hand: Handwork, pen: Any, one: Any, done: _Applied, *, write: bool) -> None:
    from mediakeep.music import plans

    path = Path(files.unescape(one.path))
    try:
        wishes = plans.wishes(one)
        with file_errors.as_file_error(path):
            due = pen.due(path, wishes)
        if due is None:
            done.there += 1
            return
        if not plans.fits(one, due):
            done.refused[one.path] = "it changed since the plan was made. Make a new plan of it."
            return
        if write:
            with file_errors.as_file_error(path), hand.writing(path) as stamp:
                pen.write(path, wishes, stamp)
    except (NotWritten, Unreadable) as error:
        done.refused[one.path] = str(error)
        if isinstance(error, Unexpected):
            hand.log([error])
    else:
        done.changed.append(one.path)
        done.lines += plans.told(due, one.path)


def _told(done: _Applied, *, dry_run: bool) -> list[str]:
    verb = "would be changed" if dry_run else "changed"
    lines = [*done.lines, f"{page.counted(len(done.changed), 'file')} {verb}."]
    if done.there:
        lines.append(f"{page.counted(done.there, 'file')} held all of it already.")
    refused = done.refused.items()
    lines += [f"Left alone: {files.printable(path)}: {why}" for path, why in refused]
    if done.session and done.changed and not dry_run:
        back = f"{config.spoken('undo_changes.py', done.home)} --session {done.session}"
        lines.append(f"Take it back with: {back}")
    return lines
