"""The options about alerts, and the settings that they make: whom to tell, and when."""

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
        help="Let the webhook be plain http on another machine.",
    ),
    shared.setting("--alert-after", click.IntRange(1), "Failures in a row that raise an alert."),
    shared.setting("--alert-command", str, "A command that gets each alert as JSON."),
    shared.setting(
        "--alert-webhook-file", str, "A file, outside the home, that holds a webhook's address."
    ),
)


class Wanted(msgspec.Struct, frozen=True):
    """Whom to tell, and after how many failures in a row."""

    targets: tuple[Target, ...] = ()
    after: int = config.Settings().alert_after


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options about alerts."""
    for option in _OPTIONS:
        function = option(function)
    return function


def wanted(home: Path, given: dict[str, Any], environ: Mapping[str, str] = os.environ) -> Wanted:
    """Take what is wanted out of a command's options, which are removed from them.

    UsageFailed where a webhook or a command does not go.
    """
    plain = config.Settings()
    after, insecure, line, place = (
        given.pop(name, getattr(plain, name))
        for name in ("alert_after", "alert_insecure", "alert_command", "alert_webhook_file")
    )
    address = environ.get(f"{config.PREFIX}ALERT_WEBHOOK", "")
    if not (line or place or address):
        return Wanted()
    from mediakeep.alerts import targets  # only now, so that --help stays quick

    found = []
    if address or place:
        address = address or targets.secret(place, home)
        found.append(targets.webhook(address, insecure=insecure))
    if line:
        found.append(targets.command(line, home))
    return Wanted(tuple(found), after)
