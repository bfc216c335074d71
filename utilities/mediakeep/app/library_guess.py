"""Guess what a folder holds, so that a new user learns the commands for it.

A guess looks at names and at the genre of a few files. The scan of the right kind finds the rest.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mediakeep.errors import MediakeepError
from mediakeep.media import ignore_rules
from mediakeep.media.audio import tags
from mediakeep.media.audio.formats import AUDIO_SUFFIXES
from mediakeep.movies.scan.file_types import VIDEO_SUFFIXES
from mediakeep.size_text import format_count

ARTISTS, ALBUMS, BOOKS, MOVIES = "artists", "loose albums", "books", "movies"
_MAX_FOLDERS = 500  # subfolders that are read
_MAX_LIBRARIES = 50  # folders that are read if the one above them holds nothing
_MAX_PARTS = 2  # videos of a movie that do not begin with the name of its folder
_MAX_TAGS = 50  # files whose tags are read
_BOOK_SUFFIX = ".m4b"
_BOOK_WORDS = re.compile(r"audio ?book|h[öo]rbuch|livre audio|spoken|speech", re.IGNORECASE)
_DISC = re.compile(r"(cd|dis[ck]|disque)[ _.-]*\d+", re.IGNORECASE)


class _Guess:
    """Counts the artists, loose albums, books and movies among the folders of a library."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._unread = _MAX_TAGS

    def add_folder(self, folder: Path) -> None:
        """Count a folder of a library: an artist, an album, a book or a movie."""
        files, folders = _list_folder(folder)
        below = [_list_folder(each)[0] for each in folders]
        inner = [found for found in below if _select(found, AUDIO_SUFFIXES)]
        own = _select(files, AUDIO_SUFFIXES)
        if own or (inner and all(_DISC.fullmatch(each.name) for each in folders)):
            self.counts[BOOKS if self._is_book(own or inner[0]) else ALBUMS] += 1
        elif inner and self._is_book(inner[0]):
            self.counts[BOOKS] += len(inner)
        elif inner:
            self.counts[ARTISTS] += 1
        elif videos := _select(files, VIDEO_SUFFIXES):
            self.counts[MOVIES] += not _is_movie_library(folder, videos)
        elif any(_select(found, VIDEO_SUFFIXES) for found in below) and all(
            _DISC.fullmatch(each.name) for each in folders
        ):
            self.counts[MOVIES] += 1

    def _is_book(self, files: list[Path]) -> bool:
        """Return whether audio files are a book, by their suffix or the genre of the first one."""
        if any(file.suffix.lower() == _BOOK_SUFFIX for file in files):
            return True
        self._unread -= 1
        if self._unread < 0:
            return False
        with contextlib.suppress(MediakeepError, OSError):
            return any(
                map(_BOOK_WORDS.search, tags.read(_select(files, AUDIO_SUFFIXES)[0]).tags.genres)
            )
        return False


def _is_movie_library(folder: Path, videos: list[Path]) -> bool:
    """Return whether a folder holds several movies, and not one with its parts and extras."""
    name = folder.name.casefold()
    named = any(video.name.casefold().startswith(name) for video in videos)
    return len(videos) > _MAX_PARTS and not named


def guess_content(folder: Path) -> Counter[str]:
    """Count the artists, loose albums, books and movies in a folder.

    Only its first 500 subfolders are read. Raise OSError if the folder cannot be listed.
    """
    os.scandir(folder).close()
    guess = _Guess()
    files, folders = _list_folder(folder)
    guess.counts[MOVIES] += len(_select(files, VIDEO_SUFFIXES))
    guess.counts[BOOKS] += len(_select(files, frozenset({_BOOK_SUFFIX})))
    for each in folders[:_MAX_FOLDERS]:
        guess.add_folder(each)
    return +guess.counts


def guess_subfolders(folder: Path) -> list[tuple[Path, Counter[str]]]:
    """Return the folders in a folder that hold something, and what, with the most first.

    Only the first 50 are read. That helps a user who has given the folder above the library.
    """
    found = [(each, _guess_readable(each)) for each in _list_folder(folder)[1][:_MAX_LIBRARIES]]
    return sorted([pair for pair in found if pair[1]], key=lambda pair: -pair[1].total())


def is_above_libraries(folder: Path, counts: Counter[str]) -> bool:
    """Return whether most of a folder is in subfolders that are libraries, of several media.

    `counts` is what the folder holds besides these.
    """
    inner = Counter[str]()
    for each, below in guess_subfolders(folder):
        own = _Guess()
        own.add_folder(each)
        inner += Counter() if own.counts.total() else below
    media = {ALBUMS if kind == ARTISTS else kind for kind in inner | counts}
    return len(media) > 1 and inner.total() > counts.total()


def _guess_readable(folder: Path) -> Counter[str]:
    with contextlib.suppress(OSError):
        return guess_content(folder)
    return Counter()


def _list_folder(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the files and the folders in a folder, by name; none if it cannot be listed."""
    files, folders = list[Path](), list[Path]()
    for path in sorted(_iter_folder(folder)):
        (folders if path.is_dir() else files).append(path)
    return files, folders


def _iter_folder(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if not (path.name.startswith(".") or path.name.lower() in ignore_rules.SYSTEM_FOLDERS):
                yield path


def _select(files: list[Path], suffixes: frozenset[str]) -> list[Path]:
    return [file for file in files if file.suffix.lower() in suffixes]


def format_counts(counts: Counter[str]) -> str:
    """Return what a folder holds as text, the most first."""
    return ", ".join(format_count(count, kind[:-1], kind) for kind, count in counts.most_common())
