"""Replace large files atomically while writing them in chunks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mediakeep import files

_BUFFER = 1 << 20  # bytes


class Draft:
    """A partial file next to the one that it will replace."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.beside = path.with_name(f".{path.name}.part")
        self.handle = self.beside.open("wb", buffering=_BUFFER)
        self.write = self.handle.write

    def rewrite(self, data: bytes, at: int) -> None:
        """Overwrite data at an offset."""
        self.handle.flush()
        files.write_at(self.handle.fileno(), data, at)


@contextlib.contextmanager
def replacing(*paths: Path) -> Iterator[list[Draft]]:
    """Yield a partial file for each path; rename all at the end, or none after an exception.

    The caller holds a lock: the partial files have fixed names, so that the next run overwrites
    those that a killed run left behind.
    """
    for path in paths:
        files.make_folder(path.parent)
    with contextlib.ExitStack() as stack:
        drafts = []
        for path in paths:
            drafts.append(Draft(path))
            stack.callback(drafts[-1].beside.unlink, missing_ok=True)
            stack.callback(drafts[-1].handle.close)
        yield drafts
        for draft in drafts:
            draft.handle.flush()
            files.sync_data(draft.handle.fileno())
        for draft in drafts:
            draft.beside.replace(draft.path)
    for folder in {path.parent for path in paths}:
        files.sync_folder(folder)
