"""Embed front covers into albums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep import sample_library
from mediakeep.commands import app
from mediakeep.commands.options import edit_options, lookup_options

_SCRIPT_NAME = "embed_cover"


@app.create_command()
@click.argument("album", required=False)
@click.argument("image", required=False)
@click.option(
    "--size",
    type=app.SuggestingChoice(["500", "1200", "full"]),
    metavar="WORD",
    help="Without IMAGE: pixels of the downloaded cover, or full.  [default: 1200]",
)
@click.option("--skip-existing", is_flag=True, help="Skip tracks that already have a front cover.")
@click.option(
    "--from-json",
    type=app.PathParam(),
    metavar="FILE",
    help="Embed the covers of a JSON list: see the docs.",
)
@lookup_options.with_lookup_options
@edit_options.with_edit_options
def main(home: Path, **options: Any) -> int:
    """Embed IMAGE, a JPEG or PNG, as the front cover of all tracks of ALBUM, a folder.

    It replaces the existing front cover; other images stay. Without IMAGE, the front cover is
    downloaded from the Cover Art Archive.
    """
    from mediakeep.app.edit import audio_targets
    from mediakeep.app.edit.cover_edits import CoverEdits
    from mediakeep.app.edit.edit_result import EditResult

    command = edit_options.parse_edit_command(home, _SCRIPT_NAME, options)
    album, image, file = options["album"], options["image"], options["from_json"]
    if bool(album) == bool(file) or (image and not album) or "" in (album, image):
        raise click.UsageError("Give ALBUM, and IMAGE if you have one, or --from-json FILE.")
    if options["size"] and (image or file):
        raise click.UsageError("--size is for downloaded covers: give ALBUM only.")
    access = lookup_options.parse_access(options)
    finder = audio_targets.AudioFileFinder(home, Path(), command.policy.links)
    covers = CoverEdits(EditResult(), options["skip_existing"], finder.ignored)
    if file:
        folder = file.expanduser().parent
        covers.add_from_list(
            file, audio_targets.AudioFileFinder(home, folder, command.policy.links)
        )
    elif image:
        covers.add_cover(finder.find_path(album), finder.find_path(image))
    else:
        if not command.dry_run:
            sample_library.refuse_real_library(finder.find_path(album))
        covers.look_up_and_add(
            home, finder.find_path(album), options["size"] or "1200", access, command.console
        )
    return command.run(covers.edits.all, covers.result, covers.warnings)
