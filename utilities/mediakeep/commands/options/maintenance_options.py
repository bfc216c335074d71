"""The options of maintenance after a batch: logs, backups and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from mediakeep import config
from mediakeep.app.batch.batch_request import MaintenanceOptions
from mediakeep.commands import app
from mediakeep.commands.options.param_types import FormatListParam

_MAINTENANCE_OPTIONS = (
    click.option(
        "--daily-reports",
        is_flag=True,
        envvar=f"{config.ENV_PREFIX}DAILY_REPORTS",
        help="Also write daily reports.",
    ),
    app.setting_option(
        "--report-formats", FormatListParam(), "Formats to write: md, html, json, csv."
    ),
    app.setting_option("--backup-every", app.DurationParam(), "Maximum age of the newest backup."),
    app.setting_option("--backup-to", str, "Folder for automatic backups."),
    app.setting_option(
        "--archive-logs", click.IntRange(0, 36500), "Days after which session logs are compressed."
    ),
)


def with_maintenance_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the maintenance options."""
    for option in _MAINTENANCE_OPTIONS:
        function = option(function)
    return function


def parse_maintenance(values: Mapping[str, Any]) -> MaintenanceOptions:
    """Build the maintenance options from a command's options."""
    return MaintenanceOptions(
        **{name: values[name] for name in MaintenanceOptions.__struct_fields__ if name in values}
    )
