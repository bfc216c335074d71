"""The working files of an item: its folders, and the values that its stages keep there.

    working/Artist - Album [1f2e3d4c]_source/       the verified copy
    working/Artist - Album [1f2e3d4c]_processed/    the outputs, with the same inner folders
    working/Artist - Album [1f2e3d4c]_state/        owner.json, manifests, records of outputs

The eight digits are derived from the item's key. The state folder is created first and removed
last, so that no working folder is without its owner.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Container, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from mediakeep import atomic_files, clock, path_text
from mediakeep.errors import WorkingFilesChanged
from mediakeep.untrusted_files import read_json
from mediakeep.workspace.manifest import Check, Difference, Manifest, find_differences
from mediakeep.workspace.quarantine import QuarantineEntry, move_to_quarantine
from mediakeep.workspace.system_errors import read_working_file, translate_errors
from mediakeep.workspace.verified_copy import make_subfolder, sync_folders

OWNER_FILE = "owner.json"
_DIGITS = 8  # of the hash of a key, in a name
T = TypeVar("T")


class StateFile(msgspec.Struct, Generic[T], frozen=True):
    """A value that the stages of an item keep as JSON, in a file of its state folder.

    With a `hint`, a damaged file is an error that says how to fix it. Without one, the value counts
    as missing, and its stage makes it again. `problem` and `missing_hint` are those of the error if
    a required value is missing. Only the owner can read one that `is_secret`.
    """

    name: str
    content: type[T]
    hint: str = ""
    problem: str = "it is missing"
    missing_hint: str = ""
    is_indented: bool = True
    is_secret: bool = False

    def save(self, state: Path, value: T) -> None:
        """Write the value, atomically and synced; raise DiskFull and NotCopied."""
        data, path = msgspec.json.encode(value), state / self.name
        data = msgspec.json.format(data) if self.is_indented else data
        with translate_errors(path):
            atomic_files.write_atomic(path, data, mode=0o600 if self.is_secret else 0o666)

    def load(self, state: Path) -> T | None:
        """Return the value, or None if it is missing; raise WorkingFilesChanged and NotCopied."""
        path = state / self.name
        if not self.hint:
            return read_json(path, self.content)
        return read_working_file(path, self.content, self.hint)

    def require(self, state: Path, place: Path | None = None) -> T:
        """Return the value; raise WorkingFilesChanged, which names `place`, if it is missing."""
        value = self.load(state)
        if value is None:
            hint = self.missing_hint or self.hint
            raise WorkingFilesChanged(place or state / self.name, self.problem, hint)
        return value

    def remove(self, state: Path) -> None:
        """Remove the file if it exists."""
        with translate_errors(state):
            (state / self.name).unlink(missing_ok=True)


SOURCE_FILES = StateFile(
    "source.json",
    Manifest,
    "Delete it, then run again.",
    "its list of files is missing",
    "Delete the working folders to begin with the original.",
)


class DirsOwner(msgspec.Struct, frozen=True):
    """The item that working folders belong to."""

    key: str
    name: str
    created: datetime
    format: int = 1


_OWNER = StateFile(OWNER_FILE, DirsOwner, "Delete it to process the item again from its original.")


class WorkingDirs(msgspec.Struct, frozen=True):
    """The paths of an item's working folders; they may be missing."""

    source: Path
    processed: Path
    state: Path

    @classmethod
    def from_stem(cls, working_dir: Path, stem: str) -> WorkingDirs:
        return cls(*(working_dir / f"{stem}_{part}" for part in ("source", "processed", "state")))

    def require_source_manifest(self) -> Manifest:
        """Return what was copied to the source folder; raise WorkingFilesChanged if unknown."""
        return SOURCE_FILES.require(self.state, self.source)


class JobFiles(msgspec.Struct, frozen=True):
    """The working folders of an item, found by a key that no other item of any home has.

    `hint` says what to do if they are gone.
    """

    working_dir: Path
    key: str
    hint: str = "Reset the item to begin with its source."

    def create(self, name: str, now: clock.Clock = clock.now) -> WorkingDirs:
        """Create the folders, or complete those that the item has, under any name.

        Raises NotCopied and DiskFull, and WorkingFilesChanged if a link or file has their name.
        """
        dirs = self.find()
        if dirs is None:
            stem = _free_stem(self.working_dir, name, self.key)
            dirs = WorkingDirs.from_stem(self.working_dir, stem)
            with translate_errors(dirs.state):
                atomic_files.make_folder(dirs.state)
            _OWNER.save(dirs.state, DirsOwner(self.key, path_text.display_path(name), now()))
        for folder in (dirs.source, dirs.processed):
            make_subfolder(folder)
        sync_folders([self.working_dir])
        return dirs

    def find(self) -> WorkingDirs | None:
        """Return the folders, or None if there are none."""
        for stem in _list_stems(self.working_dir):
            if stem.endswith(tuple(f" [{digits}]" for digits in _iter_digits(self.key))):
                dirs = WorkingDirs.from_stem(self.working_dir, stem)
                owner = _OWNER.load(dirs.state)
                if owner and owner.key == self.key:
                    return dirs
        return None

    def require(self) -> WorkingDirs:
        """Return the folders; raise WorkingFilesChanged if there are none."""
        if dirs := self.find():
            return dirs
        raise WorkingFilesChanged(self.working_dir, "its working folders are gone", self.hint)

    def list_folders(self) -> list[Path]:
        """Return the folders that exist."""
        dirs = self.find()
        folders = (dirs.source, dirs.processed, dirs.state) if dirs else ()
        return [folder for folder in folders if folder.exists()]

    def remove(self) -> bool:
        """Remove the folders as `remove_working_dirs` does; return False if there are none."""
        if dirs := self.find():
            remove_working_dirs(dirs)
        return dirs is not None


def find_orphaned(working_dir: Path, prefix: str, known: Container[str]) -> list[Path]:
    """Return the working folders of a kind whose items are gone.

    The keys of its items begin with `prefix`, and `known` are the existing ones.
    """
    orphaned = []
    for stem in _list_stems(working_dir):
        dirs = WorkingDirs.from_stem(working_dir, stem)
        owner = _OWNER.load(dirs.state)
        if owner and owner.key.startswith(prefix) and owner.key not in known:
            orphaned += [
                path for path in (dirs.source, dirs.processed, dirs.state) if path.exists()
            ]
    return orphaned


def create_processed_structure(manifest: Manifest, processed_dir: Path) -> None:
    """Create the folders of a manifest, empty, in the folder of the outputs."""
    folders = [processed_dir / path_text.unescape_path(name) for name in manifest.folders]
    for folder in (processed_dir, *folders):
        make_subfolder(folder)
    sync_folders([processed_dir, *folders])


def find_foreign_files(dirs: WorkingDirs) -> Iterator[Difference]:
    """Yield files that were changed in, or added to, the source folder after the copy."""
    manifest = SOURCE_FILES.load(dirs.state)
    if manifest is not None:
        for difference in find_differences(dirs.source, manifest, Check.TIME):
            if difference.problem != "missing":
                yield difference


def remove_working_dirs(dirs: WorkingDirs) -> None:
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
        if _OWNER.load(dirs.state) is None:
            return stem
    raise WorkingFilesChanged(working_dir, "its names are taken", "Clean it up, then run again.")
