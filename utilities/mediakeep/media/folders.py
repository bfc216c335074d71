"""List folders by names, sizes and times; no file is opened."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Container, Iterable, Iterator
from functools import cached_property
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from stat import S_ISREG

import msgspec

from mediakeep.media import ignoring, trail
from mediakeep.media.formats import EXTENSIONS, MIXED, UNREAD
from mediakeep.media.ignoring import IgnoreRules
from mediakeep.media.trail import Identity, Trail, Way

IMAGES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
_DIGITS = tuple("0123456789")
_NAME = attrgetter("name")


class File(msgspec.Struct, frozen=True, gc=False):
    """A folder entry that is not a folder; `size` and `stat` are set for regular files only."""

    name: str
    suffix: str  # the extension in lower case, with its dot, or ""
    size: int = -1
    facts: os.stat_result | None = None


class Folder(msgspec.Struct, frozen=True, dict=True):
    """A listed folder: its path relative to the top ("" for the top) and its visible files.

    `error` is set if the folder could not be listed.
    """

    path: str
    place: str
    identity: Identity = (0, 0)  # (0, 0) if it could not be listed
    files: tuple[File, ...] = ()
    fault: OSError | None = None

    @cached_property
    def audio(self) -> list[File]:
        """The files with the extension of a supported audio format."""
        return [file for file in self.files if file.suffix in EXTENSIONS]

    @cached_property
    def candidates(self) -> list[File]:
        """The audio files, and MP4 files, which may be videos: only the content tells."""
        return [file for file in self.files if file.suffix in EXTENSIONS or file.suffix in MIXED]

    @property
    def unread(self) -> list[File]:
        """The files with the extension of an unsupported audio format."""
        return [file for file in self.files if file.suffix in UNREAD]

    @property
    def media(self) -> list[File]:
        """All files that a scan reads: audio files and pictures."""
        return [*self.candidates, *self.images]

    @cached_property
    def images(self) -> list[File]:
        """The non-empty pictures."""
        return [file for file in self.files if file.size > 0 and file.suffix in IMAGES]

    @cached_property
    def cue_sheets(self) -> list[File]:
        """The non-empty cue sheets."""
        return [file for file in self.files if file.size > 0 and file.suffix == ".cue"]

    def place_of(self, name: str) -> str:
        """Return the path, relative to the top, of a name in this folder."""
        return f"{self.place}/{name}" if self.place else name


class _Listing(msgspec.Struct, frozen=True):
    files: tuple[File, ...]
    real: list[tuple[str, int]]  # subfolders: name, inode as listed
    links: list[str]  # names of symbolic links to folders
    rules: IgnoreRules  # that apply in it


def walk(top: Path, past: Container[str] = (), ignored: tuple[str, ...] = ()) -> Iterator[Folder]:
    """Yield a folder and all folders below it, following links, each folder once.

    Skips hidden names, names that `ignore_rules` excludes (with the user's patterns `ignored`) and
    folders whose lower-case name is in `past`. Links are followed last, so that a folder is listed
    under its real name. A link to a parent folder of the top is not followed.
    """
    visited, rules = Trail(top), {"": IgnoreRules.above(top, ignored)}
    real, links = deque([Way(str(top), "")]), deque[Way]()
    while real or links:
        folder_path = (real or links).popleft()
        try:
            identity = trail.identity(folder_path.path)
            if visited.before(folder_path, identity):
                continue
            listing = _list(folder_path.path, rules.pop(folder_path.place))
        except OSError as error:
            if not (folder_path.place and isinstance(error, FileNotFoundError)):  # else: deleted
                yield Folder(folder_path.path, folder_path.place, fault=error)
            continue
        folder = Folder(folder_path.path, folder_path.place, identity, listing.files)
        yield folder
        subfolders = [
            _way(folder, name, inode) for name, inode in listing.real if name.lower() not in past
        ]
        links_to_folders = [
            _way(folder, name) for name in listing.links if name.lower() not in past
        ]
        rules |= {path.place: listing.rules for path in (*subfolders, *links_to_folders)}
        real += subfolders
        links += links_to_folders


def below(top: Path, ignored: tuple[str, ...] = ()) -> list[Path]:
    """Return the visible direct subfolders, sorted by name; raise OSError if listing fails.

    A folder that is also linked, or linked twice, is returned once. `ignored` works as in
    `walk_tree`.
    """
    listing = _list(top, IgnoreRules.above(top, ignored))
    seen = {*trail.surroundings(top), trail.identity(top)}
    names = [*(name for name, _ in listing.real), *listing.links]
    folders = [top / name for name in names if _is_other(top / name, seen)]
    return sorted(folders, key=_NAME)


def right_in(top: Path, ignored: tuple[str, ...] = ()) -> Folder:
    """List one folder; `ignored` works as in `walk_tree`. Raise OSError if listing fails."""
    return Folder(str(top), "", files=_list(top, IgnoreRules.above(top, ignored)).files)


def file(folder: str, name: str) -> File | None:
    """Return one file as a listing of its folder would, or None if there is none of that name."""
    path = f"{folder}/{name}"
    if not os.path.lexists(path):
        return None
    try:
        facts = os.stat(path)  # noqa: PTH116 (as in `symlink_guard`)
    except OSError:
        return File(name, _suffix(name))
    return _described(name, facts)


def digest(listed: Iterable[Folder]) -> str:
    """Return a hash of the paths, sizes and times of all files, and of failed folders.

    The order of the folders does not matter.
    """
    lines = [line for folder in listed for line in _lines(folder)]
    return blake2b(_sorted(lines), digest_size=10).hexdigest()


def is_hidden(name: str, folder: bool) -> bool:
    """Return True if a name is hidden: it begins with a dot, except as in titles of music.

    "...And Justice for All" is not hidden, nor is a folder named ".5: The Gray Chapter".
    """
    after = name[1:2]
    return name.startswith(".") and after != "." and not (folder and after in _DIGITS)


def _list(path: str | Path, rules: IgnoreRules) -> _Listing:
    """List a folder; `rules` are those of its parent folders."""
    files: list[File] = []
    real: list[tuple[str, int]] = []
    links: list[str] = []
    has_rules = False
    with os.scandir(path) as entries:
        for entry in entries:
            name, folder = entry.name, _is_folder(entry)
            if name[0] == "." and is_hidden(name, folder):
                has_rules |= name == ignoring.FILE
                continue
            if folder and ignoring.is_system(name):
                continue
            if not folder:
                files.append(_file(entry, name))
            elif entry.is_symlink():
                links.append(name)
            else:
                real.append((name, entry.inode()))
    rules = rules.inside(str(path)) if has_rules else rules
    if not rules.is_empty:
        files = [file for file in files if not rules.matches(f"{path}/{file.name}", folder=False)]
        real = [sub for sub in real if not rules.matches(f"{path}/{sub[0]}", folder=True)]
        links = [link for link in links if not rules.matches(f"{path}/{link}", folder=True)]
    files.sort(key=_NAME)
    return _Listing(tuple(files), sorted(real), sorted(links), rules)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or into an inaccessible folder
        return False


def _file(entry: os.DirEntry[str], name: str) -> File:
    try:
        facts = entry.stat()
    except OSError:  # a broken link, or a file that was just deleted
        return File(name, _suffix(name))
    return _described(name, facts)


def _described(name: str, facts: os.stat_result) -> File:
    if not S_ISREG(facts.st_mode):
        return File(name, _suffix(name))
    return File(name, _suffix(name), facts.st_size, facts)


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _way(above: Folder, name: str, inode: int | None = None) -> Way:
    return Way(f"{above.path}/{name}", above.place_of(name), inode)


def _lines(folder: Folder) -> list[str]:
    above = folder.place_of("")
    lines = [
        f"{above}{file.name}\0{file.size}\0{file.facts.st_mtime_ns}\n"
        for file in folder.files
        if file.facts
    ]
    return [*lines, f"{folder.place}\0refused\n"] if folder.fault else lines


def _sorted(lines: list[str]) -> bytes:
    """Join lines, sorted by their bytes."""
    text = "".join(sorted(lines))
    if text.isascii():  # then the order of texts is that of bytes
        return text.encode()
    return b"".join(sorted(map(os.fsencode, lines)))


def _is_other(path: Path, seen: set[Identity]) -> bool:
    """Return True for a folder not seen before, or an inaccessible one; False if it is gone."""
    try:
        return trail.is_new(trail.identity(path), seen)
    except FileNotFoundError:
        return False
    except OSError:
        return True
