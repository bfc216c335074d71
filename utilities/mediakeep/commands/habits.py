"""What a batch is to do at its end by itself: the settings of upkeep and reports."""

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
        help="Write reports on days, too.",
    ),
    shared.setting("--report-formats", Formats(), "Of md, html, json and csv, what is written."),
    shared.setting("--backup-every", shared.Duration(), "How old the newest backup may become."),
    shared.setting("--backup-to", str, "Folder for backups, which are then made by themselves."),
    shared.setting(
        "--archive-logs", click.IntRange(0, 36500), "Days after which session logs are compressed."
    ),
)


class Habits(msgspec.Struct, frozen=True):
    """Days, a folder and seconds, where 0 days or no folder is never; and how reports are made."""

    archive_logs: int = 0
    backup_to: str = ""
    backup_every: float = 0.0
    report_formats: tuple[str, ...] = ("md",)
    daily_reports: bool = False


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a batch's upkeep."""
    for option in _OPTIONS:
        function = option(function)
    return function


def asked(given: Mapping[str, Any]) -> Habits:
    """Take the habits out of a batch's options."""
    return Habits(**{name: given[name] for name in Habits.__struct_fields__ if name in given})
