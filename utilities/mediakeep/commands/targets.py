"""Find the audio files that a path of a file or a folder stands for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

from mediakeep import files, kinds
from mediakeep.commands import subjects
from mediakeep.errors import NoQueue, Unreadable, UsageFailed
from mediakeep.media import access, folders, formats, tags
from mediakeep.media.folders import Folder
from mediakeep.music import discs, scan
from mediakeep.queue import reading


class Finder:
    """Resolves relative paths: against a folder, or else against the library."""

    def __init__(self, home: Path, folder: Path) -> None:
        self._home, self._folder = home, folder

    def find(self, text: str) -> Path:
        """Return the path that a text names; raise UsageError if it does not exist.

        The text may be escaped, as in mediakeep's own lists.
        """
        for base in (self._folder, self._library):
            for name in dict.fromkeys((text, files.unescape(text), _expanded(text))):
                path = base / name
                if text and os.path.lexists(path):
                    return path.absolute()
        raise UsageFailed(f'No such file or folder: "{files.printable(text)}".')

    @cached_property
    def ignored(self) -> tuple[str, ...]:
        """The ignore patterns of the home."""
        return subjects.ignored(self._home)

    @cached_property
    def _library(self) -> Path:
        try:
            head = reading.state(subjects.folder(self._home, kinds.MUSIC), kinds.MUSIC).head
        except NoQueue:
            return self._folder
        return Path(files.unescape(head.library_path))


def tracks(path: Path, ignored: tuple[str, ...] = ()) -> list[Path]:
    """Return a file itself, or all audio files below a folder, as a scan finds them.

    `ignored` are the user's ignore patterns, here and in the other functions. Raise UsageError if
    there are none, Unreadable if a folder cannot be listed.
    """
    return _found(path, lambda _: True, ignored)


def album(path: Path, ignored: tuple[str, ...] = ()) -> list[Path]:
    """Return the audio files of one album: those in its folder and in its disc folders.

    The discs may be sibling folders, such as "Dawn (Disc 1)" and "Dawn (Disc 2)". For a file,
    return the file itself. Raise the errors of `find_tracks`.
    """
    return [file for folder in _discs(path, ignored) for file in _found(folder, _is_part, ignored)]


def _discs(path: Path, ignored: tuple[str, ...]) -> list[Path]:
    """Return the sibling folders that a scan merges into one album with this folder."""
    if not (path.is_dir() and discs.number_of(path.name)):
        return [path]
    above = path.resolve().parent
    merged = discs.merged(folder.name for folder in folders.below(above, ignored))
    own = merged.get(path.resolve().name)
    names = [name for name, first in merged.items() if first == own]
    if len(names) < 2:
        return [path]
    albums = {
        name: album
        for name in names
        for album in scan.artist(above / name, ignored=ignored).albums[:1]
    }
    if path.resolve().name not in albums or scan.are_different(list(albums.values())):
        return [path]
    return [path.parent / name for name in albums]


def every(paths: Iterable[Path], ignored: tuple[str, ...] = ()) -> list[Path]:
    """Return the tracks of several paths, without duplicates."""
    by_real_path = {file.resolve(): file for path in paths for file in tracks(path, ignored)}
    return list(by_real_path.values())


def shown(path: Path) -> str:
    """Return a path for display: relative to the working directory, or absolute."""
    here = Path.cwd()
    return files.escape(path.relative_to(here) if path.is_relative_to(here) else path)


def _expanded(text: str) -> str:
    """Expand a leading "~"; a folder may also have such a name."""
    try:
        return str(Path(text).expanduser())
    except RuntimeError:  # no such user
        return text


def _found(path: Path, wanted: Callable[[Folder], bool], ignored: tuple[str, ...]) -> list[Path]:
    if not path.is_dir():
        return [path]
    listed = sorted(folders.walk(path, ignored=ignored), key=lambda folder: folder.place)
    result = []
    for folder in filter(wanted, listed):
        if folder.fault:
            raise access.refusal(folder.path, folder.fault) from folder.fault
        paths = (Path(folder.path, file.name) for file in folder.candidates)
        result += [
            audio_path
            for audio_path in paths
            if audio_path.suffix.lower() not in formats.MIXED or _sounds(audio_path)
        ]
    if not result:
        raise UsageFailed(f"{shown(path)} holds no audio files{_elsewhere(listed)}.")
    return result


def _sounds(path: Path) -> bool:
    """Return whether an MP4, which might be a movie, is audio only."""
    try:
        return bool(tags.read(path))
    except Unreadable:
        return False


def _is_part(folder: Folder) -> bool:
    return all(map(discs.is_disc, folder.place.split("/"))) if folder.place else True


def _elsewhere(listed: Iterable[Folder]) -> str:
    """Return a hint to a subfolder with audio files, or ""."""
    below = [folder.place for folder in listed if folder.audio]
    return f', but its subfolder "{files.display_path(below[0])}" does' if below else ""
