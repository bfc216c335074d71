"""What a batch does at its end: archive logs, back up, write reports, check disk space.

None of it fails a batch: errors become warnings.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep import command_text, path_text, size_text
from mediakeep.app.batch.batch_request import MaintenanceOptions
from mediakeep.app.queue_admin import backup
from mediakeep.app.subjects.interface import Subject
from mediakeep.errors import MediakeepError, UsageError
from mediakeep.queue import checkpoints
from mediakeep.queue.compaction import QueueLocation
from mediakeep.runner import tasks as runner_tasks
from mediakeep.size_text import format_count

_FREE_SPACE_DIVISOR = 5  # checkpoints may use 1/n of the free space
_CHECKPOINTS_TO_KEEP = 5  # checkpoints that the suggested command keeps


class MaintenanceResult(msgspec.Struct, frozen=True):
    """Messages for the user."""

    notes: list[str] = []
    warnings: list[str] = []


def write_due_reports(location: QueueLocation, options: MaintenanceOptions) -> list[str]:
    """Write due reports, and return warnings."""
    from mediakeep.app.reports import period_report

    context = period_report.ReportContext(location.home, location.now())
    try:
        return list(
            period_report.write_due_reports(
                context, options.report_formats, daily=options.daily_reports
            )
        )
    except (MediakeepError, OSError) as error:
        return [runner_tasks.format_error(error)]


def run_maintenance(
    location: QueueLocation, subject: Subject, options: MaintenanceOptions
) -> MaintenanceResult:
    """Do the maintenance that the options ask for."""
    result = MaintenanceResult([], [])
    tasks = (
        (_archive_logs, result.notes),
        (_make_due_backup, result.notes),
        (_warn_low_space, result.warnings),
        (_warn_writable_home, result.warnings),
    )
    for task, messages in tasks:
        try:
            messages.extend(task(location, subject, options))
        except (MediakeepError, OSError) as error:
            result.warnings.append(runner_tasks.format_error(error))
    return result


def _archive_logs(
    location: QueueLocation, _: Subject, options: MaintenanceOptions
) -> Iterator[str]:
    if not options.archive_logs:
        return
    from mediakeep.queue import (
        session_log_archive,  # only if needed, as below: a batch must start quickly
    )

    if gone := session_log_archive.archive_logs(location, options.archive_logs):
        yield f"{format_count(len(gone), 'session log')} archived."


def _make_due_backup(
    location: QueueLocation, subject: Subject, options: MaintenanceOptions
) -> Iterator[str]:
    """Make a backup if the newest one is old enough."""
    if not options.backup_to:
        return
    from mediakeep.queue.backups import backup_folder

    try:
        folder = Path(options.backup_to).expanduser()
    except RuntimeError as error:  # a user without a home folder
        raise UsageError(f"backup_to, {options.backup_to}: {error}") from error
    before = (
        backup_folder.find_newest_time(folder, location, subject.kind) if folder.is_dir() else None
    )
    if before is None or (location.now() - before).total_seconds() >= options.backup_every:
        yield backup.format_backup(
            backup_folder.create_backup(location, subject.kind, subject.list_outputs, folder)
        )


def _warn_low_space(
    location: QueueLocation, subject: Subject, _: MaintenanceOptions
) -> Iterator[str]:
    """Warn if checkpoints use much of the disk, with the command that removes old ones."""
    listed = checkpoints.list_checkpoints(location.folder)
    free = shutil.disk_usage(location.folder).free
    used = sum(checkpoint.bytes for checkpoint in listed)
    if used * _FREE_SPACE_DIVISOR > free and checkpoints.select_prunable_checkpoints(
        listed, _CHECKPOINTS_TO_KEEP
    ):
        words = f"--prune-checkpoints {_CHECKPOINTS_TO_KEEP}"
        command = command_text.format_command(subject.kind.manager_script, location.home, words)
        yield (
            f"The checkpoints use {size_text.format_size(used)}, and"
            f" {size_text.format_size(free)} are free. To remove the old ones:"
            f" {command}"
        )


def _warn_writable_home(
    location: QueueLocation, _: Subject, __: MaintenanceOptions
) -> Iterator[str]:
    """Warn if other users may replace the files of the home, such as its settings."""
    home = location.home
    mode = home.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        place = path_text.quote_path(home)
        yield (
            f"All users of this machine may replace files in {place} (mode {mode & 0o777:o})."
            f" To change that: chmod o-w {place}"
        )
