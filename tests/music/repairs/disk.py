"""Repairs of real files with the safe write."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mediakeep import files
from mediakeep.media import safewrite
from mediakeep.media.safewrite import Change, Cover
from mediakeep.media.undoing.store import Store
from mediakeep.music import scan
from mediakeep.music.repairs import safe
from mediakeep.music.repairs.repair import Embed, Repair


def repair(folder: Path, home: Path) -> tuple[Repair, ...]:
    """Make the safe repairs of an artist's folder, and return them."""
    repairs = safe.plan(scan.artist(folder))
    make(folder, repairs, home)
    return repairs


def make(folder: Path, repairs: Iterable[Repair], home: Path) -> int:
    """Write repairs, each file once; return how many files that changed."""
    by_place: dict[str, list[Change]] = {}
    for one in repairs:
        by_place.setdefault(one.place, []).append(_change(folder, one))
    store = Store(home / "undo")
    return sum(
        safewrite.write(folder / files.unescape(place), wanted, store) is not None
        for place, wanted in by_place.items()
    )


def _change(folder: Path, one: Repair) -> Change:
    if not isinstance(one.change, Embed):
        return one.change
    path = folder / files.unescape(one.change.image)
    mime = "image/png" if path.suffix == ".png" else "image/jpeg"
    return Cover(path.read_bytes(), mime, one.change.reason)
