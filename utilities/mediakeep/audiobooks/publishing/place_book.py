"""Place a finished book in the output folder, never over another one.

1. A book for another file system is copied there, hidden, and verified.
2. The name that it will get is recorded in the state folder, with what identifies the file.
3. If an earlier book of the same job has that name, it goes to quarantine.
4. The book gets the name. If another process takes it meanwhile, the next name is tried.

A call after a kill finds by the record what was placed.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from itertools import count
from pathlib import Path

import msgspec

from mediakeep import atomic_files, clock, path_text
from mediakeep.errors import TargetExists, UsageError, WorkingFilesChanged
from mediakeep.file_copies import OnBytes
from mediakeep.untrusted_files import decode_json, read_bytes
from mediakeep.workspace import disk_space, moves, quarantine
from mediakeep.workspace.copy_progress import CopyProgress, Report
from mediakeep.workspace.disk_space import SpaceRequirement
from mediakeep.workspace.manifest import Manifest, ManifestFile, describe_file, hash_file
from mediakeep.workspace.system_errors import translate_errors, write_working_file

SUFFIX = ".m4b"
_RECORD_FILE = "placed.json"


class PlacedBook(msgspec.Struct, frozen=True):
    """A book in the output folder; `path` is escaped.

    Time and inode tell it from an equal book of another job. They may be unknown in
    `PlacingRules.own`.
    """

    path: str
    sha256: str
    size: int = 0  # bytes
    mtime_ns: int = 0
    inode: int = 0

    @property
    def location(self) -> Path:
        return Path(path_text.unescape_path(self.path))


class PlacingRules(msgspec.Struct, frozen=True):
    """How to place a book; `state` is the folder of its record.

    `own` is an earlier output of the same job, which is replaced if it is unchanged. `mode` is the
    file's mode, or None to keep it.
    """

    state: Path
    own: PlacedBook | None = None
    mode: int | None = None
    now: clock.Clock = clock.now


class Removal(StrEnum):
    """The result of removing a placed book."""

    REMOVED = "removed"  # it is in quarantine
    CHANGED = "changed"  # it was changed after it was placed, and is kept
    MISSING = "missing"


def build_file_name(name: str, created: datetime | None = None) -> str:
    """Return a name, without suffix, that is valid on every file system.

    With `created`, the time of the job, its local date and time are appended.
    """
    stem = path_text.safe_name(name)
    return f"{stem}_{created.astimezone():%Y%m%d_%H%M%S}" if created else stem


def parse_file_mode(text: str) -> int | None:
    """Return the mode that octal digits stand for, or None for an empty text; raise UsageError."""
    if not text:
        return None
    digits = text.removeprefix("0")
    if len(digits) == 3 and all(digit in "01234567" for digit in digits) and digits[0] in "4567":
        return int(digits, 8)
    raise UsageError(
        f"Invalid file mode {text!r}: give three octal digits that let its owner read the book,"
        " such as 640."
    )


def place_book(
    book: Path,
    output_dir: Path,
    name: str,
    rules: PlacingRules,
    progress: Report | None = None,
) -> PlacedBook:
    """Move a book to `<name>.m4b` in a folder, or to `<name> (2).m4b` if another one has that name.

    It can be called again after a kill; `progress` may raise to stop. Raises WorkingFilesChanged if
    the book is missing, NotEnoughSpace, NotCopied and DiskFull.
    """
    placed = find_placed(rules.state)
    if os.path.lexists(book):
        counted = CopyProgress(book.stat().st_size, progress)
        file = describe_file(book, book, counted)
        _set_mode(book, rules.mode)
        if placed is None or placed.sha256 != file.sha256:
            target = output_dir.absolute() / f"{name}{SUFFIX}"
            placed = _move_book(book, file, target, rules, counted)
        else:
            _remove_source(book, placed.location.parent)
    elif placed is None:
        raise WorkingFilesChanged(book, "it is missing", "Reset the job to make it again.")
    moves.remove_abandoned_parts(placed.location.parent)
    if rules.own and rules.own.path != placed.path:
        _set_own_aside(rules)
    return placed


def find_placed(state: Path) -> PlacedBook | None:
    """Return the book that was placed according to a state folder, if it is still there."""
    path = state / _RECORD_FILE
    with translate_errors(path):
        try:
            placed = decode_json(read_bytes(path), PlacedBook)
            facts = placed.location.stat(follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
            return None
    is_same_file = placed.inode == facts.st_ino or placed.mtime_ns == facts.st_mtime_ns
    return placed if is_same_file and _has_content(placed.location, placed.sha256) else None


def remove_placed(path: Path, sha256: str, now: clock.Clock = clock.now) -> Removal:
    """Move a book to the quarantine of its folder, if it is still the file that was placed."""
    if not os.path.lexists(path):
        return Removal.MISSING
    if not _has_content(path, sha256):
        return Removal.CHANGED
    quarantine.move_to_quarantine(path, path.parent, "rolled back", now)
    return Removal.REMOVED


def _set_mode(path: Path, mode: int | None) -> None:
    if mode is not None:
        with translate_errors(path):
            path.chmod(mode)


def _list_names(target: Path, own: PlacedBook | None) -> Iterator[Path]:
    """Yield the names to try, first the one that an earlier book of the job has."""
    names = (target.with_name(f"{target.stem} ({number}){SUFFIX}") for number in count(2))
    if own and own.location.parent == target.parent and _is_variant(own.location, target):
        yield own.location
    yield target
    yield from names


def _is_variant(path: Path, target: Path) -> bool:
    """Return whether a path is the target, or this with a number."""
    number = path.stem.removeprefix(f"{target.stem} (").removesuffix(")")
    return path == target or (
        number.isdecimal() and path.name == f"{target.stem} ({number}){SUFFIX}"
    )


def _move_book(
    book: Path, file: ManifestFile, target: Path, rules: PlacingRules, on_bytes: OnBytes
) -> PlacedBook:
    """Move a book to the first of its possible names that is free, and return its record."""
    if moves.is_same_file_system(book, target):
        moves.sync_tree(book)
        with contextlib.suppress(moves.OtherFileSystem):
            return _take_name(book, file.sha256, target, rules)
    disk_space.check_disk_space([SpaceRequirement(target.parent, file.size)])
    with moves.staged_copy(book, target, Manifest((file,)), on_bytes=on_bytes) as staged:
        placed = _take_name(staged, file.sha256, target, rules)
    _remove_source(book, target.parent)
    return placed


def _take_name(source: Path, sha256: str, target: Path, rules: PlacingRules) -> PlacedBook:
    with translate_errors(source):
        facts = source.stat(follow_symlinks=False)
    for path in _list_names(target, rules.own):
        text = path_text.escape_path(path)
        placed = PlacedBook(text, sha256, facts.st_size, facts.st_mtime_ns, facts.st_ino)
        _save_record(placed, rules.state)
        if rules.own and rules.own.location == path:
            _set_own_aside(rules)
        with contextlib.suppress(TargetExists):
            moves.rename_into_place(source, path)
            return placed
    raise AssertionError  # there are always more names


def _save_record(placed: PlacedBook, state: Path) -> None:
    write_working_file(state / _RECORD_FILE, placed)


def _set_own_aside(rules: PlacingRules) -> None:
    """Move the earlier book of the job to quarantine, unless it was changed."""
    if rules.own and _has_content(path := rules.own.location, rules.own.sha256):
        quarantine.move_to_quarantine(path, path.parent, "replaced by a new book", rules.now)


def _remove_source(book: Path, folder: Path) -> None:
    """Remove a book that was placed, after its new name in a folder is on the disk."""
    with translate_errors(book):
        atomic_files.sync_folder(folder)
        book.unlink()
        atomic_files.sync_folder(book.parent)


def _has_content(path: Path, sha256: str) -> bool:
    """Return whether a path is a file with this hash; links are not followed."""
    try:
        is_file = stat.S_ISREG(path.stat(follow_symlinks=False).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return is_file and hash_file(path) == sha256
