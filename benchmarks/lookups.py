"""Lookups at a simulator server: requests, next to those of beets, and what knowing costs."""

from __future__ import annotations

import csv
import functools
from pathlib import Path

import msgspec

from benchmarks import discography, lookups_library, lookups_peer, rounds, script_runs, table
from benchmarks.rounds import Times
from benchmarks.script_runs import Home
from mediakeep.lookups.musicbrainz import cache_json
from mediakeep.views import missing_albums_csv
from mediakeep_simulator import factories

_ROUNDS, _FEW = 5, 2
_SEVERAL = 8  # artists, to separate the cost of each from that of the start


def run(home: Path, *, full: bool) -> None:
    """Measure on one artist, on several alike, and on a library of 120, in full of 930."""
    _one(home / "one")
    _warm(home / "warm", _ROUNDS if full else _FEW)
    lookups_library.run(home / "library", full=full)


def _one(folder: Path) -> None:
    """Look up one artist with many editions, and have beets do it as well."""
    files = folder / "library"
    discography.make(files, "Vera Moss")
    with script_runs.serve(discography.world("Vera Moss")) as server:
        home = Home(folder / "home", files, server)
        estimated, cold = home.estimate().requests, home.batch().requests
        rows = [["process_music_batch", str(cold), *_count_albums(home)]]
        home.reset()
        rows.append(["the same once more", str(home.batch().requests), *_count_albums(home)])
        rows.append(lookups_peer.row(folder / "beets", files, server))
    table.show(
        f"{discography.ALBUMS} albums of one artist, {discography.EDITIONS} editions each,"
        f" {discography.TRACKS} tracks each, no MBIDs; {discography.LACKING} more are not here",
        ("", "requests", "albums matched", "missing albums found"),
        rows,
        f"Estimated before: {estimated} requests.",
    )


def _count_albums(home: Home) -> list[str]:
    """Count the albums that are known, and those that are listed as missing."""
    told = msgspec.json.decode((home.folder / "status/cache" / cache_json.FILE_NAME).read_bytes())
    albums = [album for artist in told["artists"].values() for album in artist["albums"].values()]
    with (home.folder / missing_albums_csv.FILE).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    missing = {
        row["release_group_mbid"]
        for row in rows
        if (row["missing"], row["reason"]) == ("album", "not owned")
    }
    return [str(len({album.get("release_group") for album in albums} - {None})), str(len(missing))]


def _warm(folder: Path, count: int) -> None:
    """Compare batches that know all of their artists with batches that look nothing up."""
    names = [f"Vera Moss {number}" for number in range(1, _SEVERAL + 1)]
    rows = []
    with script_runs.serve(factories.join_catalogues(*map(discography.world, names))) as server:
        for size in (1, _SEVERAL):
            files = folder / f"library{size}"
            for name in names[:size]:
                discography.make(files, name)
            homes = {
                "known": Home(folder / f"known{size}", files, server),
                "plain": Home(folder / f"plain{size}", files, None),
            }
            cases = [functools.partial(_run_again, name, home) for name, home in homes.items()]
            times = rounds.run(cases, count)  # its first round asks, and warms up
            rows.append(_row(size, times))
    table.show(
        "Cached artists: CPU seconds of a batch, from its start to its end",
        ("artists", "known", "no lookups", "more for each", "target"),
        rows,
        "Each batch is inline. What is more for one artist holds what starting costs more.",
    )


def _run_again(name: str, home: Home) -> dict[str, list[float]]:
    home.reset()
    return {name: [home.batch().cpu]}


def _row(size: int, times: Times) -> list[str]:
    known, plain = (rounds.whole(times[name]) for name in ("known", "plain"))
    each = [(more - less) / size for more, less in zip(known, plain, strict=True)]
    return [str(size), table.spread(known), table.spread(plain), table.spread(each, 3), "0.15"]
