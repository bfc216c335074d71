"""Replace large files atomically while writing them in chunks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mediakeep import atomic_files, step_log

_BUFFER_BYTES = 1 << 20  # bytes


class PartialFile:
    """A temporary file in the same folder as the file that it will replace."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temp_path = path.with_name(f".{path.name}.part")
        self.handle = self.temp_path.open("wb", buffering=_BUFFER_BYTES)
        self.write = self.handle.write

    def overwrite(self, data: bytes, at: int) -> None:
        """Overwrite bytes that were written before, starting at byte offset `at`."""
        self.handle.flush()
        atomic_files.write_at(self.handle.fileno(), data, at)


@contextlib.contextmanager
def replace_files(*paths: Path) -> Iterator[list[PartialFile]]:
    """Yield a temporary file to write for each path; after the `with` block, rename all.

    After an exception, no file is replaced. The caller must hold a lock: the temporary files have
    fixed names, so that the next run overwrites those that a killed run left behind.
    """
    for path in paths:
        atomic_files.make_folder(path.parent)
    with contextlib.ExitStack() as stack:
        drafts = []
        for path in paths:
            drafts.append(PartialFile(path))
            stack.callback(drafts[-1].temp_path.unlink, missing_ok=True)
            stack.callback(drafts[-1].handle.close)
        yield drafts
        for draft in drafts:
            draft.handle.flush()
            atomic_files.sync_data(draft.handle.fileno())
        for draft in drafts:
            draft.temp_path.replace(draft.path)
            step_log.log_step(f"Written: {draft.path}")
    for folder in {path.parent for path in paths}:
        atomic_files.sync_folder(folder)
