"""Update outputs/manual_review_needed.json, the list of all pending reviews.

A pending review is an issue that the user must decide. All queues share the file, which can be
deleted at any time. A batch replaces only entries of its own queue, for items processed since the
last update. If the file is missing or damaged, or its entries belong to another queue, all entries
are read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import structs

from mediakeep import atomic_files, kinds
from mediakeep.errors import MediakeepError
from mediakeep.item import Item, Status
from mediakeep.queue.state import QueueState
from mediakeep.untrusted_files import decode_json, read_bytes, read_json

FILE = "outputs/manual_review_needed.json"
FORMAT = 1

T = TypeVar("T")
ReviewFields = dict[str, Any]
EntriesByItem = dict[str, list[ReviewFields]]  # by item key
EntryReader = Callable[[Item], list[ReviewFields]]  # reads the entries of an item from its outputs


class ReviewCursor(msgspec.Struct, frozen=True):
    """How far the review list includes a queue: the queue's identity and its last change."""

    lineage: str = ""
    seq: int = 0


class ReviewListFile(msgspec.Struct, kw_only=True):
    """The contents of the review list file."""

    format: int = FORMAT
    queues: dict[str, ReviewCursor] = {}  # by kind
    total: int = 0
    by_kind: dict[str, int] = {}  # counts of issues
    reviews: EntriesByItem = {}  # by item; each entry names its queue


class _QueueOnly(msgspec.Struct):
    queue: str = kinds.FIRST_NAME  # in lists from when music was the only kind


class _QueuesOnly(msgspec.Struct):
    reviews: dict[str, list[_QueueOnly]]


def update_review_list(
    home: Path, folder: Path, state: QueueState, entries: EntryReader
) -> ReviewListFile:
    """Update the entries of one queue in the review list, and return the contents of the file.

    `entries` is a function that reads the entries of one item.
    """
    with atomic_files.exclusive_lock(folder.parent / "review.lock"):
        view = _read_file(home / FILE) or ReviewListFile()
        name = state.kind.name
        sections, cursor = _split_by_queue(view), view.queues.get(name, ReviewCursor())
        if cursor.lineage != queue_identity(state):
            sections[name], cursor = {}, ReviewCursor(queue_identity(state))
        if cursor.seq > state.seq:
            return view  # another process wrote a newer version
        sections[name] = _merge_entries(sections[name], state, cursor.seq, entries)
        cursors = {**view.queues, name: ReviewCursor(cursor.lineage, state.seq)}
        updated = _join_queues(sections, cursors)
        if not (home / FILE).exists() or view != updated:
            atomic_files.write_atomic(
                home / FILE, msgspec.json.format(msgspec.json.encode(updated), indent=2) + b"\n"
            )
        return updated


def count_reviews(home: Path) -> Counter[str] | None:
    """Return the number of entries in the review list by kind, or None if it is unreadable."""
    listed = read_json(home / FILE, _QueuesOnly)
    if listed is None:
        return None
    return Counter(entry.queue for entries in listed.reviews.values() for entry in entries)


def skip_items_with_errors(
    read_item: Callable[[Item], list[T]], errors: list[str]
) -> Callable[[Item], list[T]]:
    """Wrap `read_item` so that an item with a damaged file is skipped.

    Its error message is added to `errors`.
    """

    def carefully(item: Item) -> list[T]:
        try:
            return read_item(item)
        except MediakeepError as error:
            errors.append(str(error))
            return []

    return carefully


def _read_file(path: Path) -> ReviewListFile | None:
    try:
        content = read_bytes(path)
        view = decode_json(content, ReviewListFile)
        if not view.queues:
            view = _from_single_queue(view, decode_json(content, ReviewCursor))
    except (OSError, msgspec.MsgspecError):
        return None
    return view if view.format == FORMAT else None


def _from_single_queue(file_contents: ReviewListFile, cursor: ReviewCursor) -> ReviewListFile:
    """Convert a review list that was written when music was the only kind."""
    name = kinds.FIRST_NAME
    reviews = {
        key: [{"queue": name, **entry} for entry in entries]
        for key, entries in file_contents.reviews.items()
    }
    return structs.replace(file_contents, queues={name: cursor}, reviews=reviews)


def queue_identity(state: QueueState) -> str:
    restored = state.head.restored
    return f"{state.head.created} {restored.date if restored else ''}".strip()


def _split_by_queue(file_contents: ReviewListFile) -> dict[str, EntriesByItem]:
    """Return the entries of each queue, by item; entries of unknown queues are dropped."""
    sections: dict[str, EntriesByItem] = {name: {} for name in file_contents.queues}
    for key, entries in file_contents.reviews.items():
        for entry in entries:
            if (section := sections.get(entry.get("queue", ""))) is not None:
                section.setdefault(key, []).append(entry)
    return sections


def _merge_entries(
    previous: EntriesByItem, state: QueueState, seq: int, entries: EntryReader
) -> EntriesByItem:
    """Return the entries of a queue, reading only items processed after the change number `seq`."""
    name, reviews = state.kind.name, {}
    for key, item in state.items.items():
        if item.status is Status.SKIPPED or not item.processed_date:
            continue
        if item.settled > seq:
            kept = [{"queue": name, **entry} for entry in entries(item)]
        else:
            kept = previous.get(key, [])
        if kept:
            reviews[key] = kept
    return reviews


def _join_queues(
    sections: Mapping[str, EntriesByItem], cursors: dict[str, ReviewCursor]
) -> ReviewListFile:
    reviews: EntriesByItem = {}
    for name in sorted(sections):
        for key, entries in sections[name].items():
            reviews.setdefault(key, []).extend(entries)
    kinds = Counter(entry["kind"] for entries in reviews.values() for entry in entries)
    return ReviewListFile(
        queues={name: cursors[name] for name in sorted(cursors)},
        total=kinds.total(),
        by_kind=dict(sorted(kinds.items())),
        reviews=reviews,
    )
