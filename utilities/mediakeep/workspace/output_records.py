"""Records of finished outputs, so that a resumed item does not make them again.

<name> [1f2e3d4c]_state/outputs/<16 digits of the hash of its path>.json
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.errors import WorkingFilesChanged
from mediakeep.workspace import moves
from mediakeep.workspace.manifest import describe_file, hash_file
from mediakeep.workspace.system_errors import (
    read_working_file,
    translate_errors,
    write_working_file,
)
from mediakeep.workspace.working_dirs import WorkingDirs

_FOLDER = "outputs"


class OutputRecord(msgspec.Struct, frozen=True):
    """A finished output; `path` is relative to the processed folder, and escaped.

    `recipe` identifies what it was made from and how: a hash of source, settings and encoder.
    `facts` are the caller's, such as samples and seconds.
    """

    path: str
    recipe: str
    size: int  # bytes
    sha256: str
    facts: dict[str, Any]


def record_output(
    dirs: WorkingDirs, output: Path, recipe: str, facts: Mapping[str, Any]
) -> OutputRecord:
    """Sync a finished file of the processed folder, then write its record; return that."""
    moves.sync_tree(output)
    with translate_errors(output):
        atomic_files.sync_folder(output.parent)
    file = describe_file(output, dirs.processed)
    record = OutputRecord(file.path, recipe, file.size, file.sha256, dict(facts))
    write_working_file(_find_record(dirs, file.path), record)
    return record


def get_converted_tracks(
    dirs: WorkingDirs, *, check_hashes: bool = True
) -> dict[str, OutputRecord]:
    """Return the records of finished outputs by path, if the files still equal their records.

    A record that cannot be decoded is left out: its output is made again.
    """
    paths = sorted((dirs.state / _FOLDER).glob("*.json"))
    found = (_read_record(dirs, path, check_hashes=check_hashes) for path in paths)
    return {record.path: record for record in found if record}


def read_records(dirs: WorkingDirs) -> dict[str, OutputRecord]:
    """Return all records by path, also of outputs that were moved away meanwhile."""
    records = {}
    for path in sorted((dirs.state / _FOLDER).glob("*.json")):
        if record := _decode_record(path):
            records[record.path] = record
    return records


def find_output(dirs: WorkingDirs, path: str) -> OutputRecord | None:
    """Return the record of the output at a path, or None if it is missing or has changed.

    The path is relative to the processed folder, and escaped.
    """
    record = _find_record(dirs, path)
    return _read_record(dirs, record, check_hashes=True) if record.exists() else None


def _find_record(dirs: WorkingDirs, path: str) -> Path:
    return dirs.state / _FOLDER / f"{sha256(path.encode()).hexdigest()[:16]}.json"


def _read_record(dirs: WorkingDirs, path: Path, *, check_hashes: bool) -> OutputRecord | None:
    record = _decode_record(path)
    if record and _is_finished(dirs, record, check_hashes=check_hashes):
        return record
    return None


def _decode_record(path: Path) -> OutputRecord | None:
    with contextlib.suppress(WorkingFilesChanged):
        return read_working_file(path, OutputRecord, "")
    return None


def _is_finished(dirs: WorkingDirs, record: OutputRecord, *, check_hashes: bool) -> bool:
    output = dirs.processed / path_text.unescape_path(record.path)
    try:
        facts = output.stat(follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(facts.st_mode) or facts.st_size != record.size:
        return False
    return not check_hashes or hash_file(output) == record.sha256
