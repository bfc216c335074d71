"""The audio files that a person means by the path of a file or a folder."""

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
    """Where paths lie that are not absolute: below a folder, else below the library."""

    def __init__(self, home: Path, folder: Path) -> None:
        self._home, self._folder = home, folder

    def find(self, text: str) -> Path:
        """Return what a path means; UsageFailed where nothing is there.

        It may be escaped, as our own lists write it.
        """
        for base in (self._folder, self._library):
            for name in dict.fromkeys((text, files.unescape(text), _expanded(text))):
                path = base / name
                if text and os.path.lexists(path):
                    return path.absolute()
        raise UsageFailed(f'There is no file or folder "{files.printable(text)}".')

    @cached_property
    def ignored(self) -> tuple[str, ...]:
        """The patterns of files that scans pass over."""
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

    `ignored` are the user's patterns of files that a scan passes over; so in the other functions.
    UsageFailed where there are none, Unreadable where a folder refuses.
    """
    return _found(path, lambda _: True, ignored)


def album(path: Path, ignored: tuple[str, ...] = ()) -> list[Path]:
    """Return the audio files of one album: those in its folder and in the folders of its discs.

    The discs may be next to each other, as "Dawn (Disc 1)" and "Dawn (Disc 2)". Of a file it is the
    file itself. Raises what `tracks` does.
    """
    return [file for folder in _discs(path, ignored) for file in _found(folder, _is_part, ignored)]


def _discs(path: Path, ignored: tuple[str, ...]) -> list[Path]:
    """Return the folders that a scan makes one album of, in which a folder is."""
    if not (path.is_dir() and discs.number_of(path.name)):
        return [path]
    above = path.resolve().parent
    merged = discs.merged(one.name for one in folders.below(above, ignored))
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
    """Return the tracks of several paths, each once."""
    found = {file.resolve(): file for path in paths for file in tracks(path, ignored)}
    return list(found.values())


def shown(path: Path) -> str:
    """Write a path as it is shown: below the working directory, or whole."""
    here = Path.cwd()
    return files.escape(path.relative_to(here) if path.is_relative_to(here) else path)


def _expanded(text: str) -> str:
    """Write out a "~" at the beginning; a folder may bear such a name itself."""
    try:
        return str(Path(text).expanduser())
    except RuntimeError:  # there is no such user
        return text


def _found(path: Path, wanted: Callable[[Folder], bool], ignored: tuple[str, ...]) -> list[Path]:
    if not path.is_dir():
        return [path]
    listed = sorted(folders.walk(path, ignored=ignored), key=lambda folder: folder.place)
    found = []
    for folder in filter(wanted, listed):
        if folder.fault:
            raise access.refusal(folder.path, folder.fault) from folder.fault
        paths = (Path(folder.path, file.name) for file in folder.candidates)
        found += [one for one in paths if one.suffix.lower() not in formats.MIXED or _sounds(one)]
    if not found:
        raise UsageFailed(f"{shown(path)} holds no audio files{_elsewhere(listed)}.")
    return found


def _sounds(path: Path) -> bool:
    """Tell whether an MP4 that may be a film holds sound alone."""
    try:
        return bool(tags.read(path))
    except Unreadable:
        return False


def _is_part(folder: Folder) -> bool:
    return all(map(discs.is_disc, folder.place.split("/"))) if folder.place else True


def _elsewhere(listed: Iterable[Folder]) -> str:
    """Point to folders further down, where a folder of albums was given for an album."""
    below = [folder.place for folder in listed if folder.audio]
    return f', but "{files.display_path(below[0])}" in it does' if below else ""
