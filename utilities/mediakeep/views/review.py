"""outputs/manual_review_needed.json: everything that waits for a person's decision.

A view: it can be deleted at any time. A batch replaces the entries of the items settled since the
view was last written; where it is missing, damaged or of another queue, all is read anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep import files
from mediakeep.errors import MediakeepError
from mediakeep.item import Item, Status
from mediakeep.queue.state import State

FILE = "outputs/manual_review_needed.json"
FORMAT = 1

T = TypeVar("T")
Entry = dict[str, Any]
Entries = Callable[[Item], list[Entry]]  # of one item, read from its outputs


class View(msgspec.Struct, kw_only=True):
    """The file as it stands."""

    format: int = FORMAT
    lineage: str = ""  # of which queue, since which restore
    seq: int = 0  # everything settled up to this change is in
    total: int = 0
    by_kind: dict[str, int] = {}
    reviews: dict[str, list[Entry]] = {}  # by item


def update(home: Path, folder: Path, state: State, entries: Entries) -> View:
    """Bring the file up to date with a queue, and return what it holds."""
    with files.locked(folder / "review.lock"):
        view = _read(home / FILE)
        if view is None or view.lineage != lineage(state):
            view = View(lineage=lineage(state))
        if view.seq > state.seq:
            return view  # another process knows more than this one
        fresh = _merged(view, state, entries)
        fresh.seq = state.seq
        if not (home / FILE).exists() or view != fresh:
            files.write_atomic(home / FILE, _pretty(fresh))
        return fresh


def careful(read: Callable[[Item], list[T]], troubles: list[str]) -> Callable[[Item], list[T]]:
    """Read what an item has so that a damaged file costs its own alone, told in `troubles`."""

    def carefully(item: Item) -> list[T]:
        try:
            return read(item)
        except MediakeepError as error:
            troubles.append(str(error))
            return []

    return carefully


def _read(path: Path) -> View | None:
    try:
        view = msgspec.json.decode(path.read_bytes(), type=View)
    except (OSError, msgspec.MsgspecError):
        return None
    return view if view.format == FORMAT else None


def lineage(state: State) -> str:
    restored = state.head.restored
    return f"{state.head.created} {restored.date if restored else ''}".strip()


def _merged(view: View, state: State, entries: Entries) -> View:
    reviews = {}
    for key, item in state.items.items():
        if item.status is Status.SKIPPED or not item.processed_date:
            continue
        found = entries(item) if item.settled > view.seq else view.reviews.get(key, [])
        if found:
            reviews[key] = found
    kinds = Counter(entry["kind"] for found in reviews.values() for entry in found)
    return View(
        lineage=view.lineage,
        total=kinds.total(),
        by_kind=dict(sorted(kinds.items())),
        reviews=reviews,
    )


def _pretty(view: View) -> bytes:
    return msgspec.json.format(msgspec.json.encode(view), indent=2) + b"\n"
