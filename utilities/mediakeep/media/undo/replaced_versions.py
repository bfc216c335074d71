"""Keep whole versions of files made by other programs, before an undo replaces them."""

from __future__ import annotations

import os
from pathlib import Path

from mediakeep import atomic_files, path_text
from mediakeep.errors import RecordNotWritten
from mediakeep.media.bounded_file import ByteRange
from mediakeep.media.safewrite import file_assembly
from mediakeep.media.safewrite.atomic_replace import OriginalFile

FOLDER = "aside"


def save_version(store: Path, original: OriginalFile, name: str) -> str:
    """Copy a file into the undo folder `store`, sync it to disk, and return its escaped path.

    Raises RecordNotWritten if that fails.
    """
    folder = store / FOLDER
    path = folder / f"{name}-{os.urandom(3).hex()}{original.path.suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            file_assembly.write_parts(
                [ByteRange(0, original.stat.st_size)], original.handle, handle
            )
            atomic_files.sync_data(handle)
        finally:
            os.close(handle)
        for target in (folder, store):  # the folder may be new, too
            atomic_files.sync_folder(target)
    except OSError as error:
        raise RecordNotWritten(path, error.strerror or error) from error
    return path_text.escape_path(path)


def delete_saved_version(saved: str) -> None:
    """Delete a file saved by `save_version`; do nothing for ""."""
    if saved:
        Path(path_text.unescape_path(saved)).unlink(missing_ok=True)
