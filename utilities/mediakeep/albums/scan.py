"""Find the albums of a library by listing its folders; no file is opened.

An album is a folder with audio files, together with the folders below it. The folders of its discs
("CD 1", "Disc 2") are part of it. Audio files in a folder that contains other albums belong to no
album.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path, PurePosixPath

from mediakeep import path_text
from mediakeep.item import ScannedItem
from mediakeep.media import folder_groups, ignore_rules
from mediakeep.media.folder_groups import FolderGroups
from mediakeep.media.folder_listing import ListedFolder

_find_files = attrgetter("audio_files")


def find_albums(root: Path, ignored: tuple[str, ...] = ()) -> Iterator[ScannedItem]:
    """Yield the albums of a library, sorted; raise Unreadable if a folder cannot be listed."""
    for relative, folders in sorted(_list_albums(root, ignored).groups.items()):
        yield folder_groups.build_item(root, relative, folders, _count_tracks(folders))


def find_strays(root: Path, ignored: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the escaped paths of the audio files that belong to no album."""
    return tuple(map(path_text.escape_path, _list_albums(root, ignored).strays))


def scan_album(folder: Path) -> ScannedItem | None:
    """Return one album folder as a scan finds it, or None if it contains no audio files."""
    folders = folder_groups.list_folders(folder)
    fields = _count_tracks(folders)
    return folder_groups.build_item(folder, "", folders, fields) if any(fields.values()) else None


def _list_albums(root: Path, ignored: tuple[str, ...]) -> FolderGroups:
    listed = folder_groups.list_folders(root, ignore_rules.for_library(ignored, root))
    return folder_groups.group_folders(listed, _find_files, _is_disc)


def _is_disc(folder: PurePosixPath) -> bool:
    return folder_groups.is_disc_name(folder.name)


def _count_tracks(folders: Sequence[ListedFolder]) -> dict[str, int]:
    return {"track_count": sum(len(folder.audio_files) for folder in folders)}
