"""Process one artist, whether it is in the queue or not: read, diagnose, repair, report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep import path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.subjects.interface import ReviewOptions
from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import batch_options, lookup_options, write_options
from mediakeep.errors import UsageError
from mediakeep.media import ignore_rules


@app.create_command()
@click.argument("path", type=app.PathParam())
@app.with_dry_run_option("Print the result; write nothing.")
@click.option(
    "--accept-sound",
    is_flag=True,
    help="With --deep: accept audio that differs from the essence database as correct.",
)
@batch_options.with_deep_option
@lookup_options.refresh_option
@lookup_options.with_lookup_options
@write_options.with_fix_options
@app.with_ignore_option
@app.with_json_option
def main(home: Path, path: Path, **options: Any) -> CommandResult:
    """Read the artist folder PATH, find its issues, repair what is safe, and write its report.

    If the artist is in the queue, its item is updated.
    """
    from mediakeep.app.music import process_artist  # here, as --help must be quick

    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise UsageError(f"{path_text.display_path(path)} is not a folder.")
    policy = write_options.parse_policy(options)
    access = lookup_options.parse_access(options, fresh=options["refresh"])
    batch_options.require_decoders(options["deep"])
    review = ReviewOptions(options["deep"], options["accept_sound"], policy, access=access)
    ignored = ignore_rules.parse_settings(options["ignore"], policy.links)
    return process_artist.process_folder(
        home, folder, review, ignored, ClickConsole(), write=not options["dry_run"]
    )
