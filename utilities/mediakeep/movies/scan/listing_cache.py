"""Cache the listings of large folders that many movies share.

Listing a folder of 50,000 movies again for each movie would take hours, and each processed movie
changes the folder by adding sidecars. So the listing of a large folder is reused for a while; at
most a twentieth of the time goes into listings. New sidecars are looked up by name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep.media import folder_listing, ignore_rules
from mediakeep.movies.scan import group_files
from mediakeep.movies.scan.group_files import MovieFiles

_MIN_CACHED_FILES = 1000  # files in a folder above which its listing is cached
_LIFETIME_FACTOR = 20  # lifetime of a listing, as a multiple of the time that it took
_MAX_FOLDERS = 4  # cached folders


class _CachedFolder(msgspec.Struct):
    movies: dict[str, MovieFiles]  # by the name of each video
    expires: float


_cached_folders: dict[str, _CachedFolder] = {}


def get_movie_files(
    path: Path, expected: Callable[[str], Sequence[str]], ignored: tuple[str, ...] = ()
) -> MovieFiles | None:
    """Return the files of the movie to which a video in a shared folder belongs.

    Return None if the video no longer exists. `expected` returns the names of sidecars that may
    have been created since the folder was listed, given the start of their names. `ignored` are the
    user's patterns. Raise OSError if the folder cannot be read.
    """
    folder = str(path.parent)
    cached = _cached_folders.get(folder)
    if cached and time.monotonic() < cached.expires and (listed := cached.movies.get(path.name)):
        return _refresh_files(listed, expected, ignored)
    return _list_folder(path, ignored).get(path.name)


def _list_folder(path: Path, ignored: tuple[str, ...]) -> dict[str, MovieFiles]:
    start = time.monotonic()
    folder = folder_listing.list_folder(path.parent, ignored)
    lots = {
        video.file.name: lot
        for lot in group_files.group_folder_files(folder)
        for stack in lot.stacks
        for video in stack.videos
    }
    _cached_folders.pop(str(path.parent), None)
    if len(folder.files) > _MIN_CACHED_FILES:
        now = time.monotonic()
        while len(_cached_folders) >= _MAX_FOLDERS:
            _cached_folders.pop(next(iter(_cached_folders)))
        _cached_folders[str(path.parent)] = _CachedFolder(
            lots, now + _LIFETIME_FACTOR * (now - start)
        )
    return lots


def _refresh_files(
    movie: MovieFiles, expected: Callable[[str], Sequence[str]], ignored: tuple[str, ...]
) -> MovieFiles | None:
    """Read sizes and times of a movie's files again; return None if a video is gone."""
    (folder,) = movie.folders
    root = Path(folder.path)
    names = {file.name for file in folder.files}
    stems = {stem for stack in movie.stacks for stem in (stack.base, stack.videos[0].stem)}
    names |= {name for stem in stems for name in expected(stem)}
    fresh = {
        name: file
        for name in names
        if (file := folder_listing.get_listed_file(folder.path, name))
        and not ignore_rules.is_ignored(root / name, root, ignored)
    }
    clips = [video for stack in movie.stacks for video in stack.videos]
    if any(video.file.name not in fresh for video in clips):
        return None
    stacks = tuple(
        structs.replace(
            stack,
            videos=tuple(
                structs.replace(video, file=fresh[video.file.name]) for video in stack.videos
            ),
        )
        for stack in movie.stacks
    )
    present = tuple(fresh[name] for name in sorted(fresh))
    return structs.replace(movie, folders=(structs.replace(folder, files=present),), stacks=stacks)
