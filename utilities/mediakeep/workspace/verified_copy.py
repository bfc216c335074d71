"""Copies of files and folders that are verified by hash.

1. Copy a file under a hidden name, with shared blocks (reflink) if possible.
2. Sync it, and drop it from the system's cache if possible.
3. Compare the SHA-256 of the source, unless it is known, with that of the copy.
4. If the source is unchanged, rename the copy to its name.

After a kill, the next copy removes hidden files and keeps finished ones that equal their source.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from mediakeep import atomic_files, file_copies
from mediakeep.errors import CopyDiffers, NotCopied, SourceChanged, WorkingFilesChanged
from mediakeep.file_copies import OnBytes, ignore_bytes
from mediakeep.workspace.folder_locks import lock_folder
from mediakeep.workspace.folder_owners import is_owners_file
from mediakeep.workspace.manifest import Manifest, ManifestFile, hash_file, relative_path
from mediakeep.workspace.system_errors import translate_errors

_MOVE_HINT = "Move it away, then run again."
_TEMP_PATTERN = ".????????????.tmp"


def copy_to_source(
    folder: Path, source_dir: Path, is_refused: Callable[[str], bool] = lambda _: False
) -> Manifest:
    """Copy a folder, or one file, into a working folder, and return the manifest of the copies.

    Links are replaced by what they refer to, or left out if `is_refused` returns True. Files that a
    killed run has copied are kept if they equal their source. Files in `source_dir` that are not in
    `folder` are left alone. Raises SourceChanged if the folder is changed meanwhile, CopyDiffers,
    NotCopied and DiskFull.
    """
    with lock_folder(source_dir):
        _remove_temp_files(source_dir)
        entries = dict(_walk_linked(folder, source_dir, (), is_refused))
        folders = {path: source for path, source in entries.items() if source.is_dir()}
        files = {path: source for path, source in entries.items() if path not in folders}
        copied = copy_entries(folders, files, source_dir)
        if dict(_walk_linked(folder, source_dir, (), is_refused)) != entries:
            raise SourceChanged(folder, "files were added or removed")
    return copied


def copy_entries(
    folders: Mapping[Path, Path],
    files: Mapping[Path, Path],
    top: Path,
    on_bytes: OnBytes = ignore_bytes,
    hashes: Mapping[Path, str] = MappingProxyType({}),
) -> Manifest:
    """Copy files and folders below a folder, sync the folders, and return the manifest.

    All are given by the path of the copy, parents first. `hashes` are those that are known of
    files, by the same paths. See `copy_file`.
    """
    for path in folders:
        make_subfolder(path)
    copied = tuple(
        copy_file(source, path, top, on_bytes, hashes.get(path, ""))
        for path, source in files.items()
    )
    for path in reversed([*folders]):
        copy_folder_metadata(folders[path], path)
    sync_folders([*{*folders, top}])
    return Manifest(copied, tuple(relative_path(path, top) for path in folders if path != top))


def copy_file(
    source: Path, target: Path, top: Path, on_bytes: OnBytes = ignore_bytes, known_hash: str = ""
) -> ManifestFile:
    """Copy a file, verified and with its metadata; an equal file at `target` is kept.

    With a known hash, the source is hashed only if its copy has another one. The caller syncs the
    folder. Paths in the result are relative to `top`. `on_bytes` is called while bytes are copied,
    and while both files are hashed.
    """
    with _open_source(source) as old:
        facts = os.fstat(old)
        digest = ""
        with contextlib.suppress(FileNotFoundError):
            digest = _hash_if_equal(old, target, on_bytes)
        digest = digest or _copy_and_rename(old, source, target, on_bytes, known_hash)
        _check_source(source, facts)
    with translate_errors(target):
        mtime = target.stat(follow_symlinks=False).st_mtime_ns  # some file systems round it
    return ManifestFile(relative_path(target, top), facts.st_size, mtime, digest)


def make_subfolder(path: Path) -> None:
    """Create a folder if missing; raise WorkingFilesChanged if a link or file has its name."""
    with translate_errors(path), contextlib.suppress(FileExistsError):
        path.mkdir()
    if not stat.S_ISDIR(path.stat(follow_symlinks=False).st_mode):
        raise WorkingFilesChanged(path, "it is no folder", _MOVE_HINT)


def copy_folder_metadata(source: Path, target: Path) -> None:
    """Copy owner, mode and times of a folder, as far as possible; its user can always write it."""
    with (
        translate_errors(target),
        atomic_files.open_handle(source, atomic_files.FOLDER) as old,
        atomic_files.open_handle(target, atomic_files.FOLDER) as new,
    ):
        file_copies.copy_metadata(old, new, required=False)
        os.fchmod(new, stat.S_IMODE(os.fstat(new).st_mode) | stat.S_IRWXU)


def sync_folders(folders: list[Path]) -> None:
    """Flush the names in folders to the disk, inner folders first."""
    for folder in sorted(folders, reverse=True):
        with translate_errors(folder):
            atomic_files.sync_folder(folder)


def _walk_linked(
    source: Path,
    target: Path,
    parents: tuple[tuple[int, int], ...],
    is_refused: Callable[[str], bool],
) -> Iterator[tuple[Path, Path]]:
    """Yield the path of each future copy, and its source; links are followed if not refused."""
    with translate_errors(source):
        facts = source.stat()
        if not stat.S_ISDIR(facts.st_mode):
            yield target / source.name, source
            return
        names = sorted(
            path.name
            for path in source.iterdir()
            if not is_owners_file(path.name) and not (path.is_symlink() and is_refused(str(path)))
        )
    here = (facts.st_dev, facts.st_ino)
    if here in parents:
        raise NotCopied(source, "it is a link to a folder that contains it", _MOVE_HINT)
    for name in names:
        path = source / name
        with translate_errors(path):
            is_folder = stat.S_ISDIR(path.stat().st_mode)
        if is_folder:
            yield target / name, path
            yield from _walk_linked(path, target / name, (*parents, here), is_refused)
        else:
            yield target / name, path


@contextlib.contextmanager
def _open_source(path: Path) -> Iterator[int]:
    with translate_errors(path):
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise NotCopied(path, "it is no regular file", _MOVE_HINT)
        yield handle
    finally:
        os.close(handle)


def _hash_if_equal(old: int, target: Path, on_bytes: OnBytes) -> str:
    """Return the hash of a file if a finished copy equals it, else ""."""
    facts, copied = os.fstat(old), target.stat(follow_symlinks=False)
    if not stat.S_ISREG(copied.st_mode):
        return ""
    if (facts.st_size, facts.st_mtime_ns) != (copied.st_size, copied.st_mtime_ns):
        return ""
    digest = file_copies.file_sha256(old, on_bytes)
    return digest if hash_file(target, on_bytes) == digest else ""


def _copy_and_rename(
    old: int, source: Path, target: Path, on_bytes: OnBytes, known_hash: str
) -> str:
    facts = os.fstat(old)
    temp_path = target.with_name(f".{os.urandom(6).hex()}.tmp")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with translate_errors(target):
        new = os.open(temp_path, flags, 0o600)
        try:
            try:
                file_copies.copy_content(old, new, on_bytes)
                file_copies.copy_metadata(old, new, required=False)
                atomic_files.sync_file(new)
                atomic_files.drop_cache(new)
                digest = file_copies.file_sha256(new, on_bytes)
                if is_equal := digest == known_hash:
                    on_bytes(facts.st_size)
                else:
                    is_equal = digest == file_copies.file_sha256(old, on_bytes)
                _check_source(source, facts)
                if not is_equal:
                    raise CopyDiffers(source)
            finally:
                os.close(new)
            temp_path.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temp_path.unlink()
            raise
    return digest


def _check_source(source: Path, facts: os.stat_result) -> None:
    """Raise SourceChanged if a file has changed since its `facts` were read."""
    with translate_errors(source):
        current = source.stat()
    if _identity(current) != _identity(facts):
        raise SourceChanged(source, "another program changed it")


def _identity(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _remove_temp_files(folder: Path) -> None:
    """Remove the hidden files of killed copies from a locked folder."""
    for path in folder.rglob(_TEMP_PATTERN):
        with translate_errors(path):
            path.unlink()
