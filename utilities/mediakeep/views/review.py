"""outputs/manual_review_needed.json: everything that waits for a person's decision.

A view: it can be deleted at any time. All queues of a home share it, and a batch replaces only the
entries of its own: those of the items settled since it last did. Where the file is missing or
damaged, or its entries are of another queue, all of them are read anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import structs

from mediakeep import files
from mediakeep.errors import MediakeepError
from mediakeep.item import Item, Status
from mediakeep.kinds import MUSIC
from mediakeep.queue.state import State

FILE = "outputs/manual_review_needed.json"
FORMAT = 1

T = TypeVar("T")
Entry = dict[str, Any]
Reviews = dict[str, list[Entry]]  # by item
Entries = Callable[[Item], list[Entry]]  # of one item, read from its outputs


class Mark(msgspec.Struct, frozen=True):
    """Of which queue entries are, since which restore, and up to which change all are in."""

    lineage: str = ""
    seq: int = 0


class View(msgspec.Struct, kw_only=True):
    """The file as it stands."""

    format: int = FORMAT
    queues: dict[str, Mark] = {}  # by kind
    total: int = 0
    by_kind: dict[str, int] = {}  # of issues
    reviews: Reviews = {}  # by item, each entry with its queue


class _Total(msgspec.Struct):
    total: int


def update(home: Path, folder: Path, state: State, entries: Entries) -> View:
    """Bring what the file tells of a queue up to date, and return what it holds."""
    with files.locked(folder.parent / "review.lock"):
        view = _read(home / FILE) or View()
        name = state.kind.name
        sections, mark = _sections(view), view.queues.get(name, Mark())
        if mark.lineage != lineage(state):
            sections[name], mark = {}, Mark(lineage(state))
        if mark.seq > state.seq:
            return view  # another process knows more than this one
        sections[name] = _merged(sections[name], state, mark.seq, entries)
        marks = {**view.queues, name: Mark(mark.lineage, state.seq)}
        fresh = _joined(sections, marks)
        if not (home / FILE).exists() or view != fresh:
            files.write_atomic(home / FILE, _pretty(fresh))
        return fresh


def read_total(home: Path) -> int | None:
    """Return the number of entries in the file, or None if it is missing or damaged."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=_Total).total
    except (OSError, msgspec.MsgspecError):
        return None


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
        content = path.read_bytes()
        view = msgspec.json.decode(content, type=View)
        if not view.queues:
            view = _of_one(view, msgspec.json.decode(content, type=Mark))
    except (OSError, msgspec.MsgspecError):
        return None
    return view if view.format == FORMAT else None


def _of_one(view: View, mark: Mark) -> View:
    """Make a file of the time when music was the only kind one of today."""
    name = MUSIC.name
    reviews = {
        key: [{"queue": name, **one} for one in found] for key, found in view.reviews.items()
    }
    return structs.replace(view, queues={name: mark}, reviews=reviews)


def lineage(state: State) -> str:
    restored = state.head.restored
    return f"{state.head.created} {restored.date if restored else ''}".strip()


def _sections(view: View) -> dict[str, Reviews]:
    """Take the entries apart by their queues; what an unknown queue had is dropped."""
    sections: dict[str, Reviews] = {name: {} for name in view.queues}
    for key, found in view.reviews.items():
        for entry in found:
            if (section := sections.get(entry.get("queue", ""))) is not None:
                section.setdefault(key, []).append(entry)
    return sections


def _merged(known: Reviews, state: State, seq: int, entries: Entries) -> Reviews:
    """Read anew what was settled after a change; all else is kept."""
    name, reviews = state.kind.name, {}
    for key, item in state.items.items():
        if item.status is Status.SKIPPED or not item.processed_date:
            continue
        fresh = item.settled > seq
        found = [{"queue": name, **one} for one in entries(item)] if fresh else known.get(key, [])
        if found:
            reviews[key] = found
    return reviews


def _joined(sections: Mapping[str, Reviews], marks: dict[str, Mark]) -> View:
    reviews: Reviews = {}
    for name in sorted(sections):
        for key, found in sections[name].items():
            reviews.setdefault(key, []).extend(found)
    kinds = Counter(entry["kind"] for found in reviews.values() for entry in found)
    return View(
        queues={name: marks[name] for name in sorted(marks)},
        total=kinds.total(),
        by_kind=dict(sorted(kinds.items())),
        reviews=reviews,
    )


def _pretty(view: View) -> bytes:
    return msgspec.json.format(msgspec.json.encode(view), indent=2) + b"\n"
