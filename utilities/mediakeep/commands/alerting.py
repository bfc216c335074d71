"""The options and settings of alerts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mediakeep import config
from mediakeep.commands import shared

if TYPE_CHECKING:
    from mediakeep.alerts.targets import Target

_OPTIONS = (
    click.option(
        "--alert-insecure",
        is_flag=True,
        envvar=f"{config.PREFIX}ALERT_INSECURE",
        help="Allow a webhook with plain http on another machine.",
    ),
    shared.setting("--alert-after", click.IntRange(1), "Failures in a row that raise an alert."),
    shared.setting("--alert-command", str, "A command that gets each alert as JSON."),
    shared.setting("--alert-webhook-file", str, "A file outside the home with a webhook's URL."),
)


class Wanted(msgspec.Struct, frozen=True):
    """The targets of alerts, and the number of failures in a row that raises one."""

    targets: tuple[Target, ...] = ()
    after: int = config.Settings().alert_after


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the alert options."""
    for option in _OPTIONS:
        function = option(function)
    return function


def wanted(home: Path, values: dict[str, Any], environ: Mapping[str, str] = os.environ) -> Wanted:
    """Build the alert options from a command's options, which are removed from them.

    Raise UsageError if a webhook or a command is invalid.
    """
    defaults = config.Settings()
    after, insecure, line, place = (
        values.pop(name, getattr(defaults, name))
        for name in ("alert_after", "alert_insecure", "alert_command", "alert_webhook_file")
    )
    address = environ.get(f"{config.PREFIX}ALERT_WEBHOOK", "")
    if not (line or place or address):
        return Wanted()
    from mediakeep.alerts import targets  # here, as --help must be quick

    parsed_targets = []
    if address or place:
        address = address or targets.secret(place, home)
        parsed_targets.append(targets.webhook(address, insecure=insecure))
    if line:
        parsed_targets.append(targets.command(line, home))
    return Wanted(tuple(parsed_targets), after)
