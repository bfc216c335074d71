"""Items that bear another name by now: their folders or files were renamed since the last scan.

1. The old path must be gone. The files of a folder are the same by their places, sizes and times.
2. Else by what the last report tells of its media (`Subject.known_media`), if more than half of
   them is there, and more than half of what is there is known. Only items of which the number of
   files allows that are read, as a scan opens no file otherwise.
3. Each must fit exactly one of the others, or it is a vanished and a new item as any other.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mediakeep import clock, files
from mediakeep.commands.desk import Desk
from mediakeep.item import Found, Item
from mediakeep.media.undoing.moves import Move
from mediakeep.media.undoing.store import Store
from mediakeep.queue.state import State
from mediakeep.queue.survey import Survey

_REFUSED = "unreadable"  # instead of a fingerprint

T = TypeVar("T", bound=Hashable)


def find(
    desk: Desk, root: Path, lost: Mapping[str, Item], found: Sequence[Found]
) -> dict[str, str]:
    """Return the items that were renamed: new key -> old key."""
    gone = {k: one for k, one in lost.items() if not os.path.lexists(root / files.unescape(k))}
    there = {one.key: one for one in found if any(one.fields.values())}
    pairs = _pairs(
        ((key, one.fingerprint) for key, one in gone.items()),
        ((key, one.fingerprint) for key, one in there.items() if one.fingerprint != _REFUSED),
    )
    left = {key: one for key, one in gone.items() if key not in pairs.values()}
    return pairs | _by_media(desk, left, [one for key, one in there.items() if key not in pairs])


def _pairs(old: Iterable[tuple[str, T]], new: Iterable[tuple[str, T]]) -> dict[str, str]:
    """Pair keys by a mark that exactly one of each side bears: new key -> old key."""
    olds, news = _grouped(old), _grouped(new)
    return {
        keys[0]: olds[mark][0]
        for mark, keys in news.items()
        if len(keys) == 1 and len(olds.get(mark, ())) == 1
    }


def _grouped(marked: Iterable[tuple[str, T]]) -> dict[T, list[str]]:
    groups: dict[T, list[str]] = {}
    for key, mark in marked:
        groups.setdefault(mark, []).append(key)
    return groups


def _by_media(desk: Desk, gone: Mapping[str, Item], found: Sequence[Found]) -> dict[str, str]:
    subject = desk.subject
    known = {
        key: told for key, one in gone.items() if (told := subject.known_media(desk.home, one))
    }
    if not known:
        return {}
    sizes = {media.total() for media in known.values()}
    there = {
        one.key: subject.media_at(one, desk.ignored)
        for one in found
        if _may_be_alike(one.fields.get(f"{desk.kind.piece}_count", 0), sizes)
    }
    fits = [(old, new) for old in known for new in there if _are_alike(known[old], there[new])]
    olds, news = Counter(old for old, _ in fits), Counter(new for _, new in fits)
    return {new: old for old, new in fits if olds[old] == 1 and news[new] == 1}


def _are_alike(one: Counter[Hashable], other: Counter[Hashable]) -> bool:
    return 2 * (one & other).total() > max(one.total(), other.total())


def _may_be_alike(count: int, sizes: Iterable[int]) -> bool:
    """Tell by the number of files, 0 if unknown, whether media may be like any of such sizes."""
    return not count or any(2 * min(count, size) > max(count, size) for size in sizes)


def note(desk: Desk, state: State, result: Survey, library: str) -> None:
    """Let all that is kept by key or path follow, before the queue itself does.

    `library` is its present path, escaped. Killed in between, the next scan does it again.
    """
    now, queue, before = clock.text(clock.now()), desk.kind.name, state.head.library_path
    moves = [Move(time=now, queue=queue, old=before, new=library)] if before != library else []
    paths = {}
    for old, new in result.renamed.items():
        item, path = state.items[old], str(result.kept[new]["path"])
        was = f"{library}/{old}"
        paths[old] = new, path
        moves.append(Move(time=now, queue=queue, old=was, new=path, item=old, renamed=new))
        beside = desk.subject.renamed_files(item, was, path)
        moves += (Move(time=now, queue=queue, old=one, new=other) for one, other in beside)
    if moves:
        store = Store(desk.home / "status" / "undo")
        try:
            store.follow(moves)
        finally:
            store.close()
    if paths:
        desk.subject.renamed(desk.home, paths)
