"""The files of a folder with their sizes and hashes, to notice any change of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from mediakeep import atomic_files, file_copies, path_text
from mediakeep.errors import NotCopied, WorkingFilesChanged
from mediakeep.file_copies import OnBytes, ignore_bytes
from mediakeep.workspace.folder_owners import is_owners_file
from mediakeep.workspace.system_errors import translate_errors

_RESTORE_HINT = "Restore it or process the item from its original, then run again."
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class ManifestFile(msgspec.Struct, frozen=True):
    """A file of a folder; `path` is relative and escaped, or "" if the manifest is of one file."""

    path: str
    size: int  # bytes
    mtime_ns: int
    sha256: str

    def below(self, top: Path) -> Path:
        return top / path_text.unescape_path(self.path)


class Manifest(msgspec.Struct, frozen=True):
    """All files below a folder, and all folders below it as relative escaped paths."""

    files: tuple[ManifestFile, ...]
    folders: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The total size of the files in bytes."""
        return sum(file.size for file in self.files)


class Difference(msgspec.Struct, frozen=True):
    """A file or folder that differs from a manifest."""

    path: Path
    problem: str  # "missing", "changed", "added", or "no regular file"


def build_manifest(top: Path) -> Manifest:
    """Hash all files below a folder, or one file; raise NotCopied for links and special files."""
    files, folders = [], []
    for path, facts in walk(top):
        if stat.S_ISDIR(facts.st_mode):
            folders.append(relative_path(path, top))
        elif stat.S_ISREG(facts.st_mode):
            files.append(describe_file(path, top))
        else:
            raise NotCopied(path, "it is a link or special file", "Move it away, then run again.")
    return Manifest(tuple(files), tuple(folders))


class Check(StrEnum):
    """How to compare a file with a manifest, apart from its size."""

    HASH = "hash"
    TIME = "time"  # and by hash if the time differs
    SIZE = "size"  # nothing else


def find_differences(
    top: Path, manifest: Manifest, check: Check = Check.HASH, *, ignored: Container[str] = ()
) -> Iterator[Difference]:
    """Yield what differs from a manifest.

    Added folders are no difference, nor are the relative escaped paths in `ignored`.
    """
    expected = {file.path: file for file in manifest.files}
    folders = set(manifest.folders)
    for path, facts in walk(top) if os.path.lexists(top) else ():
        name = relative_path(path, top)
        if stat.S_ISDIR(facts.st_mode):
            folders.discard(name)
        elif file := expected.pop(name, None):
            if not stat.S_ISREG(facts.st_mode):
                yield Difference(path, "no regular file")
            elif not is_equal(path, facts, file, check):
                yield Difference(path, "changed")
        elif name not in ignored:
            yield Difference(path, "added")
    yield from (Difference(file.below(top), "missing") for file in expected.values())
    for name in sorted(folders):
        yield Difference(top / path_text.unescape_path(name), "missing")


def check_unchanged(top: Path, manifest: Manifest, check: Check = Check.HASH) -> None:
    """Raise WorkingFilesChanged, which names the first difference from a manifest, if any."""
    for difference in find_differences(top, manifest, check):
        raise WorkingFilesChanged(difference.path, difference.problem, _RESTORE_HINT)


def is_equal(path: Path, facts: os.stat_result, file: ManifestFile, check: Check) -> bool:
    """Return whether a regular file equals its entry of a manifest."""
    if facts.st_size != file.size:
        return False
    is_same_time = check is Check.TIME and facts.st_mtime_ns == file.mtime_ns
    return check is Check.SIZE or is_same_time or hash_file(path) == file.sha256


def has_content(path: Path, sha256: str | None = None, size: int | None = None) -> bool:
    """Return whether a path is a regular file with this hash and size, if they are given.

    Links are not followed. Raises NotCopied if the file cannot be read.
    """
    try:
        facts = path.stat(follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(facts.st_mode) or size not in (None, facts.st_size):
        return False
    return sha256 is None or hash_file(path) == sha256


def walk(top: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield all files and folders below a folder, sorted, parents first; or a file itself.

    Links are yielded, not followed. Records of owners are left out.
    """
    with translate_errors(top):
        facts = top.stat(follow_symlinks=False)
        if not stat.S_ISDIR(facts.st_mode):
            yield top, facts
            return
        with os.scandir(top) as entries:
            found = {
                entry.name: entry.stat(follow_symlinks=False)
                for entry in entries
                if not is_owners_file(entry.name)
            }
    for name in sorted(found):
        yield top / name, found[name]
        if stat.S_ISDIR(found[name].st_mode):
            yield from walk(top / name)


def relative_path(path: Path, top: Path) -> str:
    """Return a path relative to a folder, escaped, or "" for the folder itself."""
    return path_text.escape_path(path.relative_to(top)) if path != top else ""


def describe_file(path: Path, top: Path, on_bytes: OnBytes = ignore_bytes) -> ManifestFile:
    """Return size, time and hash of a file; links are not followed."""
    with translate_errors(path), atomic_files.open_handle(path, _OPEN_FLAGS) as handle:
        facts = os.fstat(handle)
        digest = file_copies.file_sha256(handle, on_bytes)
    return ManifestFile(relative_path(path, top), facts.st_size, facts.st_mtime_ns, digest)


def hash_file(path: Path, on_bytes: OnBytes = ignore_bytes) -> str:
    """Return the SHA-256 of a file as it is on the disk; links are not followed."""
    return describe_file(path, path, on_bytes).sha256
