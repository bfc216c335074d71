"""Make a sample library: real, playable files with known defects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep.commands import shared

_LAYOUTS = ("flat", "folders", "jellyfin", "kodi")


@shared.command(home=False)
@click.argument("folder", type=shared.Place())
@click.option(
    "--artists", default=14, type=click.IntRange(1), show_default=True, help="Number of artists."
)
@click.option(
    "--tracks",
    type=click.IntRange(1),
    help="Total number of tracks; by default about 18 for each artist after the 14th.",
)
@click.option("--movies", type=click.IntRange(1), help="Make this many movies, and no music.")
@click.option(
    "--layout",
    default=_LAYOUTS[0],
    type=shared.Choice(_LAYOUTS),
    show_default=True,
    help="Folder layout of the movies.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same library.")
@click.option(
    "--catalogue",
    type=shared.Place(),
    metavar="FILE",
    help="Also write what MusicBrainz or TMDb would have on these, for rehearse.py.",
)
@shared.as_json
def main(folder: Path, as_json: bool, **options: Any) -> int:
    """Make a library of playable files with known defects in FOLDER: music, or movies.

    FOLDER must be empty or not exist. Nothing outside it is written except the catalogue.
    """
    source = click.get_current_context().get_parameter_source
    wrong = ("artists", "tracks") if options["movies"] else ("layout",)
    for name in wrong:
        if source(name) is not click.core.ParameterSource.DEFAULT:
            mode = "--movies" if options["movies"] else "music"
            raise click.UsageError(f"--{name} cannot be combined with {mode}.")
    line, data = (_movies if options["movies"] else _music)(folder, options)
    shared.show([line], data, as_json=as_json)
    return 0


def _music(folder: Path, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Make a music library; return a line and JSON data about it."""
    from mediakeep.rehearsal import library

    values = (options["artists"], options["tracks"], options["seed"])
    sample = library.make(folder, artists=values[0], tracks=values[1], seed=values[2])
    if options["catalogue"]:
        from mediakeep.rehearsal import world

        world.dump(world.sampled(*values), options["catalogue"])
    planted, hidden = (
        [{"kind": defect.kind, "path": str(defect.path)} for defect in defects]
        for defects in (sample.planted, sample.hidden)
    )
    counts = f"{sample.artists} artists, {sample.tracks:,} tracks"
    summary = f"{counts} and {len(planted)} defects in {folder}"
    if hidden:
        summary += f"; {len(hidden)} more need lookups"
    data = {
        "artists": sample.artists,
        "tracks": sample.tracks,
        "planted": planted,
        "hidden": hidden,
    }
    return summary, data


def _movies(folder: Path, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Make a movie library; return a line and JSON data about it."""
    from mediakeep.rehearsal.films import cinema, shelf

    count, seed = options["movies"], options["seed"]
    catalogue = cinema.sampled(max(cinema.FILMS, 2 * count), seed)
    sample = shelf.make(folder, catalogue, count, options["layout"], seed)
    if options["catalogue"]:
        cinema.dump(catalogue, options["catalogue"])
    planted = [{"kind": defect.kind, "path": defect.place} for defect in sample.planted]
    some = f"{count:,} movie{'s' * (count != 1)}"
    many = f"{len(planted)} defect{'s' * (len(planted) != 1)}"
    films = [{"path": item.place, "tmdb_id": item.film or None} for item in sample.items]
    data = {"movies": count, "items": films, "planted": planted}
    return f"{some} and {many} in {folder}", data
