"""Cache the listings of large folders that many movies share.

Listing a folder of 50,000 movies again for each of them would take hours, and each processed movie
changes the folder by adding sidecars. So the listing of a large folder is reused for a while; at
most a twentieth of the time goes into listings. New sidecars are looked up by name.
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

_LARGE = 1000  # files in a folder above which its listing is cached
_WORTH = 20  # lifetime of a listing, as a multiple of the time that it took
_KEPT = 4  # cached folders


class _Kept(msgspec.Struct):
    lots: dict[str, Lot]  # by the name of each video
    until: float


_kept: dict[str, _Kept] = {}


def lot(
    path: Path, expected: Callable[[str], Sequence[str]], ignored: tuple[str, ...] = ()
) -> Lot | None:
    """Return the files of the movie that a video in a shared folder belongs to, or None if gone.

    `expected` returns the names of sidecars, for the base of a movie, that may have been created
    since the folder was listed; `ignored` are the user's patterns. Raise OSError if the folder
    cannot be read.
    """
    folder = str(path.parent)
    cached = _kept.get(folder)
    if cached and time.monotonic() < cached.until and (listed := cached.lots.get(path.name)):
        return _renewed(listed, expected)
    return _listed(path, ignored).get(path.name)


def _listed(path: Path, ignored: tuple[str, ...]) -> dict[str, Lot]:
    start = time.monotonic()
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
        _kept[str(path.parent)] = _Kept(lots, now + _WORTH * (now - start))
    return lots


def _renewed(movie: Lot, expected: Callable[[str], Sequence[str]]) -> Lot | None:
    """Stat the files of a movie again; return None if one of its videos is gone."""
    (folder,) = movie.folders
    names = {file.name for file in folder.files}
    stems = {stem for stack in movie.stacks for stem in (stack.base, stack.clips[0].stem)}
    names |= {name for stem in stems for name in expected(stem)}
    fresh = {name: file for name in names if (file := folders.file(folder.path, name))}
    clips = [clip for stack in movie.stacks for clip in stack.clips]
    if any(clip.file.name not in fresh for clip in clips):
        return None
    stacks = tuple(
        structs.replace(
            stack,
            clips=tuple(structs.replace(clip, file=fresh[clip.file.name]) for clip in stack.clips),
        )
        for stack in movie.stacks
    )
    present = tuple(fresh[name] for name in sorted(fresh))
    return structs.replace(movie, folders=(structs.replace(folder, files=present),), stacks=stacks)
