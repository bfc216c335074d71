"""Scan a library for movies, and read one movie with all its files.

`group_files` decides which files are one movie, `match_sidecars` what a file next to a video is.

Listing a folder of 50,000 movies again for each movie would take hours, and each processed movie
changes the folder by adding sidecars. So the listing of a large folder is reused for a while; at
most a twentieth of the time goes into listings. New sidecars are looked up by name.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import LibraryMissing, Unreadable
from mediakeep.item import ScannedItem
from mediakeep.media import folder_listing, ignore_rules, open_file
from mediakeep.media.folder_listing import ListedFile, ListedFolder
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.scan import describe_movie, file_types, group_files, match_sidecars
from mediakeep.movies.scan.group_files import MovieFiles

UNREADABLE_FINGERPRINT = "unreadable"  # fingerprint of a movie whose folder cannot be listed

_VIDEO_OR_LINK_SUFFIXES = (*file_types.VIDEO_SUFFIXES, *file_types.STREAM_LINK_SUFFIXES)
_WRITTEN_SUFFIXES = (
    ".nfo",
    match_sidecars.METADATA_SUFFIX,
    match_sidecars.LOCK_SUFFIX,
    "-poster.jpg",
    "-poster.png",
    "-fanart.jpg",
)
_MIN_CACHED_FILES = 1000  # files in a folder above which its listing is cached
_LIFETIME_FACTOR = 20  # lifetime of a listing, as a multiple of the time that it took
_MAX_FOLDERS = 4  # cached folders


def find_movies(
    root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> Iterator[ScannedItem]:
    """Find the movies of a library, sorted by key.

    Only names, sizes and times are read. A folder that cannot be listed is reported as an item with
    a count of 0. Raise LibraryMissing if the library does not exist, and Unreadable if it cannot be
    listed. `ignored` are the user's patterns (see `media.ignore_rules`).
    """
    listed = _walk_library(root, ignored)
    lots = group_files.group_by_movie(listed, library=True)
    own_folders = {lot.place for lot in lots if lot.own_folder}
    refused = [
        folder
        for folder in listed
        if folder.error and not own_folders & set(_folder_and_parents(folder.relative_path))
    ]
    items = [_to_scanned_item(root, lot) for lot in lots]
    items += [_unreadable_item(root, folder.relative_path) for folder in refused]
    return iter(sorted(items, key=lambda item: item.key))


def find_movies_at(
    path: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> Iterator[ScannedItem]:
    """Find the movies at a path: the movie itself, or all movies in the folder.

    The result equals that of a library scan, without walking the rest of the library. `ignored` are
    the user's patterns. Raise the same errors as `find_movies`.
    """
    if path.is_dir():
        lots = group_files.group_by_movie(_walk_library(path, ignored), library=False)
        if [lot.place for lot in lots if lot.own_folder] == [""]:
            yield _to_scanned_item(path.parent, structs.replace(lots[0], place=path.name))
        else:
            yield from find_movies(path, ignored)
    elif path.suffix.lower() in file_types.VIDEO_SUFFIXES:
        right = group_files.group_folder_files(folder_listing.list_folder(path.parent, ignored))
        yield from (_to_scanned_item(path.parent, lot) for lot in right if lot.place == path.name)


def find_unassigned_files(
    root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the videos that belong to no movie, and the sidecars without a video.

    Such videos are trailers and samples without a movie, and links to streams. Only sidecars in
    shared folders are returned: a movie's own folder is reported with that movie. Paths are
    relative to the library, escaped and sorted.
    """
    videos, orphans = list[str](), list[str]()
    for place in _list_unassigned(root, ignored):
        is_video = place.lower().endswith(_VIDEO_OR_LINK_SUFFIXES)
        (videos if is_video else orphans).append(path_text.escape_path(place))
    return tuple(videos), tuple(orphans)


def read_movie(
    path: Path,
    key: str,
    library: Path,
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
) -> LocalMovie:
    """Read one movie of a library; of its files, only a few bytes of pictures are read.

    Raise Unreadable if it cannot be read, is gone, or its folder now holds several movies.
    """
    lot = _find_movie_files(path, ignored.for_library(library))
    described = describe_movie.describe(lot, path, key, library)
    return structs.replace(described, fingerprint=_fingerprint_files(lot))


def _find_movie_files(path: Path, ignored: ignore_rules.IgnoreSettings) -> MovieFiles:
    return (
        _movie_in_own_folder(path, ignored)
        if path.is_dir()
        else _movie_in_shared_folder(path, ignored)
    )


def _walk_library(root: Path, ignored: ignore_rules.IgnoreSettings) -> list[ListedFolder]:
    ignored = ignored.for_library(root)
    listed = list(folder_listing.walk_tree(root, file_types.SKIPPED_FOLDERS, ignored))
    if listed and not listed[0].relative_path and (fault := listed[0].error):
        if isinstance(fault, FileNotFoundError | NotADirectoryError):
            raise LibraryMissing(path_text.escape_path(root), "missing") from fault
        raise open_file.to_unreadable(root, fault) from fault
    return listed


def _movie_in_own_folder(path: Path, ignored: ignore_rules.IgnoreSettings) -> MovieFiles:
    listed = list(folder_listing.walk_readable_tree(path, file_types.SKIPPED_FOLDERS, ignored))
    lots = group_files.group_by_movie(listed, library=False) if listed else []
    if len(lots) == 1 and lots[0].own_folder and not lots[0].place:
        return lots[0]
    why = "it holds several movies by now" if lots else "no video is left in it"
    raise Unreadable(path_text.escape_path(path), why, "Scan the library again.")


def _movie_in_shared_folder(path: Path, ignored: ignore_rules.IgnoreSettings) -> MovieFiles:
    with open_file.translate_errors(path.parent):
        lot = get_movie_files(
            path, lambda base: [f"{base}{tail}" for tail in _WRITTEN_SUFFIXES], ignored
        )
    if lot is None:
        missing = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        raise open_file.to_unreadable(path, missing) from missing
    return lot


def _to_scanned_item(root: Path, movie: MovieFiles) -> ScannedItem:
    return ScannedItem(
        key=path_text.escape_path(movie.place),
        path=path_text.escape_path(root / movie.place),
        fingerprint=_fingerprint_files(movie),
        fields={"file_count": movie.video_count},
    )


def _unreadable_item(root: Path, place: str) -> ScannedItem:
    path = path_text.escape_path(root / place)
    fields = {"file_count": 0}
    return ScannedItem(
        key=path_text.escape_path(place),
        path=path,
        fingerprint=UNREADABLE_FINGERPRINT,
        fields=fields,
    )


def _fingerprint_files(movie: MovieFiles) -> str:
    if any(folder.error for folder in movie.folders):
        return UNREADABLE_FINGERPRINT
    return folder_listing.compute_folders_fingerprint(movie.folders)


def _list_unassigned(root: Path, ignored: ignore_rules.IgnoreSettings) -> list[str]:
    """Return the videos and sidecars of a library that belong to no movie, sorted."""
    listed = _walk_library(root, ignored)
    lots = group_files.group_by_movie(listed, library=True)
    own_folders = {lot.place for lot in lots if lot.own_folder}
    assigned = {
        (folder.path, file.name)
        for lot in lots
        if not lot.own_folder
        for folder in lot.folders
        for file in folder.files
    }
    return sorted(
        folder.relative_path_of(file.name)
        for folder in listed
        if not own_folders & set(_folder_and_parents(folder.relative_path))
        for file in folder.files
        if (folder.path, file.name) not in assigned and _is_video_or_sidecar(file)
    )


def _is_video_or_sidecar(file: ListedFile) -> bool:
    return file.suffix in _VIDEO_OR_LINK_SUFFIXES or match_sidecars.is_sidecar_name(file)


def _folder_and_parents(place: str) -> Iterator[str]:
    """Yield the path of a folder and of its parents, up to the root, which is left out."""
    while place:
        yield place
        place = place.rpartition("/")[0]


class _CachedFolder(msgspec.Struct):
    movies: dict[str, MovieFiles]  # by the name of each video
    expires: float


_cached_folders: dict[str, _CachedFolder] = {}


def get_movie_files(
    path: Path,
    expected: Callable[[str], Sequence[str]],
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
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


def _list_folder(path: Path, ignored: ignore_rules.IgnoreSettings) -> dict[str, MovieFiles]:
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
    movie: MovieFiles,
    expected: Callable[[str], Sequence[str]],
    ignored: ignore_rules.IgnoreSettings,
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
