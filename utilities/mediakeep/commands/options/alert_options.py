"""The options and settings of alerts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from mediakeep import config
from mediakeep.app.batch.batch_request import AlertOptions
from mediakeep.commands import app

_ALERT_OPTIONS = (
    click.option(
        "--alert-insecure",
        is_flag=True,
        envvar=f"{config.ENV_PREFIX}ALERT_INSECURE",
        help="Allow a webhook with plain http on another machine.",
    ),
    app.setting_option(
        "--alert-after", click.IntRange(1), "Failures in a row that raise an alert."
    ),
    app.setting_option("--alert-command", str, "A command that gets each alert as JSON."),
    app.setting_option(
        "--alert-webhook-file", str, "A file outside the home with a webhook's URL."
    ),
)


def with_alert_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the alert options."""
    for option in _ALERT_OPTIONS:
        function = option(function)
    return function


def parse_alerts(
    home: Path, values: dict[str, Any], environ: Mapping[str, str] = os.environ
) -> AlertOptions:
    """Build the alert options from a command's options, which are removed from them.

    Raise UsageError if a webhook or a command is invalid.
    """
    defaults = config.Settings()
    after, insecure, line, place = (
        values.pop(name, getattr(defaults, name))
        for name in ("alert_after", "alert_insecure", "alert_command", "alert_webhook_file")
    )
    address = environ.get(f"{config.ENV_PREFIX}ALERT_WEBHOOK", "")
    if not (line or place or address):
        return AlertOptions()
    from mediakeep.alerts import targets  # here, as --help must be quick

    parsed_targets = []
    if address or place:
        address = address or targets.read_webhook_file(place, home)
        parsed_targets.append(targets.parse_webhook(address, insecure=insecure))
    if line:
        parsed_targets.append(targets.parse_command(line, home))
    return AlertOptions(tuple(parsed_targets), after)
