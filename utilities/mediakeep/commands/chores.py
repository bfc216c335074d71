"""What a batch does at its end by itself: old logs, a backup, reports, a word on checkpoints.

None of it ever fails a batch: what cannot be done is a warning.
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

_SHARE = 5  # checkpoints may take the n-th part of what is free
_FEW = 5  # checkpoints that the advice keeps


class Done(msgspec.Struct, frozen=True):
    """What a person should know of it."""

    notes: list[str] = []
    warnings: list[str] = []


def report(place: Place, habits: Habits) -> list[str]:
    """Write the reports that are due, and return what a person should be warned of."""
    from mediakeep.commands import briefings

    desk = briefings.Desk(place.folder.parent.parent, place.now())
    try:
        return list(briefings.write_due(desk, habits.report_formats, daily=habits.daily_reports))
    except (MediakeepError, OSError) as error:
        return [attempt.explain(error)]


def do(place: Place, subject: Subject, habits: Habits) -> Done:
    """Keep the record in good order, as the habits say."""
    done = Done([], [])
    chores = ((_archive, done.notes), (_back_up, done.notes), (_crowded, done.warnings))
    for chore, told in chores:
        try:
            told.extend(chore(place, subject, habits))
        except (MediakeepError, OSError) as error:
            done.warnings.append(attempt.explain(error))
    return done


def _archive(place: Place, _: Subject, habits: Habits) -> Iterator[str]:
    if not habits.archive_logs:
        return
    from mediakeep.queue import logs  # only where asked for, as below: a batch starts quickly

    if gone := logs.archive(place, habits.archive_logs):
        yield f"{terminal.count(len(gone), 'session log')} archived."


def _back_up(place: Place, subject: Subject, habits: Habits) -> Iterator[str]:
    """Make a backup, where the newest is old enough."""
    if not habits.backup_to:
        return
    from mediakeep.queue.backups import vault

    try:
        folder = Path(habits.backup_to).expanduser()
    except RuntimeError as error:  # a user of whom the system knows no home
        raise UsageFailed(f"backup_to, {habits.backup_to}: {error}") from error
    before = vault.newest(folder, place, subject.kind) if folder.is_dir() else None
    if before is None or (place.now() - before).total_seconds() >= habits.backup_every:
        yield backups.sentence(vault.make(place, subject.kind, subject.outputs, folder))


def _crowded(place: Place, subject: Subject, _: Habits) -> Iterator[str]:
    """Warn where checkpoints take much of the disk, and name the command that removes the old."""
    found = checkpoints.listing(place.folder)
    free = shutil.disk_usage(place.folder).free
    taken = sum(one.bytes for one in found)
    if taken * _SHARE > free and checkpoints.surplus(found, _FEW):
        line = f"{config.spoken(subject.kind.manager, place.folder.parent.parent)}"
        yield (
            f"The checkpoints take {_megabytes(taken)}, and {_megabytes(free)} are free."
            f" To remove the old ones: {line} --prune-checkpoints {_FEW}"
        )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
