"""A sample library: real, playable files with known defects, to practise on."""

from __future__ import annotations

from pathlib import Path

import click

from mediakeep.commands import shared


@shared.command(home=False)
@click.argument("folder", type=shared.Place())
@click.option(
    "--artists", default=14, type=click.IntRange(1), show_default=True, help="How many artists."
)
@click.option(
    "--tracks",
    type=click.IntRange(1),
    help="How many tracks in all; if not given, about 18 for each artist after the 14th.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same library.")
@click.option(
    "--catalogue",
    type=shared.Place(),
    metavar="FILE",
    help="Also write what MusicBrainz would know of these artists, for rehearse.py.",
)
@shared.as_json
def main(
    folder: Path,
    artists: int,
    tracks: int | None,
    seed: int,
    catalogue: Path | None,
    as_json: bool,
) -> int:
    """Make a music library of short, playable files with known defects in FOLDER.

    FOLDER must be empty or not exist. Nothing outside it is touched but the catalogue.
    """
    from mediakeep.rehearsal import library

    made = library.make(folder, artists=artists, tracks=tracks, seed=seed)
    if catalogue:
        from mediakeep.rehearsal import world

        world.dump(world.sampled(artists, tracks, seed), catalogue)
    planted, hidden = (
        [{"kind": defect.kind, "path": str(defect.path)} for defect in defects]
        for defects in (made.planted, made.hidden)
    )
    told = f"{made.artists} artists, {made.tracks:,} tracks and {len(planted)} defects in {folder}"
    if hidden:
        told += f"; {len(hidden)} more take look-ups"
    data = {"artists": made.artists, "tracks": made.tracks, "planted": planted, "hidden": hidden}
    shared.show([told], data, as_json=as_json)
    return 0
