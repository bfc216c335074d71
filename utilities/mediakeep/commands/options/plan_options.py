"""The options of repair plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from mediakeep.commands import app
from mediakeep.errors import UsageError

_PLAN_OPTIONS = (
    click.option(
        "--apply-plan",
        type=app.PathParam(),
        metavar="FILE",
        help="Apply a plan; files that changed since are skipped.",
    ),
    click.option(
        "--plan-out",
        type=app.PathParam(),
        metavar="FILE",
        help="Dry run that saves the changes to a plan file.",
    ),
)


def with_plan_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --plan-out and --apply-plan."""
    return app.add_options(function, _PLAN_OPTIONS)


def reject_selections(options: Mapping[str, Any]) -> None:
    """Raise UsageError if --apply-plan is combined with options that select items or changes."""
    if any(options[name] for name in ("plan_out", "everything", "artist", "deep")):
        raise UsageError(
            "--apply-plan cannot be combined with options that select items or changes."
        )
