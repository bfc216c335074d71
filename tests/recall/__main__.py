"""Judge the diagnosis: python -m tests.recall [--tracks N] [--each N] [--keep DIR] [--seed S]."""

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.recall import judge
from tests.recall.library import shelf
from tests.recall.plants.plan import planted


def main() -> None:
    """Make a library, plant defects, have them found, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.recall", description=__doc__)
    parser.add_argument("--tracks", type=int, default=24_000, help="how many files, at least")
    parser.add_argument("--each", type=int, default=24, help="how many defects of each kind")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another library")
    parser.add_argument("--keep", type=Path, help="make it in this folder, and leave it there")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        began = time.perf_counter()
        ground = planted(asked.tracks, asked.each, asked.seed)
        tracks = shelf.write(ground.albums, folder / "music")
        artists = len({album.artist for album in ground.albums})
        share = len({defect.place[1:] for defect in ground.defects}) / tracks
        print(
            f"{tracks:,} tracks of {artists} artists in {time.perf_counter() - began:.1f} s, "
            f"{len(ground.defects):,} defects in {share:.1%} of the files"
        )
        seconds = judge.run(folder / "music", folder / "home")
        print(f"scanned and diagnosed in {seconds:.1f} s")
        print(judge.table(judge.judge(ground.defects, judge.issues(folder / "home"))))


if __name__ == "__main__":
    main()
