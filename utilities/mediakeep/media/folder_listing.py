"""List folders with the names, sizes and times of their files, without opening any file."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cached_property
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from stat import S_ISREG

import msgspec

from mediakeep import path_text
from mediakeep.media import ignore_rules, open_file, symlink_guard
from mediakeep.media.audio.formats import AMBIGUOUS_SUFFIXES, AUDIO_SUFFIXES, UNSUPPORTED_SUFFIXES
from mediakeep.media.ignore_rules import IgnoreRules
from mediakeep.media.symlink_guard import FolderIdentity, FolderPath, VisitedFolders

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
_DIGITS = tuple("0123456789")
_BY_NAME = attrgetter("name")


class ListedFile(msgspec.Struct, frozen=True, gc=False):
    """A folder entry that is not a folder.

    `size` (in bytes) and `stat` are set for regular files only, those of the target for a link.
    """

    name: str
    suffix: str  # the extension in lower case, with its dot, or ""
    size: int = -1
    stat: os.stat_result | None = None
    is_link: bool = False


class ListedFolder(msgspec.Struct, frozen=True, dict=True):
    """A listed folder: its path and its visible files.

    `relative_path` is relative to the top of the listed tree, "" for the top itself. `error` is set
    if the folder could not be listed. `refused_links` are names that were left out, see
    `IgnoreRules.refuses_link`.
    """

    path: str
    relative_path: str
    identity: FolderIdentity = (0, 0)  # (0, 0) if it could not be listed
    files: tuple[ListedFile, ...] = ()
    error: OSError | None = None
    refused_links: tuple[str, ...] = ()

    @cached_property
    def audio_files(self) -> list[ListedFile]:
        """The files with the extension of a supported audio format."""
        return [file for file in self.files if file.suffix in AUDIO_SUFFIXES]

    @cached_property
    def audio_candidates(self) -> list[ListedFile]:
        """The files that may be audio by their extension.

        This includes MP4 files, which may be videos: only the content tells.
        """
        return [
            file
            for file in self.files
            if file.suffix in AUDIO_SUFFIXES or file.suffix in AMBIGUOUS_SUFFIXES
        ]

    @property
    def unsupported_audio(self) -> list[ListedFile]:
        """The files with the extension of an audio format that mediakeep does not support."""
        return [file for file in self.files if file.suffix in UNSUPPORTED_SUFFIXES]

    @property
    def media_files(self) -> list[ListedFile]:
        """All files that a scan reads: audio files and pictures."""
        return [*self.audio_candidates, *self.images]

    @cached_property
    def images(self) -> list[ListedFile]:
        """The picture files that are not empty."""
        return [file for file in self.files if file.size > 0 and file.suffix in IMAGE_SUFFIXES]

    @cached_property
    def cue_sheets(self) -> list[ListedFile]:
        """The cue sheets that are not empty."""
        return [file for file in self.files if file.size > 0 and file.suffix == ".cue"]

    def relative_path_of(self, name: str) -> str:
        """Return the path of a file in this folder, relative to the top of the listed tree."""
        return f"{self.relative_path}/{name}" if self.relative_path else name


class _Listing(msgspec.Struct, frozen=True):
    files: tuple[ListedFile, ...]
    folders: list[tuple[str, int]]  # subfolders: name, inode as listed
    links: list[str]  # names of symbolic links to folders
    rules: IgnoreRules  # that apply in it
    refused_links: list[str]


def walk_readable_tree(
    top: Path,
    skipped_names: Container[str] = (),
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
) -> Iterator[ListedFolder]:
    """Yield folders as `walk_tree` does; raise Unreadable for one that cannot be listed."""
    for folder in walk_tree(top, skipped_names, ignored):
        if folder.error:
            raise open_file.to_unreadable(folder.path, folder.error) from folder.error
        yield folder


def walk_tree(
    top: Path,
    skipped_names: Container[str] = (),
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
) -> Iterator[ListedFolder]:
    """Yield a folder and all folders below it, each folder once, following links.

    Hidden names are skipped, and so are names that `ignore_rules` excludes, including the user's
    patterns `ignored`. Folders whose lower-case name is in `skipped_names` are not entered. Links
    are followed last, so that a folder is listed under its real name. A link to a parent folder of
    the top is not followed.
    """
    visited, rules = VisitedFolders(top), {"": IgnoreRules.for_folder(top, ignored)}
    real, links = deque([FolderPath(str(top), "")]), deque[FolderPath]()
    while real or links:
        folder_path = (real or links).popleft()
        try:
            identity = symlink_guard.folder_identity(folder_path.path)
            if visited.check_and_mark_visited(folder_path, identity):
                continue
            listing = _scan_folder(folder_path.path, rules.pop(folder_path.relative_path))
        except OSError as error:
            # else: deleted
            if not (folder_path.relative_path and isinstance(error, FileNotFoundError)):
                yield ListedFolder(folder_path.path, folder_path.relative_path, error=error)
            continue
        folder = ListedFolder(
            folder_path.path,
            folder_path.relative_path,
            identity,
            listing.files,
            refused_links=tuple(listing.refused_links),
        )
        yield folder
        subfolders = [
            _subfolder_path(folder, name, inode)
            for name, inode in listing.folders
            if name.lower() not in skipped_names
        ]
        links_to_folders = [
            _subfolder_path(folder, name)
            for name in listing.links
            if name.lower() not in skipped_names
        ]
        rules |= {path.relative_path: listing.rules for path in (*subfolders, *links_to_folders)}
        real += subfolders
        links += links_to_folders


def list_subfolders(
    top: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> list[Path]:
    """Return the visible direct subfolders, sorted by name; raise OSError if listing fails.

    A folder that is also linked, or linked twice, is returned once. `ignored` are the user's ignore
    patterns.
    """
    listing = _scan_folder(top, IgnoreRules.for_folder(top, ignored))
    seen = {*symlink_guard.find_ancestors(top), symlink_guard.folder_identity(top)}
    names = [*(name for name, _ in listing.folders), *listing.links]
    folders = [top / name for name in names if _is_unvisited(top / name, seen)]
    return sorted(folders, key=_BY_NAME)


def list_folder(
    top: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> ListedFolder:
    """List one folder without its subfolders; raise OSError if listing fails.

    `ignored` are the user's ignore patterns.
    """
    listing = _scan_folder(top, IgnoreRules.for_folder(top, ignored))
    return ListedFolder(
        str(top), "", files=listing.files, refused_links=tuple(listing.refused_links)
    )


def find_refused_links(root: Path, ignored: ignore_rules.IgnoreSettings) -> list[str]:
    """Return the links of a library that are not followed, as sorted escaped paths below it."""
    if not ignored.refuses_links:
        return []  # all links are followed
    return sorted(
        path_text.escape_path(folder.relative_path_of(name))
        for folder in walk_tree(root, ignored=ignored.for_library(root))
        for name in folder.refused_links
    )


def resolve_links(top: Path, listed: Iterable[ListedFolder]) -> dict[str, str]:
    """Return the escaped real paths of a listed folder and of all links in it, also refused ones.

    They are by place: the escaped path below the folder, "" for the folder itself.
    """
    paths = {"": str(top)}
    for folder in listed:
        links = (file.name for file in folder.files if file.is_link)
        paths |= {
            folder.relative_path_of(name): f"{folder.path}/{name}"
            for name in (*links, *folder.refused_links)
        }
        if folder.relative_path and os.path.islink(folder.path):  # noqa: PTH114 (for each folder)
            paths[folder.relative_path] = folder.path
    return {
        path_text.escape_path(place): path_text.escape_path(os.path.realpath(path))
        for place, path in paths.items()
    }


def find_real_path(real_paths: Mapping[str, str], place: str) -> Path:
    """Return the real path that a file had when its folder was listed.

    `real_paths` are those of `resolve_links`.
    """
    above = place
    while above and above not in real_paths:
        above = above.rpartition("/")[0]
    return Path(
        path_text.unescape_path(real_paths[above]),
        path_text.unescape_path(place[len(above) :].lstrip("/")),
    )


def get_listed_file(folder: str, name: str) -> ListedFile | None:
    """Return one file of a folder as a listing would, or None if there is no such file."""
    path = f"{folder}/{name}"
    if not os.path.lexists(path):
        return None
    try:
        facts = os.stat(path)  # noqa: PTH116 (as in `symlink_guard`)
    except OSError:
        return ListedFile(name, _lower_suffix(name))
    return _file_from_stat(name, facts, is_link=os.path.islink(path))  # noqa: PTH114


def compute_folders_fingerprint(listed: Iterable[ListedFolder]) -> str:
    """Return a hash of the paths, sizes and times of all files, and of folders not listed.

    The order of the folders does not matter.
    """
    lines = [line for folder in listed for line in _fingerprint_lines(folder)]
    return blake2b(_join_sorted(lines), digest_size=10).hexdigest()


def is_hidden(name: str, folder: bool) -> bool:
    """Return True if a name begins with a dot and is not the title of music.

    "...And Justice for All" is not hidden, nor is a folder named ".5: The Gray Chapter".
    """
    after = name[1:2]
    return name.startswith(".") and after != "." and not (folder and after in _DIGITS)


def _scan_folder(path: str | Path, rules: IgnoreRules) -> _Listing:
    """List one folder; `rules` are the ignore rules of its parent folders."""
    files: list[ListedFile] = []
    real: list[tuple[str, int]] = []
    links: list[str] = []
    refused: list[str] = []
    has_rules = False
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name
            is_refused = entry.is_symlink() and rules.refuses_link(f"{path}/{name}")
            folder = not is_refused and _is_folder(entry)
            if name[0] == "." and is_hidden(name, folder):
                has_rules |= name == ignore_rules.FILE_NAME
                continue
            if folder and ignore_rules.is_system_folder(name):
                continue
            if is_refused:
                refused.append(name)
            elif not folder:
                files.append(_file_from_entry(entry, name))
            elif entry.is_symlink():
                links.append(name)
            else:
                real.append((name, entry.inode()))
    rules = rules.enter_folder(str(path)) if has_rules else rules
    if not rules.is_empty:
        files = [file for file in files if not rules.matches(f"{path}/{file.name}", folder=False)]
        real = [sub for sub in real if not rules.matches(f"{path}/{sub[0]}", folder=True)]
        links = [link for link in links if not rules.matches(f"{path}/{link}", folder=True)]
        refused = [link for link in refused if not rules.matches(f"{path}/{link}", folder=False)]
    files.sort(key=_BY_NAME)
    return _Listing(tuple(files), sorted(real), sorted(links), rules, refused)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or into an inaccessible folder
        return False


def _file_from_entry(entry: os.DirEntry[str], name: str) -> ListedFile:
    try:
        facts = entry.stat()
    except OSError:  # a broken link, or a file that was just deleted
        return ListedFile(name, _lower_suffix(name))
    return _file_from_stat(name, facts, is_link=entry.is_symlink())


def _file_from_stat(name: str, facts: os.stat_result, *, is_link: bool) -> ListedFile:
    if not S_ISREG(facts.st_mode):
        return ListedFile(name, _lower_suffix(name))
    return ListedFile(name, _lower_suffix(name), facts.st_size, facts, is_link)


def _lower_suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _subfolder_path(above: ListedFolder, name: str, inode: int | None = None) -> FolderPath:
    return FolderPath(f"{above.path}/{name}", above.relative_path_of(name), inode)


def _fingerprint_lines(folder: ListedFolder) -> list[str]:
    above = folder.relative_path_of("")
    lines = [
        f"{above}{file.name}\0{file.size}\0{file.stat.st_mtime_ns}\n"
        for file in folder.files
        if file.stat
    ]
    return [*lines, f"{folder.relative_path}\0refused\n"] if folder.error else lines


def _join_sorted(lines: list[str]) -> bytes:
    """Join lines after sorting them by their bytes."""
    text = "".join(sorted(lines))
    if text.isascii():  # then the order of texts is that of bytes
        return text.encode()
    return b"".join(sorted(map(os.fsencode, lines)))


def _is_unvisited(path: Path, seen: set[FolderIdentity]) -> bool:
    """Return True and mark a folder as visited if it was not visited before.

    Return True for an inaccessible folder, too, and False if the folder no longer exists.
    """
    try:
        return symlink_guard.add_if_new(symlink_guard.folder_identity(path), seen)
    except FileNotFoundError:
        return False
    except OSError:
        return True
