"""Accept proposals of the review list: those that `fix_metadata.py --from-review` accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep.commands import app, complete_names, fix_metadata
from mediakeep.commands.options import edit_options
from mediakeep.music.reports import fix_commands


@app.create_command()
@click.argument(
    "ids", nargs=-1, metavar="[ID]...", shell_complete=complete_names.complete_proposals
)
@click.option(
    "--kind",
    metavar="KIND",
    shell_complete=complete_names.complete_issue_kinds,
    help="All proposals for issues of this kind.",
)
@click.option(
    "--artist",
    metavar="NAME",
    shell_complete=complete_names.complete_items("music"),
    help="With --kind: of this artist only.",
)
@click.option("--mbid", metavar="MBID", help="With the ID of an album: the release to use.")
@click.option(
    "--from-review", type=app.PathParam(), metavar="FILE", help="Another list of manual reviews."
)
@edit_options.with_edit_options
def main(home: Path, ids: tuple[str, ...], kind: str | None, **options: Any) -> int:
    """Accept the proposals for issues, by the IDs in a report, or all of a KIND.

    Of an ID, the digits after its colon are enough if no other has them.
    """
    command = edit_options.parse_edit_command(home, "fix_metadata", options)
    options["from_review"] = options["from_review"] or home / fix_commands.REVIEW_FILE
    chosen = {"words": (), "accept": ids, "accept_kind": kind}
    if bool(ids) == bool(kind) or (ids and options["artist"]):
        raise click.UsageError("Give the ID of each proposal, or --kind and optionally --artist.")
    return fix_metadata.accept_proposals(command, {**options, **chosen})
