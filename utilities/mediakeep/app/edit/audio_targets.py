"""Find the audio files that a path of a file or a folder stands for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

from mediakeep import path_text
from mediakeep.app.subjects import registry
from mediakeep.errors import NoQueue, Unreadable, UsageError
from mediakeep.media import folder_listing, ignore_rules, open_file
from mediakeep.media.audio import formats, tags
from mediakeep.media.folder_listing import ListedFolder
from mediakeep.music import scan
from mediakeep.music.item import MUSIC
from mediakeep.music.text import disc_folders
from mediakeep.queue import readonly


class AudioFileFinder:
    """Resolves relative paths: against a folder, or else against the library.

    `links` is the policy for symbolic links, which decides what is ignored.
    """

    def __init__(self, home: Path, folder: Path, links: str) -> None:
        self._home, self._folder, self._links = home, folder, links

    def find_path(self, text: str) -> Path:
        """Return the path that a text names; raise UsageError if it does not exist.

        The text may be escaped, as in mediakeep's own lists.
        """
        for base in (self._folder, self._library_folder):
            for name in dict.fromkeys((text, path_text.unescape_path(text), _expand_user(text))):
                path = base / name
                if text and os.path.lexists(path):
                    return path.absolute()
        raise UsageError(f'No such file or folder: "{path_text.to_printable(text)}".')

    @cached_property
    def ignored(self) -> ignore_rules.IgnoreSettings:
        """The ignore settings of the home, and the policy for links."""
        settings = registry.read_ignore_settings(self._home, self._links)
        return settings.for_library(self._library_folder)

    @cached_property
    def _library_folder(self) -> Path:
        try:
            head = readonly.load_state(registry.queue_folder(self._home, MUSIC), MUSIC).head
        except NoQueue:
            return self._folder
        return Path(path_text.unescape_path(head.library_path))


def find_tracks(
    path: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> list[Path]:
    """Return a file itself, or all audio files below a folder, as a scan finds them.

    `ignored` are the user's ignore settings, here and in the other functions. Raise UsageError if
    there are none, Unreadable if a folder cannot be listed.
    """
    return _collect_audio_files(path, lambda _: True, ignored)


def find_album_tracks(
    path: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> list[Path]:
    """Return the audio files of one album: those in its folder and in its disc folders.

    The discs may be sibling folders, such as "Dawn (Disc 1)" and "Dawn (Disc 2)". For a file,
    return the file itself. Raise the errors of `find_tracks`.
    """
    return [
        file
        for folder in _find_disc_folders(path, ignored)
        for file in _collect_audio_files(folder, _is_album_or_disc_folder, ignored)
    ]


def _find_disc_folders(path: Path, ignored: ignore_rules.IgnoreSettings) -> list[Path]:
    """Return the sibling folders that a scan merges into one album with this folder."""
    if not (path.is_dir() and disc_folders.trailing_disc_number(path.name)):
        return [path]
    above = path.resolve().parent
    merged = disc_folders.merge_disc_folders(
        folder.name for folder in folder_listing.list_subfolders(above, ignored)
    )
    own = merged.get(path.resolve().name)
    names = [name for name, first in merged.items() if first == own]
    if len(names) < 2:
        return [path]
    albums = {
        name: album
        for name in names
        for album in scan.read_artist(above / name, ignored=ignored).albums[:1]
    }
    if path.resolve().name not in albums or scan.are_different_albums(list(albums.values())):
        return [path]
    return [path.parent / name for name in albums]


def find_all(
    paths: Iterable[Path], ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> list[Path]:
    """Return the tracks of several paths, without duplicates."""
    by_real_path = {file.resolve(): file for path in paths for file in find_tracks(path, ignored)}
    return list(by_real_path.values())


def display_path(path: Path) -> str:
    """Return a path for display: relative to the working directory, or absolute."""
    here = Path.cwd()
    return path_text.escape_path(path.relative_to(here) if path.is_relative_to(here) else path)


def _expand_user(text: str) -> str:
    """Expand a leading "~"; a folder may also have such a name."""
    try:
        return str(Path(text).expanduser())
    except RuntimeError:  # no such user
        return text


def _collect_audio_files(
    path: Path, wanted: Callable[[ListedFolder], bool], ignored: ignore_rules.IgnoreSettings
) -> list[Path]:
    if not path.is_dir():
        return [path]
    listed = sorted(
        folder_listing.walk_tree(path, ignored=ignored), key=lambda folder: folder.relative_path
    )
    result = []
    for folder in filter(wanted, listed):
        if folder.error:
            raise open_file.to_unreadable(folder.path, folder.error) from folder.error
        paths = (Path(folder.path, file.name) for file in folder.audio_candidates)
        result += [
            audio_path
            for audio_path in paths
            if audio_path.suffix.lower() not in formats.AMBIGUOUS_SUFFIXES
            or _is_audio_only(audio_path)
        ]
    if not result:
        raise UsageError(f"{display_path(path)} holds no audio files{_subfolder_hint(listed)}.")
    return result


def _is_audio_only(path: Path) -> bool:
    """Return whether an MP4, which might be a movie, is audio only."""
    try:
        return bool(tags.read(path))
    except Unreadable:
        return False


def _is_album_or_disc_folder(folder: ListedFolder) -> bool:
    return (
        all(map(disc_folders.is_disc_folder, folder.relative_path.split("/")))
        if folder.relative_path
        else True
    )


def _subfolder_hint(listed: Iterable[ListedFolder]) -> str:
    """Return a hint to a subfolder with audio files, or ""."""
    below = [folder.relative_path for folder in listed if folder.audio_files]
    return f', but its subfolder "{path_text.display_path(below[0])}" does' if below else ""
