"""A made library of many artists looked up: estimated, cold, and known already."""

from __future__ import annotations

import functools
import time
from contextlib import closing
from pathlib import Path

from benchmarks import lookups_wide, rounds, script_runs, stock, table
from benchmarks.script_runs import Cost, Home
from mediakeep.lookups.musicbrainz import cache_json
from mediakeep.lookups.musicbrainz.lookup_store import FILE_NAME, MusicBrainzStore
from mediakeep.music.artist_lookup import missing_table as lacking
from mediakeep.music.item import MUSIC
from mediakeep.music.reports import audit_files
from mediakeep.queue import readonly
from mediakeep.views import missing_albums_csv
from mediakeep_samples.music import music_library
from mediakeep_simulator import catalogue_file

_LARGE, _SMALL = (930, 17_000), (120, 2_200)  # artists, tracks
_FIRST = 50  # artists of the batch after which is estimated again
_MB = 1 << 20


def run(folder: Path, *, full: bool) -> None:
    """Measure on a library of 120 artists, in full of 930."""
    artists, tracks = _LARGE if full else _SMALL
    music_library.make_library(folder / "files", artists=artists, tracks=tracks)
    with script_runs.serve(catalogue_file.generate_catalogue(artists, tracks)) as server:
        home = Home(folder / "home", folder / "files", server)
        before = home.estimate().requests
        first = _batch(home, "--batch-size", str(_FIRST))
        after = home.estimate().requests
        rest = _batch(home)
        home.reset()
        known = _batch(home)
    plain = Home(folder / "plain", folder / "files", None)
    _batch(plain)  # so that its files are known as well
    plain.reset()
    title = f"A library of {artists:,} artists and {tracks:,} tracks"
    _show_estimates(title, before, after, [first[0].requests, rest[0].requests])
    batches = {"cold": rest, "known": known, "no lookups": _batch(plain)}
    _show_batches(title, batches, artists)
    _show_views(title, home.folder)
    lookups_wide.run(folder / "wide", folder / "files", artists, tracks, full=full)


def _batch(home: Home, *options: str) -> tuple[Cost, float]:
    """Run a batch in several processes; return what the server used of the CPU as well."""
    used = time.process_time()
    return home.batch(*options, workers=script_runs.WORKERS), time.process_time() - used


def _show_estimates(title: str, before: int, after: int, requests: list[int]) -> None:
    first, rest = requests
    table.show(
        f"{title}: requests",
        ("", "estimated", "made", "off by", "target"),
        [
            script_runs.compare_estimate("all, none cached", before, first + rest),
            script_runs.compare_estimate(f"the others, {_FIRST} cached", after, rest),
        ],
        "All releases of an artist fit on one page. The last table has artists who differ.",
    )


def _show_batches(title: str, batches: dict[str, tuple[Cost, float]], artists: int) -> None:
    rows = []
    for name, (cost, served) in batches.items():
        count = artists - _FIRST if name == "cold" else artists
        facts = [f"{count}", f"{cost.requests:,}", f"{cost.seconds:.1f}", f"{cost.cpu:.1f}"]
        rows.append([name, *facts, f"{served:.1f}", f"{count / cost.seconds:.0f}"])
    table.show(
        f"{title}: batches, {script_runs.WORKERS} workers, no pacing",
        ("", "artists", "requests", "s", "CPU s", "server's CPU s", "artists/s"),
        rows,
    )


def _show_views(title: str, home: Path) -> None:
    cache, folder = home / "status" / "cache", stock.folder(home)
    state = readonly.load_state(folder, MUSIC)
    with closing(MusicBrainzStore(cache)) as known:
        export = rounds.once(functools.partial(cache_json.export, cache, known))
    listed = functools.partial(
        missing_albums_csv.update_missing_albums_table, home, folder, state, lacking.COLUMNS
    )
    update = functools.partial(
        listed,
        lambda item: audit_files.read_missing_albums(
            home / f"outputs/{item.output_name}_audit.json"
        ),
    )
    same = rounds.once(update)
    (home / missing_albums_csv.FILE).unlink()
    durations = rounds.once(update)
    sizes = [
        f"{path.stat().st_size / _MB:.1f}"
        for path in (cache / FILE_NAME, cache / cache_json.FILE_NAME)
    ]
    size = f"{(home / missing_albums_csv.FILE).stat().st_size / _MB:.1f}"
    rows = [
        [FILE_NAME, sizes[0], ""],
        [cache_json.FILE_NAME, sizes[1], table.middle(export)],
        [
            missing_albums_csv.FILE,
            size,
            f"{table.middle(same)}; all of it {table.middle(durations)}",
        ],
    ]
    table.show(f"{title}: what is kept", ("", "MB", "s to bring up to date"), rows)
