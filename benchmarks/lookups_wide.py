"""Requests estimated for discographies that differ widely in size.

Nobody knows before asking how much an artist has released. From those who were asked the others
can be told only as well as a sample tells a whole, which is what this measures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from msgspec import structs

from benchmarks import discography, script_runs, table
from benchmarks.script_runs import Home
from mediakeep_simulator import catalogue_file, factories
from mediakeep_simulator.entities import CatalogueArtist, MusicBrainzCatalogue

_STEPS = {True: (50, 150, 200), False: (20, 20)}  # artists of the batches after which is estimated
_MIDDLE, _SPREAD, _MOST = 20, 1.3, 1_000  # releases next to those that are here: log-normal
_EDITIONS = 8


def run(folder: Path, files: Path, artists: int, tracks: int, *, full: bool) -> None:
    """Measure on a library that was made, of so many artists and tracks."""
    rng = Random(1)
    known = catalogue_file.generate_catalogue(artists, tracks)
    more = (_more(artist, rng) for artist in known.artists)
    estimated, made = [], []
    with script_runs.serve(factories.join_catalogues(known, *more)) as server:
        home = Home(folder, files, server)
        for step in (*_STEPS[full], 0):
            estimated.append(home.estimate().requests)
            options = ("--batch-size", str(step)) if step else ("--all",)
            made.append(home.batch(*options, workers=script_runs.WORKERS).requests)
    rows = list(_rows(_STEPS[full], estimated, made))
    head = ("artists cached", "estimated for the others", "made", "off by", "target")
    table.show(
        f"{artists:,} artists, of whom half have more than {_MIDDLE} releases that are not here,"
        f" and one in twenty more than {_MIDDLE * math.exp(1.645 * _SPREAD):.0f}",
        head,
        rows,
    )


def _rows(steps: Sequence[int], estimated: list[int], requests: list[int]) -> Iterator[list[str]]:
    for place, told in enumerate(estimated):
        yield script_runs.compare_estimate(f"{sum(steps[:place])}", told, sum(requests[place:]))


def _more(artist: CatalogueArtist, rng: Random) -> MusicBrainzCatalogue:
    """Invent albums that are not here; editions share their media, for these are not looked at."""
    count = min(_MOST, int(rng.lognormvariate(math.log(_MIDDLE), _SPREAD)))
    groups = [
        factories.make_group(artist, f"Far {number}") for number in range(count // _EDITIONS + 1)
    ]
    titles = factories.make_titles("Far", discography.TRACKS)
    media = factories.make_release(groups[0], [titles]).media
    bare = [
        factories.make_release(groups[number // _EDITIONS], [], edition=number)
        for number in range(count)
    ]
    releases = [structs.replace(one, media=media) for one in bare]
    return MusicBrainzCatalogue(groups=tuple(groups), releases=tuple(releases))
