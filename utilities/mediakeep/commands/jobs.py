"""List, show, cancel and clear the jobs of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import app, complete_names
from mediakeep.commands.console import ClickConsole

if TYPE_CHECKING:  # imported where it is needed, as --help must be quick
    from mediakeep.app.console import CommandResult
    from mediakeep.app.queue_admin.context import ManagerContext

_STATES = ("queued", "processing", "waiting", "completed", "failed", "cancelled", "skipped")


@app.create_group()
def main() -> None:
    """List, show, cancel and clear the jobs of all kinds, such as albums."""


def _with_kind_option(function: Callable[..., Any]) -> Callable[..., Any]:
    text = "Only jobs of this kind, such as albums; can be repeated."
    complete = complete_names.complete_queues
    return click.option(
        "--kind", "kinds", metavar="KIND", multiple=True, shell_complete=complete, help=text
    )(function)


_with_dry_run_option = app.with_dry_run_option("Say what would be changed; change nothing.")


def _open(home: Path, kinds: tuple[str, ...], **flags: bool) -> list[ManagerContext]:
    from mediakeep.app.jobs import job_list

    return job_list.open_contexts(home, ClickConsole(), app.damaged_queues(), kinds, **flags)


@app.create_command()
@click.option(
    "--state",
    "states",
    metavar="STATE",
    type=app.SuggestingChoice(_STATES),
    multiple=True,
    help="Only jobs in this state, such as failed; can be repeated.",
)
@_with_kind_option
@app.with_json_option
def list_jobs(home: Path, states: tuple[str, ...], kinds: tuple[str, ...]) -> CommandResult:
    """List the jobs."""
    from mediakeep.app.jobs import manage_jobs

    return manage_jobs.list_jobs(_open(home, kinds), states)


@app.create_command()
@click.argument("name", metavar="JOB")
@_with_kind_option
@app.with_json_option
def show_job(home: Path, name: str, kinds: tuple[str, ...]) -> CommandResult:
    """Show a job and the runs of its stages."""
    from mediakeep.app.jobs import manage_jobs

    return manage_jobs.show_job(_open(home, kinds), name)


@app.create_command()
@click.argument("names", metavar="JOB...", nargs=-1, required=True)
@_with_kind_option
@_with_dry_run_option
@app.with_json_option
def cancel_jobs(
    home: Path, names: tuple[str, ...], kinds: tuple[str, ...], *, dry_run: bool
) -> CommandResult:
    """Cancel jobs, also those that a batch works on."""
    from mediakeep.app.jobs import manage_jobs

    result = manage_jobs.cancel_jobs(_open(home, kinds, dry_run=dry_run), names)
    return app.mark_dry_run(result, dry_run=dry_run)


@app.create_command()
@click.option(
    "--older-than",
    type=app.DurationParam(),
    default="30d",
    show_default=True,
    help="Only jobs that ended at least this time ago.",
)
@_with_kind_option
@_with_dry_run_option
@app.with_yes_option("Do not ask for confirmation.")
@app.with_json_option
def clear_jobs(
    home: Path, older_than: float, kinds: tuple[str, ...], *, yes: bool, dry_run: bool
) -> CommandResult:
    """Remove ended jobs from their queues; the history keeps them."""
    from mediakeep.app.jobs import manage_jobs

    result = manage_jobs.clear_jobs(_open(home, kinds, yes=yes, dry_run=dry_run), older_than)
    return app.mark_dry_run(result, dry_run=dry_run)


main.add_command(list_jobs, "list")
main.add_command(show_job, "show")
main.add_command(cancel_jobs, "cancel")
main.add_command(clear_jobs, "clear")
