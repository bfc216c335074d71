"""The main job for music: read, diagnose and repair artists of the queue, and report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from mediakeep.app.batch.batch_request import BatchRequest
from mediakeep.app.console import CommandResult
from mediakeep.app.edit import plan_file
from mediakeep.commands import app, batch_start, complete_names
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import batch_options, lookup_options, write_options
from mediakeep.errors import UsageError
from mediakeep.media import ignore_rules
from mediakeep.music.item import MUSIC

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


@app.create_command()
@lookup_options.with_lookup_options
@batch_options.with_batch_options()
@write_options.with_fix_options
@with_plan_options
@batch_options.with_deep_option
@lookup_options.refresh_option
@lookup_options.estimate_option
@click.option(
    "--artist",
    metavar="NAME",
    shell_complete=complete_names.complete_items("music"),
    help="Only this artist, regardless of its status.",
)
def main(
    home: Path, artist: str | None, apply_plan: Path | None, **options: Any
) -> int | CommandResult:
    """Process the next artists of the music queue: read, diagnose, repair, report.

    Can be stopped (Ctrl-C) or killed at any time; run it again to continue.
    """
    policy = write_options.parse_policy(options)
    if apply_plan:
        reject_selections({**options, "artist": artist})
        return plan_file.apply_plan(
            home,
            apply_plan,
            policy,
            ClickConsole(),
            dry_run=options["dry_run"],
            as_json=app.is_json(),
        )
    access = lookup_options.parse_access(
        options, fresh=batch_options.check_refresh(MUSIC, artist, options)
    )
    ignored = ignore_rules.parse_settings(options["ignore"], policy.links)
    request = BatchRequest(MUSIC, artist, access, policy, native=options["deep"], ignored=ignored)
    batch = batch_options.parse_options(home, request, options)
    batch_options.require_decoders(batch.deep)
    return batch_start.run_batch(batch, estimate=options["estimate"])
