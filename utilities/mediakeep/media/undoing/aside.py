"""Versions of files that somebody else had made, kept whole before an older one is restored."""

from __future__ import annotations

import os
from pathlib import Path

from mediakeep import files
from mediakeep.errors import RecordNotWritten
from mediakeep.media.source import Span
from mediakeep.media.splices import pieces
from mediakeep.media.swap import Original

FOLDER = "aside"


def keep(store: Path, original: Original, name: str) -> str:
    """Keep a file as it is in the folder of the undo store, and return its path, escaped.

    It is synced when this returns; RecordNotWritten where the disk refuses.
    """
    folder = store / FOLDER
    path = folder / f"{name}-{os.urandom(3).hex()}{original.path.suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            pieces.write([Span(0, original.facts.st_size)], original.handle, handle)
            files.sync_data(handle)
        finally:
            os.close(handle)
        for one in (folder, store):  # the folder may be new, too
            files.sync_folder(one)
    except OSError as error:
        raise RecordNotWritten(path, error.strerror or error) from error
    return files.escape(path)


def drop(kept: str) -> None:
    """Remove what `keep` kept, where it turned out not to be needed; "" stands for nothing."""
    if kept:
        Path(files.unescape(kept)).unlink(missing_ok=True)
