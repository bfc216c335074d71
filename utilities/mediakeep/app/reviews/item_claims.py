"""Claims of artists and movies whose questions are being asked, so that no two sittings ask them.

A claim is a lock on a file in status/review_claims/. It ends with its process.
"""

from __future__ import annotations

import contextlib
import os
from hashlib import blake2b
from pathlib import Path

from mediakeep import atomic_files
from mediakeep.workspace import folder_locks

FOLDER = "status/review_claims"


class ItemClaims:
    """The claims of one sitting."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._handles: dict[str, int] = {}

    def take(self, *names: str) -> str:
        """Claim names; return the first one that another sitting has claimed, or "".

        Names that were claimed before stay claimed.
        """
        for name in names:
            if name not in self._handles and not self._lock(name):
                return name
        return ""

    def release(self, *kept: str) -> None:
        """Release all claims except those of the names in `kept`."""
        for name in [name for name in self._handles if name not in kept]:
            handle = self._handles.pop(name)
            with contextlib.suppress(OSError):
                self._path(name).unlink()
            os.close(handle)

    def _lock(self, name: str) -> bool:
        """Lock the file of a name, which its last holder may remove at the same time."""
        atomic_files.make_folder(self._folder, sync=False)
        while True:
            path = self._path(name)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            if not folder_locks.try_lock(handle):
                os.close(handle)
                return False
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), path.stat()):
                    self._handles[name] = handle
                    return True
            os.close(handle)

    def _path(self, name: str) -> Path:
        digest = blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        return self._folder / f"{digest}.lock"
