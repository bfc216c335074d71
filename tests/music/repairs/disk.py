"""Repairs of real files with the safe write."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mediakeep import path_text
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetCover, TagEdit
from mediakeep.media.undo.store import UndoStore
from mediakeep.music import scan
from mediakeep.music.repairs import safe
from mediakeep.music.repairs.repair import EmbedCover, Repair


def repair(folder: Path, home: Path) -> tuple[Repair, ...]:
    """Make the safe repairs of an artist's folder, and return them."""
    repairs = safe.plan_repairs(scan.read_artist(folder))
    make(folder, repairs, home)
    return repairs


def make(folder: Path, repairs: Iterable[Repair], home: Path) -> int:
    """Write repairs, each file once; return how many files that changed."""
    by_place: dict[str, list[TagEdit]] = {}
    for repair in repairs:
        by_place.setdefault(repair.place, []).append(_change(folder, repair))
    store = UndoStore(home / "undo")
    return sum(
        write_tags.write(folder / path_text.unescape_path(place), wanted, store, queue="music")
        is not None
        for place, wanted in by_place.items()
    )


def _change(folder: Path, repair: Repair) -> TagEdit:
    if not isinstance(repair.change, EmbedCover):
        return repair.change
    path = folder / path_text.unescape_path(repair.change.image)
    mime = "image/png" if path.suffix == ".png" else "image/jpeg"
    return SetCover(path.read_bytes(), mime, repair.change.reason)
