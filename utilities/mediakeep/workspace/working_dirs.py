"""The working folders of an item: a copy of its source, and its outputs.

    working/Artist - Album [1f2e3d4c]_source/       the verified copy
    working/Artist - Album [1f2e3d4c]_processed/    the outputs, with the same inner folders
    working/Artist - Album [1f2e3d4c]_state/        owner.json, manifests, records of outputs

The eight digits are derived from the item's key. The state folder is created first and removed
last, so that no working folder is without its owner.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from mediakeep import atomic_files, clock, path_text
from mediakeep.errors import WorkingFilesChanged
from mediakeep.workspace.manifest import (
    Check,
    Difference,
    Manifest,
    find_differences,
    load_manifest,
    save_manifest,
)
from mediakeep.workspace.quarantine import QuarantineEntry, move_to_quarantine
from mediakeep.workspace.system_errors import read_working_file, translate_errors
from mediakeep.workspace.verified_copy import make_subfolder, sync_folders

OWNER_FILE = "owner.json"
_SOURCE_MANIFEST = "source.json"
_DIGITS = 8  # of the hash of a key, in a name


class DirsOwner(msgspec.Struct, frozen=True):
    """The item that working folders belong to."""

    key: str
    name: str
    created: datetime
    format: int = 1


class WorkingDirs(msgspec.Struct, frozen=True):
    """The paths of an item's working folders; they may be missing."""

    source: Path
    processed: Path
    state: Path

    @classmethod
    def from_stem(cls, working_dir: Path, stem: str) -> WorkingDirs:
        return cls(*(working_dir / f"{stem}_{part}" for part in ("source", "processed", "state")))

    def save_source_manifest(self, manifest: Manifest) -> None:
        save_manifest(manifest, self.state / _SOURCE_MANIFEST)

    def load_source_manifest(self) -> Manifest | None:
        """Return what was copied to the source folder, or None if the copy was not finished."""
        return load_manifest(self.state / _SOURCE_MANIFEST)


def create_working_dirs(
    working_dir: Path, name: str, key: str, now: clock.Clock = clock.now
) -> WorkingDirs:
    """Create the working folders of an item, or complete those that it has, under any name.

    Raises NotCopied and DiskFull, and WorkingFilesChanged if a link or file has their name.
    """
    dirs = find_working_dirs(working_dir, key)
    if dirs is None:
        dirs = WorkingDirs.from_stem(working_dir, _free_stem(working_dir, name, key))
        owner = msgspec.json.format(
            msgspec.json.encode(DirsOwner(key, path_text.display_path(name), now()))
        )
        with translate_errors(dirs.state):
            atomic_files.write_atomic(dirs.state / OWNER_FILE, owner)
    for folder in (dirs.source, dirs.processed):
        make_subfolder(folder)
    sync_folders([working_dir])
    return dirs


def find_working_dirs(working_dir: Path, key: str) -> WorkingDirs | None:
    """Return the working folders of an item, or None if there are none."""
    for stem in _list_stems(working_dir):
        if stem.endswith(tuple(f" [{digits}]" for digits in _iter_digits(key))):
            dirs = WorkingDirs.from_stem(working_dir, stem)
            owner = _read_owner(dirs)
            if owner and owner.key == key:
                return dirs
    return None


def create_processed_structure(manifest: Manifest, processed_dir: Path) -> None:
    """Create the folders of a manifest, empty, in the folder of the outputs."""
    folders = [processed_dir / path_text.unescape_path(name) for name in manifest.folders]
    for folder in (processed_dir, *folders):
        make_subfolder(folder)
    sync_folders([processed_dir, *folders])


def find_foreign_files(dirs: WorkingDirs) -> Iterator[Difference]:
    """Yield files that were changed in, or added to, the source folder after the copy."""
    manifest = dirs.load_source_manifest()
    if manifest is not None:
        for difference in find_differences(dirs.source, manifest, Check.TIME):
            if difference.problem != "missing":
                yield difference


def cleanup_working_dirs(dirs: WorkingDirs) -> None:
    """Remove the working folders of an item.

    Raises WorkingFilesChanged, and removes nothing, if files were changed in or added to the
    source folder.
    """
    for difference in find_foreign_files(dirs):
        hint = "Nothing was removed. Move it away, then run again."
        raise WorkingFilesChanged(difference.path, difference.problem, hint)
    for folder in (dirs.source, dirs.processed, dirs.state):
        with translate_errors(folder):
            if folder.is_symlink():
                folder.unlink()
            elif folder.exists():
                _remove_folder(folder)
            sync_folders([dirs.state.parent])


def _remove_folder(folder: Path) -> None:
    """Remove a working folder, the record of its owner last, so that a later call can finish."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != OWNER_FILE:
            path.unlink()
    shutil.rmtree(folder)


def set_aside_working_dirs(
    dirs: WorkingDirs, root: Path, now: clock.Clock = clock.now
) -> list[QuarantineEntry]:
    """Move the working folders of an item into the quarantine of a root folder."""
    return [
        move_to_quarantine(folder, root, "working folder set aside", now)
        for folder in (dirs.source, dirs.processed, dirs.state)
        if os.path.lexists(folder)
    ]


def _list_stems(working_dir: Path) -> list[str]:
    """Return the names of all working folders without `_source` and so on, sorted."""
    with translate_errors(working_dir):
        if not working_dir.is_dir():
            return []
        names = [path.name for path in working_dir.iterdir()]
    stems = {
        stem
        for stem, _, part in (name.rpartition("_") for name in names)
        if part in ("source", "processed", "state") and stem.endswith("]")
    }
    return sorted(stems)


def _iter_digits(key: str) -> Iterator[str]:
    digest = sha256(key.encode(errors="surrogateescape")).hexdigest()
    yield from (digest[at : at + _DIGITS] for at in range(0, len(digest), _DIGITS))


def _free_stem(working_dir: Path, name: str, key: str) -> str:
    """Return the first name for new folders that no other item has."""
    for digits in _iter_digits(key):
        stem = f"{path_text.safe_name(name)} [{digits}]"
        dirs = WorkingDirs.from_stem(working_dir, stem)
        if _read_owner(dirs) is None:
            return stem
    raise WorkingFilesChanged(working_dir, "its names are taken", "Clean it up, then run again.")


def _read_owner(dirs: WorkingDirs) -> DirsOwner | None:
    hint = "Delete it to process the item again from its original."
    return read_working_file(dirs.state / OWNER_FILE, DirsOwner, hint)
