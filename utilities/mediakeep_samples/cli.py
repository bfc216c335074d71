"""Make a sample library: real, playable files with known defects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep.app.console import CommandResult
from mediakeep.commands import app

_FOLDER_LAYOUTS = ("flat", "folders", "jellyfin", "kodi")


@app.create_command(home=False)
@click.argument("folder", type=app.PathParam())
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
    default=_FOLDER_LAYOUTS[0],
    type=app.SuggestingChoice(_FOLDER_LAYOUTS),
    show_default=True,
    help="Folder layout of the movies.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same library.")
@click.option(
    "--catalogue",
    type=app.PathParam(),
    metavar="FILE",
    help="Also write what MusicBrainz or TMDb would have on these, for simulate_services.py.",
)
@app.with_json_option
def main(folder: Path, **options: Any) -> CommandResult:
    """Make a library of playable files with known defects in FOLDER: music, or movies.

    FOLDER must be empty or not exist. Nothing outside it is written except the catalogue.
    """
    source = click.get_current_context().get_parameter_source
    wrong = ("artists", "tracks") if options["movies"] else ("layout",)
    for name in wrong:
        if source(name) is not click.core.ParameterSource.DEFAULT:
            mode = "--movies" if options["movies"] else "music"
            raise click.UsageError(f"--{name} cannot be combined with {mode}.")
    line, data = (_make_movie_library if options["movies"] else _make_music_library)(
        folder, options
    )
    return CommandResult([line], data)


def _make_music_library(folder: Path, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Make a music library; return a line and JSON data about it."""
    from mediakeep_samples.music import music_library

    values = (options["artists"], options["tracks"], options["seed"])
    sample = music_library.make_library(folder, artists=values[0], tracks=values[1], seed=values[2])
    if options["catalogue"]:
        from mediakeep_simulator import catalogue_file

        catalogue_file.dump(catalogue_file.generate_catalogue(*values), options["catalogue"])
    planted, hidden = (
        [{"kind": defect.kind, "path": str(defect.path)} for defect in defects]
        for defects in (sample.planted, sample.lookup_defects)
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


def _make_movie_library(folder: Path, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Make a movie library; return a line and JSON data about it."""
    from mediakeep_samples.movies import movie_library
    from mediakeep_simulator.tmdb import movie_catalogue

    count, seed = options["movies"], options["seed"]
    catalogue = movie_catalogue.generate_catalogue(
        max(movie_catalogue.DEFAULT_MOVIES, 2 * count), seed
    )
    sample = movie_library.make_library(folder, catalogue, count, options["layout"], seed)
    if options["catalogue"]:
        movie_catalogue.dump(catalogue, options["catalogue"])
    planted = [{"kind": defect.kind, "path": defect.place} for defect in sample.planted]
    some = f"{count:,} movie{'s' * (count != 1)}"
    many = f"{len(planted)} defect{'s' * (len(planted) != 1)}"
    movies = [{"path": item.place, "tmdb_id": item.tmdb_id or None} for item in sample.items]
    data = {"movies": count, "items": movies, "planted": planted}
    return f"{some} and {many} in {folder}", data
