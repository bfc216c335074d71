"""Run benchmarks: python -m benchmarks [NAME[:PART]...] [--full]."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import tempfile
import time
from pathlib import Path

# On the disk where systems keep what outlives a restart: /tmp often is in memory.
_FOLDER = os.environ.get("TMPDIR") or ("/var/tmp" if Path("/var/tmp").is_dir() else None)
_NAMES = {
    "commit": "claims and settles against append and sync",
    "load": "opening of large queues: seconds and memory",
    "summary": "the summary and the report of a long history",
    "dashboard": "the dashboard's share of a core while a batch runs",
    "overhead": "what a batch costs for each item, with a worker that does nothing",
    "peers": "persist-queue, and a JSON file rewritten for each item",
    "rewrite": "the snapshot rewritten: its cost and its share of the time",
    "library": "a generated library scanned and processed, against a bare tag reader",
    "reading": "large files scanned and judged in a warm pool, against bare mutagen; bytes read",
    "rescan": "an unchanged library read again with the index, against a walk",
    "beets": "large files imported by beets, against the main job",
    "master": "the master report: tracks a second, and the peak of memory",
    "lookups": "requests of lookups, next to those of beets; estimates; what knowing costs",
    "matching": "albums identified, damaged in many ways: accuracy, next to beets; weights fitted",
    "movies": "movies identified by their names, next to the first hit of a search",
    "movie_tables": "tables and master report of movies: seconds, and the peak of memory",
    "albums": "albums converted, against ffmpeg started by xargs on the same cores",
    "cluster": "tasks, albums and artists on the workers of a Dask scheduler, against the pool",
    "audiobooks": "a book of mixed files built, against ffmpeg; lengths, and the peak of memory",
    "still_video": "a picture and audio encoded to a video, against ffmpeg; the peak of memory",
    "episodes": "uploads and downloads that are killed and cut, next to those of two libraries",
    "processors": "audio split, converted and aligned, next to pydub, ffmpeg-normalize and ffmpeg",
    "stages": "stages, parts and parked items, with workers that do nothing",
    "pipelines": "the engine's cost for each file and step; a second run; a changed step",
    "web": "web pages against http.server; event clients; what they cost a batch; Chromium",
    "safewrite": "tags written safely, against in place; undo records",
}


def main() -> None:
    """Run the benchmarks that were asked for, one after the other."""
    listed = "\n".join(f"  {name:<12} {text}" for name, text in _NAMES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"Measure speed and memory; all of these, or those named:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="which benchmarks to run; NAME:PART runs a part of one, such as processors:loudness",
    )
    parser.add_argument(
        "--full", action="store_true", help="up to a million items, 5 GB of files; takes long"
    )
    parser.add_argument(
        "--tasks", type=int, metavar="N", help="the number of empty tasks of cluster:tasks"
    )
    parser.add_argument("--folder", default=_FOLDER, metavar="DIR", help="on the disk to measure")
    options = parser.parse_args()
    if unknown := {name.partition(":")[0] for name in options.names} - set(_NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    if options.tasks is not None and (options.names != ["cluster:tasks"] or options.tasks < 1):
        parser.error("--tasks is a number from 1, and for cluster:tasks")
    sizes = {"tasks": options.tasks} if options.tasks else {}
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {_load()}")
    for name in options.names or _NAMES:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="mediakeep-") as folder:
            module, _, part = name.partition(":")
            function = f"run_{part}" if part else "run"
            run = getattr(importlib.import_module(f"benchmarks.{module}"), function)
            run(Path(folder), full=options.full, **sizes)
        print(f"  [{name}: {time.monotonic() - started:.0f} s, {_load()}]")


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
