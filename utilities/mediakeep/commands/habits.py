"""The options of maintenance after a batch: logs, backups and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click
import msgspec

from mediakeep import config
from mediakeep.commands import shared
from mediakeep.commands.formats import Formats

_OPTIONS = (
    click.option(
        "--daily-reports",
        is_flag=True,
        envvar=f"{config.PREFIX}DAILY_REPORTS",
        help="Also write daily reports.",
    ),
    shared.setting("--report-formats", Formats(), "Formats to write: md, html, json, csv."),
    shared.setting("--backup-every", shared.Duration(), "Maximum age of the newest backup."),
    shared.setting("--backup-to", str, "Folder for automatic backups."),
    shared.setting(
        "--archive-logs", click.IntRange(0, 36500), "Days after which session logs are compressed."
    ),
)


class Habits(msgspec.Struct, frozen=True):
    """Days, a folder and seconds, where 0 and "" disable; and the formats of reports."""

    archive_logs: int = 0
    backup_to: str = ""
    backup_every: float = 0.0
    report_formats: tuple[str, ...] = ("md",)
    daily_reports: bool = False


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the maintenance options."""
    for option in _OPTIONS:
        function = option(function)
    return function


def asked(values: Mapping[str, Any]) -> Habits:
    """Build the maintenance options from a command's options."""
    return Habits(**{name: values[name] for name in Habits.__struct_fields__ if name in values})
