"""Find the audiobooks of a library, and list the files of a book; no file is opened.

A book is a folder with audio files, together with the folders below it. The folders of its discs
and parts belong to it: "CD 1", "Part 2", "Teil 3", folders that are numbers only ("01", "02"), and
"Dune (Disc 1)" in a folder of that title. Folders of authors and series above books are no books;
audio files in them belong to none. Backups of books are skipped.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.item import ScannedItem
from mediakeep.media import folder_groups, folder_listing, ignore_rules
from mediakeep.media.audio.formats import (
    AMBIGUOUS_SUFFIXES,
    AUDIO_SUFFIXES,
    MP3,
    UNSUPPORTED_SUFFIXES,
)
from mediakeep.media.folder_groups import FolderItems, IsPart
from mediakeep.media.folder_listing import ListedFile, ListedFolder
from mediakeep.workspace.backups import BACKUP_RECORD

PROTECTED_SUFFIXES = frozenset({".aax", ".aaxc", ".aa", ".m4p"})
PARTIAL_SUFFIXES = frozenset(
    {".part", ".partial", ".crdownload", ".download", ".opdownload", ".!ut", ".!qb", ".aria2"}
)
_BACKUP_NAME = re.compile(r".*_\d{8}_\d{6}(_\d+)?")
_SUFFIXES = {"all": AUDIO_SUFFIXES | PROTECTED_SUFFIXES, "mp3": frozenset(MP3.suffixes)}
_NUMBER = re.compile(r"\d{1,3}")  # years are titles
_WORDS = r"(cd|dis[ck]|dvd|tape|cassette|part|teil|parte|partie|deel|del|chapter|kapitel)"
_PART = re.compile(rf"{_WORDS}[ ._-]*\d{{1,3}}( ?(/|of|von|de) ?\d+)?", re.IGNORECASE)
_PART_OF_TITLE = re.compile(
    rf"(?P<title>.*\w)[ ._-]+[(\[]?{_WORDS}[ ._-]*\d{{1,3}}[)\]]?", re.IGNORECASE
)


class LeftOut(msgspec.Struct, frozen=True):
    """A file that is not part of a book, and why, as a clause."""

    path: Path
    reason: str


class ListedSources(msgspec.Struct, frozen=True):
    """The files of a book's folders: those to join, not in order, and audio that is left out.

    `files` may be unusable: `check_sources` names those. A folder that cannot be listed is one.
    """

    files: tuple[Path, ...]
    left_out: tuple[LeftOut, ...] = ()


def find_books(
    root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> Iterator[ScannedItem]:
    """Yield the books to build of a library, sorted; raise Unreadable if a folder cannot be listed.

    Folders of M4B files only are left out: these are finished books, each on its own.
    """
    for relative, folders in _BOOK_FOLDERS["all"].find_groups(root, ignored).groups.items():
        files = (file for folder in folders for file in _find_files(folder))
        if any(file.suffix != ".m4b" for file in files):
            book = _BOOK_FOLDERS["all"].describe_item(root, relative, folders)
            depth = len(PurePosixPath(relative).parts)
            yield structs.replace(book, fields={**book.fields, "depth": depth})


def find_strays(
    root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> tuple[str, ...]:
    """Return the escaped paths of the audio files that belong to no book."""
    return _BOOK_FOLDERS["all"].find_strays(root, ignored)


def scan_book(
    folder: Path,
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
    formats: str = "all",
) -> ScannedItem | None:
    """Return one folder with all folders below it as a book, or None without audio files."""
    return _BOOK_FOLDERS[formats].scan_folder(folder, ignored)


def list_sources(
    folders: Sequence[Path],
    formats: str = "all",
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
) -> ListedSources:
    """List the files to join in the folders of a book, and audio and videos that are left out."""
    files, left_out = list[Path](), list[LeftOut]()
    for top in folders:
        for folder in _without_backups(folder_listing.walk_tree(top, ignored=ignored)):
            if folder.error:
                files.append(Path(folder.path))
            for file in folder.files:
                path = Path(folder.path) / file.name
                if _is_source(file, formats) or _is_partial(file, formats):
                    files.append(path)
                elif not file.stat and not file.suffix and path.is_symlink():
                    files.append(path)  # a broken link, which may be that of a folder
                elif reason := _find_reason(file):
                    left_out.append(LeftOut(path, reason))
    return ListedSources(tuple(files), tuple(left_out))


def _recognize_parts(root: Path, listed: Iterable[ListedFolder]) -> IsPart:
    """Return a function that decides whether a folder is part of the book in the folder above it.

    Folders whose names are numbers are parts if there are several, and no others next to them.
    """
    inner = defaultdict[PurePosixPath, set[str]](set)  # with audio in them or below
    for path in (PurePosixPath(one.relative_path) for one in listed if _find_files(one)):
        for place in (path, *path.parents):
            if place.name:
                inner[place.parent].add(place.name)
    numbered = {
        above
        for above, names in inner.items()
        if len(names) > 1 and all(map(_NUMBER.fullmatch, names))
    }

    def is_part(path: PurePosixPath) -> bool:
        if folder_groups.is_disc(path) or _PART.fullmatch(path.name):
            return True
        if path.parent in numbered:
            return True
        match = _PART_OF_TITLE.fullmatch(path.name)
        above = path_text.normalize_name(path.parent.name or root.name)
        return match is not None and path_text.normalize_name(match["title"]) in above

    return is_part


def _without_backups(listed: Iterable[ListedFolder]) -> list[ListedFolder]:
    folders = list(listed)
    backups = [folder.path for folder in folders if _is_backup(folder)]
    return [
        folder
        for folder in folders
        if not any(f"{folder.path}/".startswith(f"{backup}/") for backup in backups)
    ]


def _is_backup(folder: ListedFolder) -> bool:
    return bool(_BACKUP_NAME.fullmatch(Path(folder.path).name)) and any(
        file.name == BACKUP_RECORD for file in folder.files
    )


def _find_files(folder: ListedFolder, formats: str = "all") -> list[ListedFile]:
    return [file for file in folder.files if _is_source(file, formats)]


_BOOK_FOLDERS = {
    formats: FolderItems(
        partial(_find_files, formats=formats),
        "file_count",
        choose_parts=_recognize_parts,
        select=_without_backups,
    )
    for formats in _SUFFIXES
}


def _is_source(file: ListedFile, formats: str) -> bool:
    return file.suffix in _SUFFIXES[formats]


def _is_partial(file: ListedFile, formats: str) -> bool:
    """Return True for an unfinished download of audio: "01.mp3.part"."""
    inner = PurePosixPath(file.name[: -len(file.suffix)]).suffix.lower()
    return file.suffix in PARTIAL_SUFFIXES and inner in _SUFFIXES[formats]


def _find_reason(file: ListedFile) -> str:
    if file.suffix in AMBIGUOUS_SUFFIXES:
        return "it may be a video; rename it to .m4a if it contains audio only"
    if name := UNSUPPORTED_SUFFIXES.get(file.suffix):
        return f"{name} is not supported"
    return "it is not an MP3 file" if file.suffix in _SUFFIXES["all"] else ""
