"""Scan a library for movies, and read one movie with all its files.

`group_files` decides which files are one movie, `match_sidecars` what a file next to a video is.
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

UNREADABLE = "unreadable"  # fingerprint of a movie whose folder cannot be listed

_MADE = (".nfo", companions.SIDECAR, companions.LOCK, "-poster.jpg", "-poster.png", "-fanart.jpg")


def library(root: Path, ignored: tuple[str, ...] = ()) -> Iterator[Found]:
    """Find the movies of a library, sorted by key.

    Only names, sizes and times are read. A folder that cannot be listed is reported as an item with
    a count of 0. Raise LibraryGone if the library does not exist, and Unreadable if it cannot be
    listed. `ignored` are the user's patterns (see `media.ignoring`), here and in the functions
    below.
    """
    listed = _walk(root, ignored)
    lots = tree.arrange(listed, library=True)
    own_folders = {lot.place for lot in lots if lot.own}
    refused = [
        folder for folder in listed if folder.fault and not own_folders & set(_ways(folder.place))
    ]
    items = [_found(root, lot) for lot in lots]
    items += [_refused(root, folder.place) for folder in refused]
    return iter(sorted(items, key=lambda item: item.key))


def at(path: Path, ignored: tuple[str, ...] = ()) -> Iterator[Found]:
    """Find the movies at a path: the movie itself, or those in the folder.

    The result equals that of a library scan, without walking the rest of the library. Raise the
    same errors as `find_movies`.
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
    """Return videos that belong to no movie, and sidecars in shared folders without a video.

    Such videos are trailers and samples without a movie. Places are escaped and sorted. Unmatched
    sidecars in a movie's own folder are reported with that movie.
    """
    places = _unheld(root, ignored)
    videos = [place for place in places if place.lower().endswith(tuple(formats.VIDEOS))]
    orphans = [place for place in places if not place.lower().endswith(tuple(formats.VIDEOS))]
    return tuple(map(files.escape, videos)), tuple(map(files.escape, orphans))


def movie(path: Path, key: str, library: Path, ignored: tuple[str, ...] = ()) -> Movie:
    """Read one movie of a library; of its files, only a few bytes of pictures are read.

    Raise Unreadable if it cannot be read, is gone, or its folder now holds several movies.
    """
    lot = _lot(path, ignored)
    described = local.describe(lot, path, key, library)
    return structs.replace(described, fingerprint=_fingerprint(lot))


def fingerprint(path: Path, ignored: tuple[str, ...] = ()) -> str:
    """Return the fingerprint of the movie at a path, equal to that of `find_movies`."""
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
        missing = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        raise access.refusal(path, missing) from missing
    return lot


def _found(root: Path, movie: Lot) -> Found:
    return Found(
        key=files.escape(movie.place),
        path=files.escape(root / movie.place),
        fingerprint=_fingerprint(movie),
        fields={"file_count": movie.count},
    )


def _refused(root: Path, place: str) -> Found:
    path = files.escape(root / place)
    fields = {"file_count": 0}
    return Found(key=files.escape(place), path=path, fingerprint=UNREADABLE, fields=fields)


def _fingerprint(movie: Lot) -> str:
    if any(folder.fault for folder in movie.folders):
        return UNREADABLE
    return folders.digest(movie.folders)


def _unheld(root: Path, ignored: tuple[str, ...]) -> list[str]:
    """Return the videos and sidecars of a library that belong to no movie, sorted."""
    listed = _walk(root, ignored)
    lots = tree.arrange(listed, library=True)
    own_folders = {lot.place for lot in lots if lot.own}
    assigned = {
        (folder.path, file.name)
        for lot in lots
        if not lot.own
        for folder in lot.folders
        for file in folder.files
    }
    return sorted(
        folder.place_of(file.name)
        for folder in listed
        if not own_folders & set(_ways(folder.place))
        for file in folder.files
        if (folder.path, file.name) not in assigned and _matters(file)
    )


def _matters(file: File) -> bool:
    return file.suffix in formats.VIDEOS or companions.is_sidecar(file)


def _ways(place: str) -> Iterator[str]:
    """Yield the place of a folder and of its parents, below the root."""
    while place:
        yield place
        place = place.rpartition("/")[0]
