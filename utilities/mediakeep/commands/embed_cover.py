"""Front covers of albums, written by a person's word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep.commands import errands, shared
from mediakeep.commands.errands import Errand

_DOOR = "embed_cover"


@shared.command()
@click.argument("album", required=False)
@click.argument("image", required=False)
@click.option(
    "--skip-existing", is_flag=True, help="Leave tracks alone that have a front cover already."
)
@click.option(
    "--from-json",
    type=shared.Place(),
    metavar="FILE",
    help="Embed what a JSON list says: see the docs.",
)
@errands.options
def main(home: Path, **given: Any) -> int:
    """Embed IMAGE, a JPEG or PNG, into all tracks of ALBUM, a folder, as their front cover.

    It takes the place of the front cover that is there; other pictures stay.
    """
    from mediakeep.commands import targets
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.covers import Covers

    errand = Errand.taken(home, _DOOR, given)
    pair, file = (given["album"], given["image"]), given["from_json"]
    if any(pair) == bool(file) or (any(pair) and not all(pair)):
        raise click.UsageError("Give ALBUM and IMAGE, or --from-json FILE.")
    covers = Covers(Account(), given["skip_existing"])
    if file:
        covers.add_list(file, targets.Finder(home, file.expanduser().parent))
    else:
        album, image = map(targets.Finder(home, Path()).find, pair)
        covers.add(album, image)
    return errand.run(covers.orders.all, covers.account, covers.doubts)
