"""Front covers of albums, written by a person's word."""

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
    help="Without IMAGE: pixels of the cover that is looked up, or full.  [default: 1200]",
)
@click.option(
    "--skip-existing", is_flag=True, help="Leave tracks alone that have a front cover already."
)
@click.option(
    "--from-json",
    type=shared.Place(),
    metavar="FILE",
    help="Embed what a JSON list says: see the docs.",
)
@services.options
@errands.options
def main(home: Path, **given: Any) -> int:
    """Embed IMAGE, a JPEG or PNG, into all tracks of ALBUM, a folder, as their front cover.

    It takes the place of the front cover that is there; other pictures stay. Without IMAGE the
    front cover is looked up at the Cover Art Archive.
    """
    from mediakeep.commands import targets
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.covers import Covers

    errand = Errand.taken(home, _DOOR, given)
    album, image, file = given["album"], given["image"], given["from_json"]
    if bool(album) == bool(file) or (image and not album) or "" in (album, image):
        raise click.UsageError("Give ALBUM, and IMAGE if you have one, or --from-json FILE.")
    if given["size"] and (image or file):
        raise click.UsageError("--size is for a cover that is looked up: give ALBUM alone.")
    access = services.access(given)
    finder = targets.Finder(home, Path())
    covers = Covers(Account(), given["skip_existing"], finder.ignored)
    if file:
        covers.add_list(file, targets.Finder(home, file.expanduser().parent))
    elif image:
        covers.add(finder.find(album), finder.find(image))
    else:
        if not errand.dry_run:
            sample_library.refuse_real_library(finder.find(album))
        covers.add_found(home, finder.find(album), given["size"] or "1200", access)
    return errand.run(covers.orders.all, covers.account, covers.doubts)
