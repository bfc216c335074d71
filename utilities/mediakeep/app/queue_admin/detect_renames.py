"""Detect items whose folders or files were renamed since the last scan.

1. The old path must be gone, and its fingerprint (paths, sizes and times of the files) equal.
2. Else compare media with the last report (`ReviewedSubject.recorded_media`): more than half of
   each side must match. Only items with a plausible number of files are read, as a scan opens no
   file otherwise.
3. Each item must match exactly one other; otherwise it counts as vanished and new.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mediakeep import clock, path_text
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.item import Item, ScannedItem
from mediakeep.media.undo.moves import PathMove
from mediakeep.media.undo.store import UndoStore
from mediakeep.queue.scan_diff import ScanDiff
from mediakeep.queue.state import QueueState

_UNREADABLE = "unreadable"  # instead of a fingerprint

T = TypeVar("T", bound=Hashable)


def find_renamed(
    context: ManagerContext,
    root: Path | str,
    lost: Mapping[str, Item],
    scanned: Sequence[ScannedItem],
) -> dict[str, str]:
    """Return the renamed items: new key -> old key; {} in a collection, which names them."""
    if isinstance(root, str):
        return {}
    gone = {
        k: entry
        for k, entry in lost.items()
        if not os.path.lexists(root / path_text.unescape_path(k))
    }
    there = {item.key: item for item in scanned if any(item.fields.values())}
    pairs = _pair_unique(
        ((key, entry.fingerprint) for key, entry in gone.items()),
        (
            (key, entry.fingerprint)
            for key, entry in there.items()
            if entry.fingerprint != _UNREADABLE
        ),
    )
    left = {key: entry for key, entry in gone.items() if key not in pairs.values()}
    return pairs | _match_by_media(
        context, left, [entry for key, entry in there.items() if key not in pairs]
    )


def _pair_unique(old: Iterable[tuple[str, T]], new: Iterable[tuple[str, T]]) -> dict[str, str]:
    """Pair keys whose fingerprint occurs exactly once on each side: new key -> old key."""
    olds, news = _group_by_fingerprint(old), _group_by_fingerprint(new)
    return {
        keys[0]: olds[mark][0]
        for mark, keys in news.items()
        if len(keys) == 1 and len(olds.get(mark, ())) == 1
    }


def _group_by_fingerprint(marked: Iterable[tuple[str, T]]) -> dict[T, list[str]]:
    groups: dict[T, list[str]] = {}
    for key, mark in marked:
        groups.setdefault(mark, []).append(key)
    return groups


def _match_by_media(
    context: ManagerContext, gone: Mapping[str, Item], scanned: Sequence[ScannedItem]
) -> dict[str, str]:
    reviewed = context.subject.reviewed
    if reviewed is None:
        return {}
    recorded = {
        key: recorded_media
        for key, item in gone.items()
        if (recorded_media := reviewed.recorded_media(context.home, item))
    }
    if not recorded:
        return {}
    sizes = {media.total() for media in recorded.values()}
    there = {
        item.key: reviewed.measure_media(item, context.ignored)
        for item in scanned
        if _could_match_by_count(item.fields.get(f"{context.kind.part_noun}_count", 0), sizes)
    }
    fits = [
        (old, new)
        for old in recorded
        for new in there
        if _share_most_media(recorded[old], there[new])
    ]
    olds, news = Counter(old for old, _ in fits), Counter(new for _, new in fits)
    return {new: old for old, new in fits if olds[old] == 1 and news[new] == 1}


def _share_most_media(media: Counter[Hashable], other: Counter[Hashable]) -> bool:
    return 2 * (media & other).total() > max(media.total(), other.total())


def _could_match_by_count(count: int, sizes: Iterable[int]) -> bool:
    """Return whether media may match, by the number of files (0 if unknown)."""
    return not count or any(2 * min(count, size) > max(count, size) for size in sizes)


def apply_renames(
    context: ManagerContext, state: QueueState, result: ScanDiff, library: str
) -> None:
    """Apply renames to all data kept by key or path, before the queue itself is changed.

    `library` is its current path, escaped. If this is killed, the next scan does it again.
    """
    reviewed = context.subject.reviewed
    now, queue, before = clock.format_iso(clock.now()), context.kind.name, state.head.library_path
    moves = (
        [PathMove(time=now, queue=queue, old=before, new=library)]
        if before not in ("", library)
        else []
    )
    paths = {}
    for old, new in result.renamed.items():
        item, path = state.items[old], str(result.renamed_items[new]["path"])
        was = f"{library}/{old}"
        paths[old] = new, path
        moves.append(PathMove(time=now, queue=queue, old=was, new=path, item=old, renamed=new))
        if reviewed:
            files_beside = reviewed.find_renamed_files(item, was, path)
            moves += (
                PathMove(time=now, queue=queue, old=one, new=other) for one, other in files_beside
            )
    if moves:
        store = UndoStore(context.home / "status" / "undo")
        try:
            store.add_moves(moves)
        finally:
            store.close()
    if paths and reviewed:
        reviewed.follow_renames(context.home, paths)
