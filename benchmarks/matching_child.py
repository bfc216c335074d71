"""Asks beets what local albums are; run by the Python that has beets: SETTINGS ALBUMS ANSWERS."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

_FEW = 3  # candidates that are reported


def main() -> None:
    """Read albums from one file, and write what beets says of each to another."""
    settings, albums, answers = sys.argv[1:]
    os.environ["BEETSDIR"] = settings
    from beets import plugins

    plugins.load_plugins()
    request = json.loads(Path(albums).read_text(encoding="utf-8"))
    _answer([])  # what it loads at first is not counted
    began, used = time.perf_counter(), time.process_time()
    told = [_answer(items) for items in request]
    cost = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}
    Path(answers).write_text(json.dumps({"answers": told, **cost}), encoding="utf-8")


def _answer(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Ask as the importer does; "strong" is what it applies without a question."""
    from beets.autotag import Recommendation, Source, tag_album
    from beets.library import Item

    if not items:
        return {}
    made = [Item(**{**item, "path": item["path"].encode()}) for item in items]
    candidates = tag_album(Source.from_items(made))
    return {
        "strong": candidates.recommendation is Recommendation.strong,
        "candidates": [
            [candidate.info.releasegroup_id, candidate.info.album_id, float(candidate.distance)]
            for candidate in candidates.candidates[:_FEW]
        ],
    }


if __name__ == "__main__":
    main()
