"""What a batch does at its end: archive logs, back up, write reports, check disk space.

None of it fails a batch: errors become warnings.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep import config
from mediakeep.commands import backups
from mediakeep.commands.habits import Habits
from mediakeep.commands.subject import Subject
from mediakeep.errors import MediakeepError, UsageFailed
from mediakeep.queue import checkpoints
from mediakeep.queue.rewrite import Place
from mediakeep.runner import attempt
from mediakeep.views import terminal

_SHARE = 5  # checkpoints may use 1/n of the free space
_FEW = 5  # checkpoints that the suggested command keeps


class Done(msgspec.Struct, frozen=True):
    """Messages for the user."""

    notes: list[str] = []
    warnings: list[str] = []


def report(place: Place, options: Habits) -> list[str]:
    """Write due reports, and return warnings."""
    from mediakeep.commands import briefings

    context = briefings.Desk(place.folder.parent.parent, place.now())
    try:
        return list(
            briefings.write_due(context, options.report_formats, daily=options.daily_reports)
        )
    except (MediakeepError, OSError) as error:
        return [attempt.explain(error)]


def do(place: Place, subject: Subject, options: Habits) -> Done:
    """Do the maintenance that the options ask for."""
    result = Done([], [])
    tasks = ((_archive, result.notes), (_back_up, result.notes), (_crowded, result.warnings))
    for task, messages in tasks:
        try:
            messages.extend(task(place, subject, options))
        except (MediakeepError, OSError) as error:
            result.warnings.append(attempt.explain(error))
    return result


def _archive(place: Place, _: Subject, options: Habits) -> Iterator[str]:
    if not options.archive_logs:
        return
    from mediakeep.queue import logs  # only if needed, as below: a batch must start quickly

    if gone := logs.archive(place, options.archive_logs):
        yield f"{terminal.count(len(gone), 'session log')} archived."


def _back_up(place: Place, subject: Subject, options: Habits) -> Iterator[str]:
    """Make a backup if the newest one is old enough."""
    if not options.backup_to:
        return
    from mediakeep.queue.backups import vault

    try:
        folder = Path(options.backup_to).expanduser()
    except RuntimeError as error:  # a user without a home folder
        raise UsageFailed(f"backup_to, {options.backup_to}: {error}") from error
    before = vault.newest(folder, place, subject.kind) if folder.is_dir() else None
    if before is None or (place.now() - before).total_seconds() >= options.backup_every:
        yield backups.sentence(vault.make(place, subject.kind, subject.outputs, folder))


def _crowded(place: Place, subject: Subject, _: Habits) -> Iterator[str]:
    """Warn if checkpoints use much of the disk, with the command that removes old ones."""
    listed = checkpoints.listing(place.folder)
    free = shutil.disk_usage(place.folder).free
    used = sum(checkpoint.bytes for checkpoint in listed)
    if used * _SHARE > free and checkpoints.surplus(listed, _FEW):
        command = f"{config.spoken(subject.kind.manager, place.folder.parent.parent)}"
        yield (
            f"The checkpoints use {_megabytes(used)}, and {_megabytes(free)} are free."
            f" To remove the old ones: {command} --prune-checkpoints {_FEW}"
        )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
