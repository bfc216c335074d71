"""Records of finished outputs, so that a resumed item does not make them again.

<name> [1f2e3d4c]_state/outputs/<16 digits of the hash of its path>.json
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.workspace import moves
from mediakeep.workspace.job_files import StateFile, WorkingDirs
from mediakeep.workspace.manifest import describe_file, has_content
from mediakeep.workspace.system_errors import translate_errors

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
    _find_file(file.path).save(dirs.state, record)
    return record


def get_converted_tracks(
    dirs: WorkingDirs, *, check_hashes: bool = True
) -> dict[str, OutputRecord]:
    """Return the records of finished outputs by path, if the files still equal their records.

    A record that cannot be read is left out: its output is made again.
    """
    return {
        path: record
        for path, record in read_records(dirs).items()
        if _is_finished(dirs, record, check_hashes=check_hashes)
    }


def read_records(dirs: WorkingDirs) -> dict[str, OutputRecord]:
    """Return all records by path, also of outputs that were moved away meanwhile."""
    names = sorted(path.name for path in (dirs.state / _FOLDER).glob("*.json"))
    found = (_open_record(name).load(dirs.state) for name in names)
    return {record.path: record for record in found if record}


def find_output(dirs: WorkingDirs, path: str) -> OutputRecord | None:
    """Return the record of the output at a path, or None if it is missing or has changed.

    The path is relative to the processed folder, and escaped.
    """
    record = _find_file(path).load(dirs.state)
    return record if record and _is_finished(dirs, record, check_hashes=True) else None


def _find_file(path: str) -> StateFile[OutputRecord]:
    return _open_record(f"{sha256(path.encode()).hexdigest()[:16]}.json")


def _open_record(name: str) -> StateFile[OutputRecord]:
    return StateFile(f"{_FOLDER}/{name}", OutputRecord)


def _is_finished(dirs: WorkingDirs, record: OutputRecord, *, check_hashes: bool) -> bool:
    output = dirs.processed / path_text.unescape_path(record.path)
    return has_content(output, record.sha256 if check_hashes else None, record.size)
