"""A library's movies as they lie on the disk, and one movie with all that lies beside it.

What is one movie, is told in `tree`; what a file beside a video is, in `companions`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from mediakeep import files
from mediakeep.errors import LibraryGone, Unreadable
from mediakeep.item import Found
from mediakeep.media import access, folders
from mediakeep.media.folders import File, Folder
from mediakeep.movies.gathering import companions, formats, listings, local, tree
from mediakeep.movies.gathering.tree import Lot
from mediakeep.movies.model import Movie

UNREADABLE = "unreadable"  # the fingerprint of a movie whose folder refuses to be listed

_MADE = (".nfo", companions.SIDECAR, companions.LOCK, "-poster.jpg", "-poster.png", "-fanart.jpg")


def library(root: Path, ignored: tuple[str, ...] = ()) -> Iterator[Found]:
    """Find the movies of a library, sorted by their keys.

    `ignored` are the user's patterns, see `media.ignoring`; so in the functions below.

    Names, sizes and times only, no file is opened. A folder that refuses is found as well, with a
    count of 0. LibraryGone where there is no such folder, Unreadable where it refuses.
    """
    listed = _walk(root, ignored)
    lots = tree.arrange(listed, library=True)
    inside = {lot.place for lot in lots if lot.own}
    refused = [one for one in listed if one.fault and not inside & set(_ways(one.place))]
    found = [_found(root, lot) for lot in lots] + [_refused(root, one.place) for one in refused]
    return iter(sorted(found, key=lambda one: one.key))


def at(path: Path, ignored: tuple[str, ...] = ()) -> Iterator[Found]:
    """Find the movies at a path: the one that it is, or else those that it holds.

    They are those that a scan of what lies around finds, which is not walked. Raises what
    `library` does.
    """
    if path.is_dir():
        lots = tree.arrange(_walk(path, ignored), library=False)
        if [lot.place for lot in lots if lot.own] == [""]:
            yield _found(path.parent, structs.replace(lots[0], place=path.name))
        else:
            yield from library(path, ignored)
    elif path.suffix.lower() in formats.VIDEOS:
        right = tree.right_in(folders.right_in(path.parent, ignored))
        yield from (_found(path.parent, lot) for lot in right if lot.place == path.name)


def left_out(root: Path, ignored: tuple[str, ...] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name the videos that belong to no movie, and the sidecars beside several that fit none.

    Such videos are trailers and samples that lie by themselves. Places are escaped and sorted;
    sidecars in a movie's own folder are told of with that movie.
    """
    places = _unheld(root, ignored)
    videos = [place for place in places if place.lower().endswith(tuple(formats.VIDEOS))]
    orphans = [place for place in places if not place.lower().endswith(tuple(formats.VIDEOS))]
    return tuple(map(files.escape, videos)), tuple(map(files.escape, orphans))


def movie(path: Path, key: str, library: Path, ignored: tuple[str, ...] = ()) -> Movie:
    """Read one movie of a library; of pictures alone a few bytes are read.

    Unreadable where it refuses, is gone, or its folder holds several movies by now.
    """
    lot = _lot(path, ignored)
    found = local.describe(lot, path, key, library)
    return structs.replace(found, fingerprint=_fingerprint(lot))


def fingerprint(path: Path, ignored: tuple[str, ...] = ()) -> str:
    """Return the fingerprint of a movie by its path, the same that `library` finds."""
    return _fingerprint(_lot(path, ignored))


def _lot(path: Path, ignored: tuple[str, ...]) -> Lot:
    return _in_folder(path, ignored) if path.is_dir() else _beside_others(path, ignored)


def _walk(root: Path, ignored: tuple[str, ...]) -> list[Folder]:
    listed = list(folders.walk(root, formats.PAST, ignored))
    if listed and not listed[0].place and (fault := listed[0].fault):
        if isinstance(fault, FileNotFoundError | NotADirectoryError):
            raise LibraryGone(files.escape(root), "missing") from fault
        raise access.refusal(root, fault) from fault
    return listed


def _in_folder(path: Path, ignored: tuple[str, ...]) -> Lot:
    listed = list(folders.walk(path, formats.PAST, ignored))
    for folder in listed:
        if folder.fault:
            raise access.refusal(folder.path, folder.fault) from folder.fault
    lots = tree.arrange(listed, library=False) if listed else []
    if len(lots) == 1 and lots[0].own and not lots[0].place:
        return lots[0]
    why = "it holds several movies by now" if lots else "no video is left in it"
    raise Unreadable(files.escape(path), why, "Scan the library again.")


def _beside_others(path: Path, ignored: tuple[str, ...]) -> Lot:
    try:
        lot = listings.lot(path, lambda base: [f"{base}{tail}" for tail in _MADE], ignored)
    except OSError as error:
        raise access.refusal(path.parent, error) from error
    if lot is None:
        gone = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        raise access.refusal(path, gone) from gone
    return lot


def _found(root: Path, lot: Lot) -> Found:
    return Found(
        key=files.escape(lot.place),
        path=files.escape(root / lot.place),
        fingerprint=_fingerprint(lot),
        fields={"file_count": lot.count},
    )


def _refused(root: Path, place: str) -> Found:
    path = files.escape(root / place)
    fields = {"file_count": 0}
    return Found(key=files.escape(place), path=path, fingerprint=UNREADABLE, fields=fields)


def _fingerprint(lot: Lot) -> str:
    if any(folder.fault for folder in lot.folders):
        return UNREADABLE
    return folders.digest(lot.folders)


def _unheld(root: Path, ignored: tuple[str, ...]) -> list[str]:
    """Name the videos and sidecars below a library that no movie holds, sorted."""
    listed = _walk(root, ignored)
    lots = tree.arrange(listed, library=True)
    own = {lot.place for lot in lots if lot.own}
    held = {
        (folder.path, file.name)
        for lot in lots
        if not lot.own
        for folder in lot.folders
        for file in folder.files
    }
    return sorted(
        folder.place_of(file.name)
        for folder in listed
        if not own & set(_ways(folder.place))
        for file in folder.files
        if (folder.path, file.name) not in held and _matters(file)
    )


def _matters(file: File) -> bool:
    return file.suffix in formats.VIDEOS or companions.is_sidecar(file)


def _ways(place: str) -> Iterator[str]:
    """Give the place of a folder and those of the folders that it lies in, below the root."""
    while place:
        yield place
        place = place.rpartition("/")[0]
