"""Back up the source folders of a job, and restore files that are missing from them.

    <root>/<name>_20261122_143000/       copies of all files; of several folders, a subfolder each
    <root>/<name>_20261122_143000/backup.json    the job, and the files with their hashes
    <root>/.backup-1f2e3d4c5b6a.part/    an unfinished backup, which its job continues

Links are recorded, not followed. A special file or an unreadable one is an error. A backup gets its
name when it is complete and synced. The source folders are never written, except to restore files
that they lack.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from mediakeep import atomic_files, clock, path_text
from mediakeep.errors import NotCopied, SourceChanged, TargetExists, WorkingFilesChanged
from mediakeep.file_copies import OnBytes
from mediakeep.untrusted_files import read_json
from mediakeep.workspace import disk_space, moves
from mediakeep.workspace.copy_progress import CopyProgress, Report
from mediakeep.workspace.disk_space import SpaceRequirement
from mediakeep.workspace.folder_locks import lock_folder
from mediakeep.workspace.manifest import (
    Check,
    Manifest,
    ManifestFile,
    find_differences,
    hash_file,
    relative_path,
    walk,
)
from mediakeep.workspace.publish import free_name, iter_files_named
from mediakeep.workspace.system_errors import translate_errors, write_working_file
from mediakeep.workspace.verified_copy import (
    copy_entries,
    copy_folder_metadata,
    make_subfolder,
    sync_folders,
)

BACKUP_RECORD = "backup.json"
PART_PATTERN = ".backup-????????????.part"
_DIGITS = 12  # of the hash of a job's key, in the name of its unfinished backup


class BackupJob(msgspec.Struct, frozen=True):
    """What to back up: the source folders of a job. `name` begins the name of the backup."""

    key: str
    name: str
    folders: tuple[Path, ...]


class BackupSource(msgspec.Struct, frozen=True):
    """A source folder in a backup; paths are escaped, those of files as in a manifest.

    `path` is where it was, `folder` its subfolder in the backup, or "" if it is the only one.
    The times of files are those of the originals. `links` are targets by path.
    """

    path: str
    folder: str
    files: tuple[ManifestFile, ...]
    folders: tuple[str, ...]
    links: dict[str, str]

    @property
    def original(self) -> Path:
        return Path(path_text.unescape_path(self.path))

    def find_copy(self, backup: Path) -> Path:
        """Return the folder of the copies."""
        return backup / path_text.unescape_path(self.folder)


class BackupRecord(msgspec.Struct, frozen=True):
    """The record of a backup: the key of its job, its time, and the files of its sources."""

    job: str
    created: datetime
    sources: tuple[BackupSource, ...]
    format: int = 1


class _Listing(NamedTuple):
    """A source folder, its copy in the unfinished backup, and its entries by escaped path."""

    folder: Path
    target: Path
    entries: dict[str, os.stat_result]


class RestoreResult(msgspec.Struct, frozen=True):
    """The result of a restore: the paths of the originals of all files in a backup.

    Files in `differing` exist with other content, and were not changed. Files in `damaged` are
    missing, and could not be restored because their copies are damaged or missing, too.
    """

    restored: tuple[Path, ...] = ()
    unchanged: tuple[Path, ...] = ()
    differing: tuple[Path, ...] = ()
    damaged: tuple[Path, ...] = ()


def create_backup(
    job: BackupJob,
    root: Path,
    reservations: Path,
    now: clock.Clock = clock.now,
    progress: Report | None = None,
) -> Path:
    """Copy all files of the source folders of a job, verified by hash, and return the backup.

    The job's last backup is returned instead if it is whole and has each file as it is now. A
    killed call is continued. `reservations` is the folder in which processes reserve disk space.
    `progress` may raise to stop.
    Raises NotEnoughSpace, DiskFull, NotCopied, CopyDiffers, and SourceChanged.
    """
    found = find_backup(root, job.key)
    if found and is_current(found, job):
        return found
    for folder in job.folders:
        if root.resolve().is_relative_to(folder.resolve()):
            hint = "Set another `backup_dir`, or go without a backup, then run again."
            raise NotCopied(folder, "it contains the folder of the backups", hint)
    staged = root / f".backup-{sha256(job.key.encode()).hexdigest()[:_DIGITS]}.part"
    with translate_errors(staged):
        atomic_files.make_folder(staged)
    with lock_folder(staged):
        listed = [
            _Listing(folder, staged / name, _list_entries(folder.resolve()))
            for folder, name in zip(job.folders, _name_subfolders(job.folders), strict=True)
        ]
        _remove_stale(staged, listed)
        size = _sum_sizes(facts for one in listed for facts in one.entries.values())
        needed = max(0, size - _sum_sizes(facts for _, facts in walk(staged)))
        with disk_space.reserve_disk_space(reservations, [SpaceRequirement(root, needed)]):
            counted = CopyProgress(size, progress)
            sources = tuple(_copy_source(one, staged, counted) for one in listed)
            record = BackupRecord(job.key, now(), sources)
            _check_names(staged, sources, job)
            write_working_file(staged / _name_record(sources), record)
            return _take_name(staged, root, path_text.safe_name(job.name), record.created)


def find_backup(root: Path, job_key: str) -> Path | None:
    """Return the newest complete backup of a job, or None if there is none."""
    found = [(record.created, path) for path, record in list_backups(root) if record.job == job_key]
    return max(found)[1] if found else None


def list_backups(root: Path) -> Iterator[tuple[Path, BackupRecord]]:
    """Yield the complete backups in a folder with their records, by name."""
    with translate_errors(root):
        folders = sorted(root.iterdir()) if root.is_dir() else []
    for path in folders:
        if not path.name.startswith(".") and (record := read_record(path)):
            yield path, record


def read_record(backup: Path) -> BackupRecord | None:
    """Return the record of a backup, or None if a folder has none that can be read."""
    for path in reversed(list(iter_files_named(backup, BACKUP_RECORD))):
        record = read_json(path, BackupRecord)  # None for a file of the source with this name
        if record and path.name == _name_record(record.sources) and _is_inside(record):
            return record
    return None


def restore_missing(backup: Path, progress: Report | None = None) -> RestoreResult:
    """Copy files that the source folders lack from a backup, each verified and atomically.

    Nothing that exists is written. Raises NotCopied if the folder above a source folder is missing,
    as of a disk that is not mounted; WorkingFilesChanged if the record of the backup is unreadable;
    and DiskFull.
    """
    record = read_record(backup)
    if record is None:
        hint = "Copy the files that you need from this folder by hand."
        raise WorkingFilesChanged(backup, f"it has no readable {BACKUP_RECORD}", hint)
    found: dict[str, list[Path]] = {name: [] for name in RestoreResult.__struct_fields__}
    files = (file for source in record.sources for file in source.files)
    counted = CopyProgress(sum(file.size for file in files), progress)
    with lock_folder(backup):
        for source in record.sources:
            if not source.original.parent.is_dir():
                hint = "Mount its disk or create the folder above it, then run again."
                raise NotCopied(source.original, "the folder above it is missing", hint)
            for file in source.files:
                state = _restore_file(source.find_copy(backup), source.original, file, counted)
                found[state].append(file.below(source.original))
            for name, link in source.links.items():
                path = source.original / path_text.unescape_path(name)
                found[_restore_link(path, path_text.unescape_path(link))].append(path)
    return RestoreResult(**{name: tuple(paths) for name, paths in found.items()})


def is_current(backup: Path, job: BackupJob) -> bool:
    """Return whether a backup is whole, and has all files of the source folders as they are."""
    record = read_record(backup)
    if record is None or [source.original for source in record.sources] != [
        folder.absolute() for folder in job.folders
    ]:
        return False
    return not any(
        difference.problem != ignored
        for source in record.sources
        for listed in [Manifest(source.files, source.folders)]
        for top, check, ignored in (
            (source.original.resolve(), Check.TIME, "missing"),
            (source.find_copy(backup), Check.SIZE, "added"),
        )
        for difference in find_differences(top, listed, check, ignored=source.links)
    )


def _list_entries(top: Path) -> dict[str, os.stat_result]:
    """Return all files, links and folders below a folder by relative escaped path."""
    entries = {}
    for path, facts in walk(top):
        kinds = (stat.S_ISDIR, stat.S_ISREG, stat.S_ISLNK)
        if not any(is_kind(facts.st_mode) for is_kind in kinds):
            raise NotCopied(path, "it is a special file", "Move it away, then run again.")
        entries[relative_path(path, top)] = facts
    return entries


def _name_subfolders(folders: Sequence[Path]) -> list[str]:
    """Return the subfolder of each source folder in the backup, or "" for a single one."""
    if len(folders) == 1:
        return [""]
    names: dict[str, str] = {}
    for folder in folders:
        name = path_text.safe_name(folder.resolve().name, names)
        names[path_text.normalize_name(name)] = name
    return list(names.values())


def _remove_stale(staged: Path, listed: Sequence[_Listing]) -> None:
    """Remove from an unfinished backup what its source folders no longer have."""
    wanted = {one.target: stat.S_IFDIR for one in listed}
    for one in listed:
        for name, facts in one.entries.items():
            wanted[one.target / path_text.unescape_path(name)] = stat.S_IFMT(facts.st_mode)
    for path, facts in list(walk(staged)):
        if wanted.get(path) != stat.S_IFMT(facts.st_mode) and os.path.lexists(path):
            with translate_errors(path):
                shutil.rmtree(path) if stat.S_ISDIR(facts.st_mode) else path.unlink()


def _sum_sizes(entries: Iterable[os.stat_result]) -> int:
    return sum(facts.st_size for facts in entries if stat.S_ISREG(facts.st_mode))


def _copy_source(listing: _Listing, staged: Path, on_bytes: OnBytes) -> BackupSource:
    """Copy a source folder; what an earlier call has copied is kept if it equals its source."""
    folder, target, entries = listing
    top, links = folder.resolve(), dict[str, str]()
    places: dict[bool, dict[Path, Path]] = {True: {}, False: {}}  # folders, files
    make_subfolder(target)
    for name, facts in entries.items():
        place = path_text.unescape_path(name)
        if stat.S_ISLNK(facts.st_mode):
            with translate_errors(top / place):
                links[name] = path_text.escape_path((top / place).readlink())
        else:
            places[stat.S_ISDIR(facts.st_mode)][target / place] = top / place
    copied = copy_entries(places[True], places[False], target, on_bytes)
    files = tuple(
        msgspec.structs.replace(file, mtime_ns=entries[file.path].st_mtime_ns)
        for file in copied.files
    )
    if _identify(_list_entries(top)) != _identify(entries):
        raise SourceChanged(folder, "its files were changed")
    copy_folder_metadata(top, target)  # the last, as retention goes by the time of the folder
    sync_folders([target])
    path = path_text.escape_path(folder.absolute())
    return BackupSource(path, relative_path(target, staged), files, copied.folders, links)


def _identify(entries: dict[str, os.stat_result]) -> dict[str, tuple[int, ...]]:
    return {
        path: (facts.st_ino, facts.st_size, facts.st_mtime_ns) for path, facts in entries.items()
    }


def _check_names(staged: Path, sources: Sequence[BackupSource], job: BackupJob) -> None:
    """Raise NotCopied if two files became one, as on a file system that ignores case."""
    subfolders = sum(bool(source.folder) for source in sources)
    expected = subfolders + sum(len(source.files) + len(source.folders) for source in sources)
    if len(list(walk(staged))) != expected:
        hint = "Rename files that differ only in case, then run again."
        raise NotCopied(job.folders[0], "the backup cannot hold all of its names", hint)


def _name_record(sources: Sequence[BackupSource]) -> str:
    """Return the name of the record; another one if a source has such a file."""
    taken = {
        path_text.normalize_name(path.split("/")[0])
        for source in sources
        for path in (
            (source.folder,)
            if source.folder
            else (*(file.path for file in source.files), *source.folders, *source.links)
        )
    }
    return free_name(BACKUP_RECORD, taken)


def _is_inside(record: BackupRecord) -> bool:
    """Return whether all paths of a record are below its folders."""
    texts = [
        text
        for source in record.sources
        for text in (
            source.folder,
            *(file.path for file in source.files),
            *source.folders,
            *source.links,
        )
    ]
    paths = [Path(path_text.unescape_path(text)) for text in texts]
    return not any(path.is_absolute() or ".." in path.parts for path in paths)


def _take_name(staged: Path, root: Path, name: str, created: datetime) -> Path:
    """Rename a complete backup to the first name that is free, and return its path."""
    stem = f"{name}_{created.astimezone():%Y%m%d_%H%M%S}"
    for number in count(1):
        target = root / (stem if number == 1 else f"{stem}_{number}")
        with contextlib.suppress(TargetExists):
            moves.rename_into_place(staged, target)
            return target
    raise AssertionError  # there are always more names


def _restore_file(copies: Path, original: Path, file: ManifestFile, on_bytes: OnBytes) -> str:
    """Restore a file if it is missing; return the field of RestoreResult that it belongs to."""
    path, copied = file.below(original), file.below(copies)
    if os.path.lexists(path):
        return "unchanged" if _has_content(path, file, on_bytes) else "differing"
    if not _has_content(copied, file, on_bytes):
        return "damaged"
    single = Manifest((msgspec.structs.replace(file, path=""),))
    try:
        with moves.staged_copy(copied, path, single, on_bytes=on_bytes) as staged:
            moves.rename_into_place(staged, path)
    except TargetExists:
        return "differing"
    return "restored"


def _restore_link(path: Path, target: str) -> str:
    with translate_errors(path):
        atomic_files.make_folder(path.parent)
        try:
            path.symlink_to(target)
        except FileExistsError:
            same = path.is_symlink() and path.readlink() == Path(target)
            return "unchanged" if same else "differing"
        atomic_files.sync_folder(path.parent)
    return "restored"


def _has_content(path: Path, file: ManifestFile, on_bytes: OnBytes) -> bool:
    """Return whether a path is a readable file with the content of a file of the record."""
    try:
        facts = path.stat(follow_symlinks=False)
        is_like = stat.S_ISREG(facts.st_mode) and facts.st_size == file.size
        return is_like and hash_file(path, on_bytes) == file.sha256
    except (OSError, NotCopied):
        return False
