"""Embed front covers into albums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep import sample_library
from mediakeep.commands import errands, services, shared
from mediakeep.commands.errands import Errand

_DOOR = "embed_cover"


@shared.command()
@click.argument("album", required=False)
@click.argument("image", required=False)
@click.option(
    "--size",
    type=shared.Choice(["500", "1200", "full"]),
    metavar="WORD",
    help="Without IMAGE: pixels of the downloaded cover, or full.  [default: 1200]",
)
@click.option("--skip-existing", is_flag=True, help="Skip tracks that already have a front cover.")
@click.option(
    "--from-json",
    type=shared.Place(),
    metavar="FILE",
    help="Embed the covers of a JSON list: see the docs.",
)
@services.options
@errands.options
def main(home: Path, **options: Any) -> int:
    """Embed IMAGE, a JPEG or PNG, as the front cover of all tracks of ALBUM, a folder.

    It replaces the existing front cover; other images stay. Without IMAGE, the front cover is
    downloaded from the Cover Art Archive.
    """
    from mediakeep.commands import targets
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.covers import Covers

    command = Errand.taken(home, _DOOR, options)
    album, image, file = options["album"], options["image"], options["from_json"]
    if bool(album) == bool(file) or (image and not album) or "" in (album, image):
        raise click.UsageError("Give ALBUM, and IMAGE if you have one, or --from-json FILE.")
    if options["size"] and (image or file):
        raise click.UsageError("--size is for downloaded covers: give ALBUM only.")
    access = services.access(options)
    finder = targets.Finder(home, Path())
    covers = Covers(Account(), options["skip_existing"], finder.ignored)
    if file:
        covers.add_list(file, targets.Finder(home, file.expanduser().parent))
    elif image:
        covers.add(finder.find(album), finder.find(image))
    else:
        if not command.dry_run:
            sample_library.refuse_real_library(finder.find(album))
        covers.add_found(home, finder.find(album), options["size"] or "1200", access)
    return command.run(covers.orders.all, covers.account, covers.doubts)
