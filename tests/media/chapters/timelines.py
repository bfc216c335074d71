"""Timelines of files that are not read."""

from __future__ import annotations

from pathlib import Path

from mediakeep.media.chapters.timeline import Timeline

RATE = 44_100


def make_timeline(*names: str, seconds: int = 100, titles: tuple[str, ...] = ()) -> Timeline:
    """Return files of equal length, without titles by default."""
    paths = tuple(map(Path, names))
    return Timeline(paths, (seconds * RATE,) * len(names), RATE, titles or ("",) * len(names))
