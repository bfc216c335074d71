"""Large folders, listed once for many of their movies.

To list a folder of 50,000 movies anew for each would take hours. Yet each that is done changes it,
as its sidecars are made there. So a large folder's listing serves for a while, at most a twentieth
of the time going into listings; what it cannot show yet is looked for by name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep.media import folders
from mediakeep.movies.gathering import tree
from mediakeep.movies.gathering.tree import Lot

_LARGE = 1000  # names in a folder, from which on its listing is kept
_WORTH = 20  # times as long as it took, it serves
_KEPT = 4  # folders


class _Kept(msgspec.Struct):
    lots: dict[str, Lot]  # by the name of each video
    until: float


_kept: dict[str, _Kept] = {}


def lot(
    path: Path, expected: Callable[[str], Sequence[str]], ignored: tuple[str, ...] = ()
) -> Lot | None:
    """Return the movie that a video in a folder of several belongs to, None where it is gone.

    `expected` gives the names of sidecars that may have been made since the folder was listed, for
    the base of a movie; `ignored` are patterns of the user. OSError where the folder refuses.
    """
    folder = str(path.parent)
    kept = _kept.get(folder)
    if kept and time.monotonic() < kept.until and (found := kept.lots.get(path.name)):
        return _renewed(found, expected)
    return _listed(path, ignored).get(path.name)


def _listed(path: Path, ignored: tuple[str, ...]) -> dict[str, Lot]:
    begun = time.monotonic()
    folder = folders.right_in(path.parent, ignored)
    lots = {
        clip.file.name: lot
        for lot in tree.right_in(folder)
        for stack in lot.stacks
        for clip in stack.clips
    }
    _kept.pop(str(path.parent), None)
    if len(folder.files) > _LARGE:
        now = time.monotonic()
        while len(_kept) >= _KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[str(path.parent)] = _Kept(lots, now + _WORTH * (now - begun))
    return lots


def _renewed(lot: Lot, expected: Callable[[str], Sequence[str]]) -> Lot | None:
    """Look at a movie's files anew; None where one of its videos is gone."""
    (folder,) = lot.folders
    names = {file.name for file in folder.files}
    stems = {stem for stack in lot.stacks for stem in (stack.base, stack.clips[0].stem)}
    names |= {name for stem in stems for name in expected(stem)}
    fresh = {name: file for name in names if (file := folders.file(folder.path, name))}
    clips = [clip for stack in lot.stacks for clip in stack.clips]
    if any(clip.file.name not in fresh for clip in clips):
        return None
    stacks = tuple(
        structs.replace(
            stack,
            clips=tuple(structs.replace(one, file=fresh[one.file.name]) for one in stack.clips),
        )
        for stack in lot.stacks
    )
    found = tuple(fresh[name] for name in sorted(fresh))
    return structs.replace(lot, folders=(structs.replace(folder, files=found),), stacks=stacks)
