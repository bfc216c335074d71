"""A sample library: real, playable files with known defects, to practise on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep.commands import shared

_LAYOUTS = ("flat", "folders", "jellyfin", "kodi")


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
@click.option("--movies", type=click.IntRange(1), help="Make so many movies, and no music.")
@click.option(
    "--layout",
    default=_LAYOUTS[0],
    type=shared.Choice(_LAYOUTS),
    show_default=True,
    help="How the movies are kept.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same library.")
@click.option(
    "--catalogue",
    type=shared.Place(),
    metavar="FILE",
    help="Also write what MusicBrainz, or TMDb, would know of these, for rehearse.py.",
)
@shared.as_json
def main(folder: Path, as_json: bool, **given: Any) -> int:
    """Make a library of playable files with known defects in FOLDER: music, or movies.

    FOLDER must be empty or not exist. Nothing outside it is touched but the catalogue.
    """
    source = click.get_current_context().get_parameter_source
    wrong = ("artists", "tracks") if given["movies"] else ("layout",)
    for name in wrong:
        if source(name) is not click.core.ParameterSource.DEFAULT:
            kept = "--movies" if given["movies"] else "music"
            raise click.UsageError(f"--{name} does not go with {kept}.")
    line, data = (_movies if given["movies"] else _music)(folder, given)
    shared.show([line], data, as_json=as_json)
    return 0


def _music(folder: Path, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Make a music library; return what is said of it, as a line and as data."""
    from mediakeep.rehearsal import library

    wanted = (given["artists"], given["tracks"], given["seed"])
    made = library.make(folder, artists=wanted[0], tracks=wanted[1], seed=wanted[2])
    if given["catalogue"]:
        from mediakeep.rehearsal import world

        world.dump(world.sampled(*wanted), given["catalogue"])
    planted, hidden = (
        [{"kind": defect.kind, "path": str(defect.path)} for defect in defects]
        for defects in (made.planted, made.hidden)
    )
    told = f"{made.artists} artists, {made.tracks:,} tracks and {len(planted)} defects in {folder}"
    if hidden:
        told += f"; {len(hidden)} more take look-ups"
    data = {"artists": made.artists, "tracks": made.tracks, "planted": planted, "hidden": hidden}
    return told, data


def _movies(folder: Path, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Make a movie library; return what is said of it, as a line and as data."""
    from mediakeep.rehearsal.films import cinema, shelf

    count, seed = given["movies"], given["seed"]
    known = cinema.sampled(max(cinema.FILMS, 2 * count), seed)
    made = shelf.make(folder, known, count, given["layout"], seed)
    if given["catalogue"]:
        cinema.dump(known, given["catalogue"])
    planted = [{"kind": defect.kind, "path": defect.place} for defect in made.planted]
    some = f"{count:,} movie{'s' * (count != 1)}"
    many = f"{len(planted)} defect{'s' * (len(planted) != 1)}"
    films = [{"path": item.place, "tmdb_id": item.film or None} for item in made.items]
    data = {"movies": count, "items": films, "planted": planted}
    return f"{some} and {many} in {folder}", data
