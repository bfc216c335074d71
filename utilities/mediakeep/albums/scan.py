"""Find the albums of a library by listing its folders; no file is opened.

An album is a folder with audio files, together with the folders below it. The folders of its discs
("CD 1", "Disc 2") are part of it. Audio files in a folder that contains other albums belong to no
album.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from mediakeep import path_text
from mediakeep.item import ScannedItem
from mediakeep.media import folder_listing, open_file
from mediakeep.media.folder_listing import ListedFolder

_DISC = re.compile(r"(cd|dis[ck]|dvd|lp|side|vinyl)[ ._-]*(\d{1,2}|[a-d])\b.*", re.IGNORECASE)


class FoundAlbums(msgspec.Struct, frozen=True):
    """The folders of each album by its path below the library, and audio files of no album."""

    albums: dict[str, list[ListedFolder]]
    strays: tuple[str, ...]


def find_albums(root: Path, ignored: tuple[str, ...] = ()) -> Iterator[ScannedItem]:
    """Yield the albums of a library, sorted; raise Unreadable if a folder cannot be listed."""
    for relative, folders in sorted(_list_albums(root, ignored).albums.items()):
        yield ScannedItem(
            key=path_text.escape_path(relative or root.name),
            path=path_text.escape_path(root / relative),
            fingerprint=folder_listing.compute_folders_fingerprint(folders),
            fields={"track_count": sum(len(folder.audio_files) for folder in folders)},
        )


def find_strays(root: Path, ignored: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the escaped paths of the audio files that belong to no album."""
    return tuple(map(path_text.escape_path, _list_albums(root, ignored).strays))


def scan_album(folder: Path) -> ScannedItem | None:
    """Return one album folder as a scan finds it, or None if it contains no audio files."""
    folders = [_check_listed(listed) for listed in folder_listing.walk_tree(folder)]
    count = sum(len(listed.audio_files) for listed in folders)
    return (
        ScannedItem(
            key=path_text.escape_path(folder.name),
            path=path_text.escape_path(folder),
            fingerprint=folder_listing.compute_folders_fingerprint(folders),
            fields={"track_count": count},
        )
        if count
        else None
    )


def _list_albums(root: Path, ignored: tuple[str, ...]) -> FoundAlbums:
    listed = [_check_listed(one) for one in folder_listing.walk_tree(root, ignored=ignored)]
    with_audio = [folder for folder in listed if folder.audio_files]
    tops = {_find_album(folder.relative_path) for folder in with_audio}
    mixed = {str(parent) for top in tops if top for parent in PurePosixPath(top).parents}
    tops -= {"" if parent == "." else parent for parent in mixed}
    albums, strays = defaultdict(list), []
    for folder in listed:
        path = PurePosixPath(folder.relative_path)
        above = ("" if str(place) == "." else str(place) for place in (path, *path.parents))
        top = next((place for place in above if place in tops), None)
        if top is not None:
            albums[top].append(folder)
        else:
            strays += [folder.relative_path_of(file.name) for file in folder.audio_files]
    return FoundAlbums(dict(albums), tuple(strays))


def _check_listed(folder: ListedFolder) -> ListedFolder:
    if folder.error:
        raise open_file.to_unreadable(Path(folder.path), folder.error)
    return folder


def _find_album(relative: str) -> str:
    """Return the path of the album that a folder with audio files belongs to."""
    path = PurePosixPath(relative)
    while path.name and _DISC.fullmatch(path.name):
        path = path.parent
    return "" if str(path) == "." else str(path)
