"""Folders listed by names, sizes and times alone: no file is opened here."""

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
    """A name that leads to no folder; `size` and `facts` are there if it is a regular file."""

    name: str
    suffix: str  # the extension in lower case, with its dot, or ""
    size: int = -1
    facts: os.stat_result | None = None


class Folder(msgspec.Struct, frozen=True, dict=True):
    """A folder as it was listed: its place below the top ("" for the top), its visible files.

    Where it refused to be listed, `fault` says why.
    """

    path: str
    place: str
    identity: Identity = (0, 0)  # where it could be listed
    files: tuple[File, ...] = ()
    fault: OSError | None = None

    @cached_property
    def audio(self) -> list[File]:
        """The files that bear the extension of an audio format."""
        return [file for file in self.files if file.suffix in EXTENSIONS]

    @cached_property
    def candidates(self) -> list[File]:
        """Those, and MP4 that may be films: only their content tells."""
        return [file for file in self.files if file.suffix in EXTENSIONS or file.suffix in MIXED]

    @property
    def unread(self) -> list[File]:
        """The files that bear the extension of an audio format that is not read."""
        return [file for file in self.files if file.suffix in UNREAD]

    @property
    def media(self) -> list[File]:
        """All that a scan looks into: audio files and pictures."""
        return [*self.candidates, *self.images]

    @cached_property
    def images(self) -> list[File]:
        """The pictures that hold anything."""
        return [file for file in self.files if file.size > 0 and file.suffix in IMAGES]

    @cached_property
    def cue_sheets(self) -> list[File]:
        """The cue sheets that hold anything."""
        return [file for file in self.files if file.size > 0 and file.suffix == ".cue"]

    def place_of(self, name: str) -> str:
        """The place below the top of something in this folder."""
        return f"{self.place}/{name}" if self.place else name


class _Listing(msgspec.Struct, frozen=True):
    files: tuple[File, ...]
    real: list[tuple[str, int]]  # names of folders, and their inodes as this one tells them
    links: list[str]  # names of links to folders
    rules: IgnoreRules  # that hold in it


def walk(top: Path, past: Container[str] = (), ignored: tuple[str, ...] = ()) -> Iterator[Folder]:
    """List a folder and all below it, each once, wherever links lead; hidden names are left out.

    So is what `ignoring` tells, with the user's patterns `ignored`, and folders whose names, in
    lower case, are among those to walk `past`. Links are followed last, so that a folder comes
    under its real name. A link to a folder that the top lies in is not followed.
    """
    trod, rules = Trail(top), {"": IgnoreRules.above(top, ignored)}
    real, links = deque([Way(str(top), "")]), deque[Way]()
    while real or links:
        way = (real or links).popleft()
        try:
            here = trail.identity(way.path)
            if trod.before(way, here):
                continue
            listing = _list(way.path, rules.pop(way.place))
        except OSError as error:
            if not (way.place and isinstance(error, FileNotFoundError)):  # else it vanished
                yield Folder(way.path, way.place, fault=error)
            continue
        folder = Folder(way.path, way.place, here, listing.files)
        yield folder
        inner = [_way(folder, name, one) for name, one in listing.real if name.lower() not in past]
        linked = [_way(folder, name) for name in listing.links if name.lower() not in past]
        rules |= {one.place: listing.rules for one in (*inner, *linked)}
        real += inner
        links += linked


def below(top: Path, ignored: tuple[str, ...] = ()) -> list[Path]:
    """Give the visible folders right below a folder, sorted by name; OSError if it refuses.

    Of a folder and a link to it, and of two links to one folder, only the first is given. What is
    `ignored` is left out as in `walk`.
    """
    listing = _list(top, IgnoreRules.above(top, ignored))
    seen = {*trail.surroundings(top), trail.identity(top)}
    names = [*(name for name, _ in listing.real), *listing.links]
    found = [top / name for name in names if _is_other(top / name, seen)]
    return sorted(found, key=_NAME)


def right_in(top: Path, ignored: tuple[str, ...] = ()) -> Folder:
    """List one folder alone, but for what is `ignored` as in `walk`; OSError if it refuses."""
    return Folder(str(top), "", files=_list(top, IgnoreRules.above(top, ignored)).files)


def file(folder: str, name: str) -> File | None:
    """Look at one file as a listing of its folder would, None where there is none of that name."""
    path = f"{folder}/{name}"
    if not os.path.lexists(path):
        return None
    try:
        facts = os.stat(path)  # noqa: PTH116 (as in `trail`)
    except OSError:
        return File(name, _suffix(name))
    return _described(name, facts)


def digest(listed: Iterable[Folder]) -> str:
    """Digest places, sizes and times of all files, and which folders refused, in whatever order."""
    lines = [line for folder in listed for line in _lines(folder)]
    return blake2b(_sorted(lines), digest_size=10).hexdigest()


def is_hidden(name: str, folder: bool) -> bool:
    """Tell whether a name is hidden: it begins with a dot, but not as names of music do.

    "...And Justice for All" is not hidden, nor is a folder named ".5: The Gray Chapter".
    """
    after = name[1:2]
    return name.startswith(".") and after != "." and not (folder and after in _DIGITS)


def _list(path: str | Path, rules: IgnoreRules) -> _Listing:
    """List a folder, given the rules that hold for it from above."""
    found: list[File] = []
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
                found.append(_file(entry, name))
            elif entry.is_symlink():
                links.append(name)
            else:
                real.append((name, entry.inode()))
    rules = rules.inside(str(path)) if has_rules else rules
    if not rules.is_empty:
        found = [one for one in found if not rules.matches(f"{path}/{one.name}", folder=False)]
        real = [one for one in real if not rules.matches(f"{path}/{one[0]}", folder=True)]
        links = [one for one in links if not rules.matches(f"{path}/{one}", folder=True)]
    found.sort(key=_NAME)
    return _Listing(tuple(found), sorted(real), sorted(links), rules)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or into a folder that nobody may enter
        return False


def _file(entry: os.DirEntry[str], name: str) -> File:
    try:
        facts = entry.stat()
    except OSError:  # a link that leads nowhere, or a file that has just vanished
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
    if text.isascii():  # so the order of texts is that of bytes
        return text.encode()
    return b"".join(sorted(map(os.fsencode, lines)))


def _is_other(path: Path, seen: set[Identity]) -> bool:
    """Like `is_new`; a folder that refuses is another one, one that vanished is none."""
    try:
        return trail.is_new(trail.identity(path), seen)
    except FileNotFoundError:
        return False
    except OSError:
        return True
