"""Publish finished folders: an archive of the source, and the output.

Every function may be called again after a kill: a target that equals the manifest is its own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, clock, path_text
from mediakeep.errors import TargetExists, WorkingFilesChanged
from mediakeep.untrusted_files import read_bytes
from mediakeep.workspace import folder_owners, moves
from mediakeep.workspace.folder_owners import FolderOwner
from mediakeep.workspace.manifest import (
    Check,
    Manifest,
    ManifestFile,
    check_unchanged,
    find_differences,
    relative_path,
    walk,
)
from mediakeep.workspace.quarantine import move_to_quarantine
from mediakeep.workspace.system_errors import read_working_file, translate_errors

METADATA_FILE = "archive_metadata.json"
_ARCHIVE_HINT = "Restore the archive from a backup, then run again."
_INNER_HINT = "It is in a folder that would be replaced. Move it away, then run again."
_HINT = "Choose another target, or add --existing rename or --existing replace."


class ExistingPolicy(StrEnum):
    """What to do if the target exists with other content."""

    REFUSE = "refuse"
    RENAME = "rename"  # "Name (2)"
    REPLACE = "replace"  # the old one goes to quarantine


class PublishRules(msgspec.Struct, frozen=True):
    """How to treat an existing target; replaced ones go to the quarantine of `quarantine_root`.

    Without a root, it is the folder of the target. `owner` is recorded in published folders.
    `record` is a file that gets the path of the target before anything is published there.
    """

    existing: ExistingPolicy = ExistingPolicy.REFUSE
    quarantine_root: Path | None = None
    now: clock.Clock = clock.now
    owner: FolderOwner | None = None
    record: Path | None = None


class ArchiveMetadata(msgspec.Struct, frozen=True):
    """What the metadata file of an archive says about its files."""

    files: tuple[ManifestFile, ...]


REFUSE_EXISTING = PublishRules()


def copy_to_archive(
    source_dir: Path,
    target: Path,
    manifest: Manifest,
    metadata: Mapping[str, Any],
    rules: PublishRules = REFUSE_EXISTING,
) -> Path:
    """Copy a working folder to an archive with a metadata file, and return the path of the copy.

    The source must equal the manifest, which the metadata file contains. Raises TargetExists,
    WorkingFilesChanged, NotCopied and DiskFull.
    """
    name = _free_metadata_name(manifest)
    target, is_done = _choose_target(target, manifest, rules, {name})
    if is_done:
        return target
    check_unchanged(source_dir, manifest, Check.TIME)
    _refuse_inner_archives(target, manifest)
    content = {"format": 1, "archived": rules.now(), **metadata, "files": manifest.files}
    data = msgspec.json.format(msgspec.json.encode(content))
    with moves.staged_copy(source_dir, target, manifest, {name: data}) as staged:
        _publish(staged, target, rules)
    return target


def load_archive_manifest(archive: Path) -> Manifest:
    """Return the manifest of the source that an archive is a copy of; raise WorkingFilesChanged."""
    folders = [relative_path(path, archive) for path, _ in walk(archive) if path.is_dir()]
    for path in reversed(list(iter_files_named(archive, METADATA_FILE))):
        found = read_working_file(path, ArchiveMetadata, _ARCHIVE_HINT)
        copied = Manifest(found.files if found else (), tuple(folders))
        if found and path.name == _free_metadata_name(copied):
            return copied
    path = archive / METADATA_FILE
    raise WorkingFilesChanged(path, "it does not list its files", _ARCHIVE_HINT)


def move_to_output(
    source: Path, target: Path, manifest: Manifest, rules: PublishRules = REFUSE_EXISTING
) -> Path:
    """Move a finished file or folder to its target, and return the path that it got.

    It may be on another file system; the source is removed when the target is complete and synced.
    The source must equal the manifest. Raises the errors of `copy_to_archive`.
    """
    target, is_done = _choose_target(target, manifest, rules, ())
    if is_done:
        moves.remove_published(source, manifest)
        return target
    check_unchanged(source, manifest)
    moves.move_by(source, target, lambda staged: _publish(staged, target, rules), manifest)
    return target


def _publish(staged: Path, target: Path, rules: PublishRules) -> None:
    if rules.record:
        with translate_errors(rules.record):
            atomic_files.write_atomic(rules.record, path_text.escape_path(target))
    if rules.owner and staged.is_dir():
        folder_owners.write_owner(staged, rules.owner)
    if rules.existing is ExistingPolicy.REPLACE and os.path.lexists(target):
        root = rules.quarantine_root or target.parent
        move_to_quarantine(target, root, "replaced by a new output", rules.now)
    moves.rename_into_place(staged, target)


def read_recorded_target(record: Path) -> Path | None:
    """Return the path that the `record` of a call contains, or None if there was no call."""
    with translate_errors(record), contextlib.suppress(FileNotFoundError):
        text = read_bytes(record).decode(errors="replace").replace("\0", "")
        return Path(path_text.unescape_path(text))
    return None


def is_published(target: Path, manifest: Manifest) -> bool:
    """Return True if a folder or file equals a manifest, apart from archive metadata."""
    return _equals(target, manifest, {_free_metadata_name(manifest)})


def _equals(target: Path, manifest: Manifest, ignored: set[str] | tuple[()]) -> bool:
    """Compare names and sizes first, as hashes take long."""
    if not os.path.lexists(target):
        return False
    return not any(
        difference
        for check in (Check.SIZE, Check.HASH)
        for difference in find_differences(target, manifest, check, ignored=ignored)
    )


def _choose_target(
    target: Path, manifest: Manifest, rules: PublishRules, ignored: set[str] | tuple[()]
) -> tuple[Path, bool]:
    """Return the path to publish at, and whether this content is there already.

    Then a killed run may have published it; another owner is recorded.
    """
    for candidate in _iter_candidates(target, rules.existing):
        if not os.path.lexists(candidate):
            return candidate, False
        if _equals(candidate, manifest, ignored):
            moves.remove_abandoned_parts(candidate.parent)
            if rules.owner and candidate.is_dir():
                folder_owners.add_owner(candidate, rules.owner)
            return candidate, True
        if rules.existing is ExistingPolicy.REPLACE:
            return candidate, False
    raise TargetExists(target, _HINT)


def _iter_candidates(target: Path, existing: ExistingPolicy) -> Iterator[Path]:
    yield target
    if existing is ExistingPolicy.RENAME:
        stem, suffix = (target.name, "") if target.is_dir() else (target.stem, target.suffix)
        yield from (target.with_name(f"{stem} ({number}){suffix}") for number in count(2))


def _refuse_inner_archives(target: Path, manifest: Manifest) -> None:
    """Raise TargetExists if a target to be replaced contains another archive."""
    folders = {*manifest.folders, ""}
    for path in target.glob(f"**/{METADATA_FILE}"):
        if relative_path(path.parent, target) not in folders:
            raise TargetExists(path.parent, _INNER_HINT)


def _free_metadata_name(manifest: Manifest) -> str:
    """Return the name of the metadata file; another one if the source contains such a file."""
    return free_name(METADATA_FILE, {file.path for file in manifest.files})


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: `name`, with "_" in front of it as often as necessary."""
    while name in taken:
        name = f"_{name}"
    return name


def iter_files_named(folder: Path, name: str) -> Iterator[Path]:
    """Yield the files of a folder with a name from `free_name`, the one without "_" first."""
    path = folder / name
    while os.path.lexists(path):
        yield path
        path = path.with_name(f"_{path.name}")
