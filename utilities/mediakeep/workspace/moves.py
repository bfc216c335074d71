"""Copies and moves of files and folders that appear at their target at once.

1. Copy into a hidden, locked folder next to the target, and compare with the manifest.
2. Sync all files and folders.
3. Rename the copy to the target, which never replaces anything, and sync the folder.
4. Of a move, remove the source only now.

On one file system, a move is a rename after step 2. A kill leaves the target absent or whole; the
next call removes the hidden folder, because its lock ended with its process.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from mediakeep import atomic_files, file_copies, path_text
from mediakeep.errors import TargetExists, WorkingFilesChanged
from mediakeep.file_copies import OnBytes, ignore_bytes
from mediakeep.workspace import folder_owners
from mediakeep.workspace.disk_space import SpaceRequirement, check_disk_space
from mediakeep.workspace.folder_locks import open_and_lock
from mediakeep.workspace.manifest import (
    Check,
    Manifest,
    ManifestFile,
    build_manifest,
    is_equal,
    walk,
)
from mediakeep.workspace.system_errors import (
    find_existing_parent,
    translate_errors,
)
from mediakeep.workspace.verified_copy import copy_entries, copy_file, sync_folders

_PART_PATTERN = ".mediakeep-????????????.part"
_STALE_SECONDS = 3600.0  # seconds; decides only on file systems without locks
_TARGET_HINT = "Move it away or choose another target, then run again."
_NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EISDIR})
_T = TypeVar("_T")


class OtherFileSystem(Exception):
    """Raised if a rename is impossible between two mounts of one device, such as bind mounts."""


def move_by(
    source: Path,
    target: Path,
    publish: Callable[[Path], _T],
    manifest: Manifest | None = None,
    on_bytes: OnBytes = ignore_bytes,
    *,
    checks_space: bool = False,
) -> _T:
    """Call a function that renames a file or folder into place, and return its result.

    It gets the source, or a hidden copy of it if the target is on another file system. A source
    with a manifest is synced before; else anything is renamed as it is, and hashed if it is copied.
    With `checks_space`, NotEnoughSpace is raised before a copy that does not fit.
    Raises TargetExists, WorkingFilesChanged if the source differs from the manifest, NotCopied and
    DiskFull.
    """
    if is_same_file_system(source, target):
        if manifest:
            sync_tree(source)
        with contextlib.suppress(OtherFileSystem):
            return publish(source)
    manifest = manifest or build_manifest(source)
    if checks_space:
        check_disk_space([SpaceRequirement(target.parent, manifest.size)])
    with staged_copy(source, target, manifest, on_bytes=on_bytes) as staged:
        result = publish(staged)
    remove_published(source, manifest)
    return result


def rename_into_place(source: Path, target: Path) -> None:
    """Rename a file or folder, and sync both folders.

    Raises TargetExists if the name is taken, OtherFileSystem, NotCopied and DiskFull.
    """
    with translate_errors(target.parent):
        atomic_files.make_folder(target.parent)
    with translate_errors(target):
        if os.path.lexists(target):
            raise TargetExists(target, _TARGET_HINT)
        _take_name(source, target)
        atomic_files.sync_folder(target.parent)
        if not target.is_dir():
            source.unlink(missing_ok=True)  # only now, or a power loss could remove both names
        if source.parent != target.parent:
            atomic_files.sync_folder(source.parent)


def _take_name(source: Path, target: Path) -> None:
    """Rename a folder, or link a file to its new name."""
    try:
        if source.is_dir():
            source.replace(target)
            return
        is_linked = file_copies.link_into_place(source, target)
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise OtherFileSystem from error
        if error.errno in _NOT_EMPTY:
            raise TargetExists(target, _TARGET_HINT) from error
        raise
    if not is_linked:
        raise TargetExists(target, _TARGET_HINT)


def sync_tree(top: Path) -> None:
    """Flush all files and folders below a folder, or one file, to the disk."""
    folders = [top] if top.is_dir() else []
    for path, facts in walk(top):
        if stat.S_ISDIR(facts.st_mode):
            folders.append(path)
        elif stat.S_ISREG(facts.st_mode):
            with (
                translate_errors(path),
                atomic_files.open_handle(path, os.O_NOFOLLOW) as handle,
            ):
                atomic_files.sync_file(handle)
    sync_folders(folders)


def remove_published(source: Path, manifest: Manifest, check: Check = Check.TIME) -> None:
    """Remove files of a manifest that were published elsewhere, then their folders.

    Raises WorkingFilesChanged, and removes nothing more, at a file that is not in the manifest or
    has changed. Files that a killed run has removed already may be missing.
    """
    if not os.path.lexists(source):
        return
    expected = {file.below(source): file for file in manifest.files}
    entries = list(walk(source))
    for path, facts in entries:
        if stat.S_ISDIR(facts.st_mode):
            continue
        file = expected.get(path) if stat.S_ISREG(facts.st_mode) else None
        if file is None or not is_equal(path, facts, file, check):
            hint = "It is kept. Move it away, then run again."
            raise WorkingFilesChanged(path, "it was changed or added after publishing", hint)
    with translate_errors(source):
        for path, facts in reversed(entries):
            _remove_folder(path) if stat.S_ISDIR(facts.st_mode) else path.unlink()
        if source.is_dir():
            _remove_folder(source)
        atomic_files.sync_folder(source.parent)


def _remove_folder(folder: Path) -> None:
    folder_owners.remove_owners_file(folder)
    folder.rmdir()


def remove_abandoned_parts(folder: Path) -> int:
    """Remove the hidden folders that killed processes left in a folder; return their number."""
    return sum(map(_remove_if_abandoned, folder.glob(_PART_PATTERN)))


def is_same_file_system(source: Path, target: Path) -> bool:
    """Return True if a path is on the same device; a rename can still raise OtherFileSystem."""
    with translate_errors(source):
        parent = find_existing_parent(target.parent)
        return source.stat(follow_symlinks=False).st_dev == parent.stat().st_dev


def list_required_space(
    working_dir: Path, working_size: int, target: Path, size: int
) -> list[SpaceRequirement]:
    """Return what working files need, and the output that is moved to `target` from there.

    On the same file system, the output is renamed.
    """
    working = find_existing_parent(working_dir)
    needed = [SpaceRequirement(working, working_size)]
    if not is_same_file_system(working, target):
        needed.append(SpaceRequirement(target, size))
    return needed


@contextlib.contextmanager
def staged_copy(
    source: Path,
    target: Path,
    manifest: Manifest,
    extra: Mapping[str, bytes] = MappingProxyType({}),
    on_bytes: OnBytes = ignore_bytes,
) -> Iterator[Path]:
    """Yield a complete and synced hidden copy next to the target, to be renamed in a `with` block.

    It contains the files of the manifest, and `extra` files by name. Raises WorkingFilesChanged if
    the source differs from the manifest.
    """
    with translate_errors(target.parent):
        atomic_files.make_folder(target.parent)
    remove_abandoned_parts(target.parent)
    with _part_folder(target) as part:
        staged = part / "content"
        copied = _copy_manifest_files(source, staged, manifest, on_bytes)
        for file, expected in zip(copied, manifest.files, strict=True):
            if (file.size, file.sha256) != (expected.size, expected.sha256):
                hint = "Restore it, then run again."
                raise WorkingFilesChanged(expected.below(source), "its content changed", hint)
        for name, data in extra.items():
            with translate_errors(target / name):
                atomic_files.write_atomic(staged / name, data)
        yield staged


def _copy_manifest_files(
    source: Path, target: Path, manifest: Manifest, on_bytes: OnBytes
) -> tuple[ManifestFile, ...]:
    if not source.is_dir():
        return (copy_file(source, target, target, on_bytes),)
    places = map(path_text.unescape_path, ("", *manifest.folders))
    folders = {target / place: source / place for place in places}
    files = {file.below(target): file.below(source) for file in manifest.files}
    hashes = {file.below(target): file.sha256 for file in manifest.files}
    return copy_entries(folders, files, target, on_bytes, hashes).files


@contextlib.contextmanager
def _part_folder(target: Path) -> Iterator[Path]:
    with contextlib.ExitStack() as stack:
        with translate_errors(target):
            path = _create_locked_folder(target.parent, stack)
        try:
            yield path
        finally:  # what cannot be removed now is removed by the next call
            shutil.rmtree(path, ignore_errors=True)


def _create_locked_folder(parent: Path, stack: contextlib.ExitStack) -> Path:
    while True:
        path = parent / f".mediakeep-{os.urandom(6).hex()}.part"
        path.mkdir(0o700)
        with contextlib.suppress(FileNotFoundError):  # a cleanup removed it before the lock
            if stack.enter_context(open_and_lock(path)) and path.exists():
                return path


def _remove_if_abandoned(path: Path) -> bool:
    with contextlib.suppress(OSError):  # removed meanwhile, or no folder
        old = time.time() - path.lstat().st_mtime > _STALE_SECONDS
        with open_and_lock(path, unsupported=old) as is_locked:
            if is_locked:
                shutil.rmtree(path, ignore_errors=True)
            return not path.exists()
    return False
